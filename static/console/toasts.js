// Short messages in a corner, read out by screen readers. They go by themselves, but not while somebody is at them.
import { h } from "./dom.js";
import { severity as mark } from "./parts.js";

const MOST = 4;
const SECONDS = { info: 6, success: 6, warning: 10, critical: 14 };

export const region = h("div", { class: "toasts", role: "status", "aria-live": "polite", "aria-label": "Messages" });

/** toast("Saved.", { severity: "success", link: { label: "See it", href: "#/live" } }); returns its element. */
export function toast(text, { severity = "info", advice, link } = {}) {
  const it = h(
    "div", { class: `toast ${severity}` },
    mark(severity, { brief: true }),
    h("p", {}, text, advice && ` ${advice}`, link && [" ", h("a", { href: link.href }, link.label)]),
    h("button", { type: "button", class: "bare", "aria-label": "Dismiss", onclick: () => it.remove() }, "✕"),
  );
  region.append(it);
  while (region.children.length > MOST) region.firstChild.remove();
  let timer;
  const start = () => { timer = setTimeout(() => it.remove(), SECONDS[severity] * 1000); };
  const stop = () => clearTimeout(timer);
  for (const [name, run] of [["pointerenter", stop], ["focusin", stop], ["pointerleave", start], ["focusout", start]]) it.addEventListener(name, run);
  start();
  return it;
}

/** A toast about an error: what happened and what to do. */
export const toastTrouble = (trouble) => toast(trouble.message, { severity: "critical", advice: trouble.advice });
