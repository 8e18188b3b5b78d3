// Numbers, moments and names as people read them, in the time zone of the page.

const LOCALE = "en-GB";

export const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
export const zone = () => localStorage.getItem("zone") ?? browserZone;

const formats = new Map();

function format(at, options, timeZone = zone()) {
  const key = timeZone + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(LOCALE, { timeZone, hourCycle: "h23", ...options }));
  return formats.get(key).format(new Date(at));
}

/** 14:05 */
export const time = (at, timeZone) => format(at, { hour: "2-digit", minute: "2-digit" }, timeZone);
/** 14:05:09 */
export const second = (at) => format(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
/** Tue 24 Nov */
export const day = (at, timeZone) => format(at, { weekday: "short", day: "numeric", month: "short" }, timeZone).replace(",", "");
/** 2026-11-24, as date fields have it */
export function isoDay(at, timeZone = zone()) {
  const parts = new Intl.DateTimeFormat("en", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(new Date(at));
  const part = (type) => parts.find((one) => one.type === type).value;
  return `${part("year")}-${part("month")}-${part("day")}`;
}
/** The moment at which the day of `at` began, in ms; an hour off on the days when clocks change. */
export function midnight(at, timeZone = zone()) {
  const [hours, rest] = time(at, timeZone).split(":").map(Number);
  return Math.floor(at / 60_000) * 60_000 - (hours * 60 + rest) * 60_000;
}
/** "14:05" today, "tomorrow 14:05", else "Tue 24 Nov 14:05" */
export function moment(at, now = Date.now(), timeZone = zone()) {
  const of = isoDay(at, timeZone);
  if (of === isoDay(now, timeZone)) return time(at, timeZone);
  if (of === isoDay(now + 86_400_000, timeZone)) return `tomorrow ${time(at, timeZone)}`;
  if (of === isoDay(now - 86_400_000, timeZone)) return `yesterday ${time(at, timeZone)}`;
  return `${day(at, timeZone)} ${time(at, timeZone)}`;
}

/** 371 -> "6 h 11 min" */
export function minutes(count) {
  const whole = Math.round(count);
  const hours = Math.floor(whole / 60);
  return [hours && `${hours} h`, (whole % 60 || !hours) && `${whole % 60} min`].filter(Boolean).join(" ");
}

/** How far off a moment is: 371 -> "6 h 11 min", from two days on 4318 -> "2 days 23 h". */
export function span(count) {
  if (count < 2880) return minutes(count);
  const hours = Math.floor(count / 60);
  return [plural(Math.floor(hours / 24), "day"), hours % 24 && `${hours % 24} h`].filter(Boolean).join(" ");
}

const numbers = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });
export const number = (value) => numbers.format(value);
export const percent = (value) => `${number(value)}\u00a0%`;
/** plural(1, "sample") -> "1 sample" */
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** in_transit -> "In transit" */
export function title(name) {
  const words = String(name ?? "").replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
