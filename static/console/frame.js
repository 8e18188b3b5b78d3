// What stands around every view: navigation, the state of the connection, settings, and the toasts of what happens.
import { client, troubleOf } from "./api.js";
import { h, put } from "./dom.js";
import { sentence } from "./facts.js";
import * as live from "./live.js";
import { failure, waiting } from "./parts.js";
import { isOwn } from "./own.js";
import { settingsDialog } from "./settings.js";
import { toast } from "./toasts.js";
import { readHash, views } from "./views.js";
import { plural } from "./words.js";

const STATES = {
  joining: { shape: "◌", word: "Connecting" },
  live: { shape: "●", word: "Live" },
  lost: { shape: "○", word: "Connection lost" },
};
const APART = 3; // as many facts are told one by one; what comes on their heels is counted
const QUIET_MS = 1_500;
const BROKEN = { message: "This view could not be shown.", advice: "Try again; if it stays so, reload the page." };

export function showFrame(place, user, signal) {
  const main = h("main", { id: "main", tabindex: "-1" });
  const links = views.map(({ name, title }) => h("a", { href: `#/${name}` }, title));
  const connection = h("span", { class: "connection", role: "status" });
  const banner = h("div", { class: "banner", role: "alert" });
  const settings = settingsDialog(user, {
    refresh: () => showView(main, links, { focus: false }),
    signOut: () => client.auth.signOut({ scope: "local" }),
  });
  put(
    place,
    h("a", { class: "skip", href: "#main", onclick: (event) => { event.preventDefault(); main.focus(); } }, "Skip to the content"),
    h(
      "header", { class: "top" },
      h("span", { class: "brand" }, "FashionOS"),
      h("nav", { "aria-label": "Views" }, links),
      h("div", { class: "tools" }, connection, h("button", { type: "button", onclick: () => settings.showModal() }, "Settings")),
    ),
    banner,
    main,
    settings,
  );
  addEventListener("hashchange", () => { if (location.hash.startsWith("#/")) showView(main, links); }, { signal });
  signal.addEventListener("abort", () => shown.abort());
  tellState(connection, banner, signal);
  tellFacts(signal);
  live.join(user).catch(() => toast("Live changes are not available now.", { severity: "warning", advice: "Reload the page to try again." }));
  showView(main, links, { focus: false });
}

let shown = new AbortController();

/** Shows the view that the address names. Views end with their signal: listeners, requests and timers go with it. */
async function showView(main, links, { focus = true } = {}) {
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  const { view, params } = readHash();
  links.forEach((link, index) => {
    if (views[index] === view) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else link.removeAttribute("aria-current");
  });
  document.title = `${view.title} · FashionOS`;
  const body = h("div", { class: `view ${view.name}` }, waiting());
  put(main, h("h1", { tabindex: "-1" }, view.title), body);
  scrollTo(0, 0);
  if (focus) main.firstChild.focus({ preventScroll: true });
  try {
    const { show } = await view.load().catch(async (error) => {
      console.warn(error); // a module of ours that is broken would look the same
      throw await troubleOf(error);
    });
    if (!signal.aborted) await show(body, { params, signal });
  } catch (trouble) {
    if (signal.aborted) return;
    if (!trouble.advice) console.error(trouble); // not the server's or the network's, but ours
    put(body, failure(trouble.advice ? trouble : BROKEN, () => showView(main, links)));
  }
}

function tellState(connection, banner, signal) {
  const tell = (state) => {
    const { shape, word } = STATES[state];
    connection.dataset.state = state;
    put(connection, h("span", { "aria-hidden": "true" }, shape), " ", word);
    put(banner, state === "lost" && h("p", {}, "The connection to the server is lost, so what you see may be old. Trying again…"));
  };
  tell(live.state);
  live.onState(tell, signal);
}

/** Toasts what others did: of a wide change the first few at once, and in the end how many more there were. */
function tellFacts(signal) {
  let count = 0;
  let timer = null;
  const settle = () => {
    if (count > APART && !signal.aborted) {
      toast(`${plural(count - APART, "more change")}.`, { link: { label: "See them in the live feed", href: "#/live" } });
    }
    count = 0;
  };
  live.onFact((fact) => {
    if (isOwn(fact)) return;
    clearTimeout(timer);
    timer = setTimeout(settle, QUIET_MS);
    count += 1;
    if (count <= APART) toast(sentence(fact), { severity: fact.payload.severity ?? "info" });
  }, signal);
}
