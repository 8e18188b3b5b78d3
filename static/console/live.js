// The socket: joins the user's channels once, tells everybody on the page what happens, and whether it still hears.
//
// Facts may be missed while the connection is away, so whoever goes by them reads anew when a channel was joined. Rows are
// followed by `followRows` of records.js.
import { client, query } from "./api.js";

const KEPT = 500; // entries of the feed

const bus = new EventTarget();
const channels = new Map(); // topic -> { channel, state: "joining" | "live" | "lost" | "refused", joins }

/** The newest entries first: { kind: "fact" | "note", at, topic, event, payload, latency } or { …, text }. */
export const feed = [];

/** "joining" until all channels are there, "live", or "lost". */
export let state = "joining";

export const topics = () => [...channels].map(([topic, { state }]) => ({ topic, state }));

/** listener({ topic, event, payload, latency, at }): a fact came; `latency` in ms since its change, null if unknown. */
export const onFact = (listener, signal) => on("fact", listener, signal);
/** listener(topic): a channel was joined, or joined again: what it told before is lost. */
export const onJoined = (listener, signal) => on("joined", listener, signal);
/** listener(state): the connection came or went. */
export const onState = (listener, signal) => on("state", listener, signal);
/** listener(entry): the feed grew. */
export const onFeed = (listener, signal) => on("feed", listener, signal);

function on(name, listener, signal) {
  bus.addEventListener(name, (event) => listener(event.detail), { signal });
}

const tell = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));

let left = Promise.resolve();

/** Joins all channels of this user. */
export async function join(user) {
  await left; // whoever signs in again asks for channels that are just being left
  await client.realtime.setAuth();
  listen(`samples:${user.id}`);
  listen(`assets:${user.id}`);
  for (const { id } of await query(client.from("events").select("id"))) listen(`events:${id}`);
}

export function leave() {
  channels.clear();
  feed.length = 0;
  left = client.removeAllChannels();
  review();
}

function listen(topic) {
  if (channels.has(topic)) return;
  const channel = client.channel(topic, { config: { private: true } });
  const entry = { channel, state: "joining", joins: 0 };
  channels.set(topic, entry);
  channel.on("broadcast", { event: "*" }, (message) => hear(topic, message));
  channel.subscribe((status, error) => {
    if (channels.get(topic) !== entry) return;
    if (status === "SUBSCRIBED") {
      entry.state = "live";
      note(topic, entry.joins++ ? "joined again" : "joined");
      tell("joined", topic);
    } else {
      const refused = /Unauthorized|PrivateOnly/.test(error?.message ?? "");
      const before = entry.state;
      entry.state = refused ? "refused" : "lost";
      if (before !== entry.state) note(topic, refused ? "refused: you are no member any more" : "lost, trying again");
    }
    review();
  });
}

function hear(topic, { event, payload }) {
  const at = Date.now();
  const since = payload?.at ? at - new Date(payload.at).getTime() : null;
  const fact = { kind: "fact", topic, event, payload: payload ?? {}, at, latency: since };
  remember(fact);
  tell("fact", fact);
}

function note(topic, text) {
  remember({ kind: "note", topic, text, at: Date.now() });
}

function remember(entry) {
  feed.unshift(entry);
  feed.length = Math.min(feed.length, KEPT);
  tell("feed", entry);
}

function review() {
  const states = [...channels.values()].map((entry) => entry.state).filter((one) => one !== "refused");
  const now = states.includes("lost") ? "lost" : states.includes("joining") || !states.length ? "joining" : "live";
  if (now !== state) {
    state = now;
    tell("state", state);
  }
}

// A laptop that wakes up need not wait for the next attempt.
addEventListener("online", () => client.realtime.connect());
