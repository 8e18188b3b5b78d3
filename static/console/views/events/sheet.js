// The call sheet: who has to be where at which time, to print and to take along in a calendar. Its times are the venue's.
import { h } from "../../dom.js";
import { empty } from "../../parts.js";
import { table } from "../../svg.js";
import { day, minutes, plural, time, title } from "../../words.js";
import { calendar } from "./calendar.js";
import { zoneOf } from "./plan.js";

const CALL_MINUTES = 15;

/** `back` is the address of the event's page. */
export function callSheet(run, event, names, back) {
  const { venue = {} } = event.details ?? {};
  const there = zoneOf(event);
  const clock = (at) => time(at, there);
  const place = [venue.name, venue.address, venue.city].filter(Boolean).join(", ");
  const link = h("a", { href: back }, "Back to the event");
  if (!run) return [link, empty("No call sheet yet.", "It needs the time at which the show starts.")];
  const calls = (kind) => run.callSheet.filter((call) => call.kind === kind).sort((one, other) => one.callAt.localeCompare(other.callAt));
  const times = [["Doors", event.doors_at], ["Show", run.showStartAt], ["End", run.showEndAt]].filter(([, at]) => at);
  return h(
    "article", { class: "sheet" },
    h("div", { class: "row actions" }, link,
      h("button", { type: "button", class: "primary", onclick: () => print() }, "Print, or save as PDF"),
      h("button", { type: "button", onclick: () => download(run, event, names, place) }, "Calendar (.ics)")),
    h("header", {},
      h("h2", {}, event.name),
      h("p", {}, [day(run.showStartAt, there), place, `times in ${there.replaceAll("_", " ")}`].filter(Boolean).join(" · ")),
      h("p", {}, times.map(([word, at]) => h("span", { class: "time" }, `${word} `, h("strong", {}, clock(at)))))),
    section("Models", ["Call", "Name", "Hair and make-up", "Ready"], calls("model").map((call) => [
      clock(call.callAt), call.name ?? names.get(call.personOrModelId) ?? call.personOrModelId, call.hmuAt ? clock(call.hmuAt) : "–", clock(call.readyAt),
    ])),
    section("Crew", ["Call", "Name", "Role"], calls("crew").map((call) => [
      clock(call.callAt), call.name ?? names.get(call.personOrModelId) ?? call.personOrModelId, rolesOf(event, call.personOrModelId),
    ])),
    run.blocks.filter((block) => block.phase !== "show").map((block) => section(
      block.name, ["At", "What", "For"], block.items.map((item) => [clock(item.startAt), item.name, item.durationMinutes ? minutes(item.durationMinutes) : "–"]),
    )),
  );
}

function section(heading, heads, rows) {
  return rows.length > 0 && h("section", {}, h("h3", {}, heading), table(heading, heads, rows));
}

const rolesOf = (event, id) => (event.details?.people?.find((person) => person.id === id)?.roles ?? []).map(title).join(", ") || "–";

/** The entries of the calendar: doors, show, what happens around it, and who is called when. */
function entriesOf(run, event, names, place) {
  const entry = (id, summary, start, end, description) => ({ uid: `${id}.${event.id}@fashionos`, summary, start, end, description, location: place });
  const calls = Map.groupBy(run.callSheet, (call) => call.callAt);
  return [
    event.doors_at && entry("doors", `Doors: ${event.name}`, event.doors_at, run.showStartAt),
    entry("show", event.name, run.showStartAt, run.showEndAt),
    ...run.blocks.filter((block) => block.phase !== "show").flatMap((block) => block.items.map((item) => entry(item.id, item.name, item.startAt, item.endAt, block.name))),
    ...[...calls].map(([at, of]) => entry(
      `call-${at}`, `Call: ${plural(of.length, "person", "people")}`, at, new Date(new Date(at).getTime() + CALL_MINUTES * 60_000),
      of.map((call) => call.name ?? names.get(call.personOrModelId) ?? call.personOrModelId).join(", "),
    )),
  ].filter(Boolean).sort((one, other) => new Date(one.start) - new Date(other.start));
}

function download(run, event, names, place) {
  const file = new Blob([calendar(event.name, entriesOf(run, event, names, place), Date.now())], { type: "text/calendar;charset=utf-8" });
  const href = URL.createObjectURL(file);
  h("a", { href, download: `${event.name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").toLowerCase() || "event"}.ics` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
