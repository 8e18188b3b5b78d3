// All that the page asks of the server goes through the official client, as any other app does it.
import { zone } from "./words.js";

export const told = JSON.parse(document.querySelector("#told").textContent);

export const client = globalThis.supabase.createClient(location.origin, told.key, {
  realtime: {
    heartbeatIntervalMs: 15_000,
    // Seconds, and not all pages in the same moment when a server comes back.
    reconnectAfterMs: (tries) => Math.min(tries, 5) * (750 + 500 * Math.random()),
  },
});

const PAGE = 1000; // rows that the server gives at a time

/** Something went wrong: `message` says what, `advice` what to do about it. */
export class Trouble extends Error {
  constructor(what, advice, { code, status, details, retryAfter } = {}) {
    super(what);
    Object.assign(this, { advice, code, status, details, retryAfter });
  }
}

/**
 * Calls a function: its document, or the raw answer where it streams. Raises Trouble.
 *
 * `options` are `signal` and `stream` (true: ask for server-sent events).
 */
export async function call(name, body, { signal, stream } = {}) {
  const headers = stream ? { accept: "text/event-stream" } : {};
  const { data, error } = await client.functions.invoke(name, { body, headers, signal });
  if (error) throw await troubleOf(error);
  return data;
}

/**
 * Runs a query of the client's builder: await query(client.from("shots").select()). Raises Trouble.
 */
export async function query(builder) {
  const { data, error, status } = await builder;
  if (error) throw await troubleOf(error, status);
  return data;
}

/** Reads all rows of a query, page by page; `build` makes the builder anew for each. They need an order. */
export async function everyRow(build) {
  const rows = [];
  for (;;) {
    const page = await query(build().range(rows.length, rows.length + PAGE - 1));
    rows.push(...page);
    if (page.length < PAGE) return rows;
  }
}

/** Says what happened and what to do, whoever refused: a function, a table, the accounts, or the network. */
export async function troubleOf(error, status = error.status) {
  if (error instanceof Trouble || error.name === "AbortError") return error;
  const response = error.context instanceof Response ? error.context : null;
  const body = response ? await response.clone().json().catch(() => null) : null;
  const about = body?.error ?? body ?? error;
  status = response?.status ?? status ?? 0;
  const code = about.code ?? error.code;
  const known = { code, status, details: about.details, retryAfter: Number(response?.headers.get("retry-after")) || undefined };
  if (code === "invalid_credentials") {
    return new Trouble("This e-mail address and this password do not belong together.", "Check both; capitals count in passwords.", known);
  }
  if (status === 401 || ["session_ended", "session_not_found", "refresh_token_not_found", "refresh_token_already_used"].includes(code)) {
    await client.auth.signOut({ scope: "local" }); // shows the door
    return new Trouble("Your session has ended.", "Sign in again; nothing is lost.", known);
  }
  if (status === 429) {
    const wait = known.retryAfter ? `Wait ${known.retryAfter} s` : "Wait a minute";
    return new Trouble("That was too many requests in a short time.", `${wait}, then try again.`, known);
  }
  if (status === 0 || response == null && /fetch|network|Failed to send/i.test(error.message ?? "")) {
    return new Trouble("The server cannot be reached.", "Check the network, then try again.", { ...known, code: "unreachable" });
  }
  if (status >= 500) {
    return new Trouble("Something went wrong on the server.", "Try again in a moment; if it stays, tell support.", known);
  }
  return new Trouble(about.message ?? about.msg ?? "The server refused this.", adviceFor(status), known);
}

function adviceFor(status) {
  if (status === 403) return "It belongs to somebody else: ask its owner.";
  if (status === 404) return "It may have been removed meanwhile: reload what you see.";
  if (status === 409 || status === 410) return "Ask again, and decide on what is there now.";
  return "Change it and try again.";
}

/** What every request about the user's own day says. */
export const where = () => ({ timezone: zone() });
