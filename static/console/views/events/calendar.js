// iCalendar (RFC 5545), as calendars of phones read it.

const OCTETS = 75; // of a line, at most (section 3.1)
const encoder = new TextEncoder();

/** Writes entries { uid, start, end, summary, description, location } as one calendar; `stamp` is when it was made. */
export function calendar(name, entries, stamp) {
  const lines = [
    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//FashionOS//Call sheet//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
    `X-WR-CALNAME:${text(name)}`,
    ...entries.flatMap((entry) => [
      "BEGIN:VEVENT", `UID:${text(entry.uid)}`, `DTSTAMP:${utc(stamp)}`, `DTSTART:${utc(entry.start)}`,
      // An end that is no later than the start is not allowed (section 3.6.1): without one the entry is a moment.
      ...(new Date(entry.end) > new Date(entry.start) ? [`DTEND:${utc(entry.end)}`] : []),
      `SUMMARY:${text(entry.summary)}`,
      ...(entry.description ? [`DESCRIPTION:${text(entry.description)}`] : []),
      ...(entry.location ? [`LOCATION:${text(entry.location)}`] : []),
      "END:VEVENT",
    ]),
    "END:VCALENDAR",
  ];
  return lines.map((line) => `${fold(line)}\r\n`).join("");
}

const utc = (at) => new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");

const text = (value) => String(value).replace(/[\\;,]/g, "\\$&").replace(/\r\n|\r|\n/g, "\\n");

/** Breaks a long line; the octets of one character stay together. */
function fold(line) {
  const parts = [""];
  let octets = 0;
  for (const character of line) {
    const size = encoder.encode(character).length;
    if (octets + size > OCTETS) {
      parts.push("");
      octets = 1; // the space that a continued line begins with
    }
    parts[parts.length - 1] += character;
    octets += size;
  }
  return parts.join("\r\n ");
}
