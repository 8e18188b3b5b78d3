// The live feed: every event of the user's channels as it comes, how long it took, and whether the connection holds.
import { h, put } from "../dom.js";
import { sentence } from "../facts.js";
import { feed, onFeed, onState, topics } from "../live.js";
import { empty, panel, severity } from "../parts.js";
import { number, plural, second, title } from "../words.js";

const WORDS = { joining: "joining", live: "live", lost: "lost, trying again", refused: "refused" };

export function show(root, { signal }) {
  const channels = h("ul", { class: "channels" });
  const about = h("p", { class: "quiet" });
  const list = h("ol", { class: "feed" });
  const log = h("div", { class: "feed-log", role: "log", "aria-label": "Events", tabindex: "0" }, list);
  const nothing = empty("Nothing has happened yet.", "Move a sample in another window, and it appears here.");
  put(root, panel("Channels", {}, channels, about), panel("Events", { class: "wide" }, log, nothing));

  const tellAbout = () => {
    put(channels, topics().map(({ topic, state }) => h("li", {}, h("code", { class: "breakable" }, topic), " ", h("span", { class: `state ${state}` }, WORDS[state]))));
    const waits = feed.map((entry) => entry.latency).filter((wait) => wait !== undefined && wait !== null).sort((one, other) => one - other);
    put(about, waits.length
      ? `${plural(waits.length, "event")}; from the change to this screen: ${latency(waits[Math.floor(waits.length / 2)])} in the median, ${latency(waits.at(-1))} at most.`
      : "How long an event takes is measured from the change in the database to this screen.");
    nothing.hidden = feed.length > 0;
  };

  put(list, feed.map(line));
  tellAbout();
  onFeed((entry) => {
    list.prepend(line(entry));
    while (list.children.length > feed.length) list.lastChild.remove();
    tellAbout();
  }, signal);
  onState(tellAbout, signal);
}

// The clocks of two machines may differ by more than the event took.
const latency = (wait) => (wait < 0 ? "under 1 ms by these clocks" : `${number(wait)} ms`);

function line(entry) {
  const when = h("time", { datetime: new Date(entry.at).toISOString() }, second(entry.at));
  if (entry.kind === "note") return h("li", { class: "note" }, when, h("code", { class: "breakable" }, entry.topic), h("span", {}, entry.text));
  return h(
    "li", {}, when,
    h("span", { class: "what" }, severity(entry.payload.severity, { brief: true }), " ", sentence(entry)),
    h("code", { class: "breakable" }, entry.event),
    h("span", { class: "wait" }, entry.latency == null ? title("unknown delay") : latency(entry.latency)),
  );
}
