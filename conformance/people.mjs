// What the suites share: the official client as the world knows it, people to sign in as, and their mail.
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { createClient } from "@supabase/supabase-js";

const { env } = process;
export const URL_ = env.URL;
export const CONFIRMING = env.CONFIRMING_URL;
export const PUBLISHABLE = env.FASHIONOS_PUBLISHABLE_KEY;
export const SECRET = env.FASHIONOS_SECRET_KEY;
export const ANON = env.FASHIONOS_ANON_KEY;
export const SERVICE_ROLE = env.FASHIONOS_SERVICE_ROLE_KEY;
export const PASSWORD = "correct horse battery";

/** A browser's client: a memory of its own, and nothing in the background. */
export function browser({ url = URL_, key = PUBLISHABLE, auth = {}, ...options } = {}) {
  const kept = new Map();
  const storage = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
  return createClient(url, key, {
    auth: { storage, autoRefreshToken: false, detectSessionInUrl: false, ...auth },
    ...options,
  });
}

/** A server's client, with the secret key. */
export const server = (options = {}) => browser({ key: SECRET, auth: { persistSession: false }, ...options });

export const address = (name = "somebody") => `${name}.${randomUUID()}@example.com`;

/** Somebody new, signed in: { client, id, email, session }. */
export async function somebody(name, options = {}) {
  const client = browser(options);
  const email = address(name);
  const { data, error } = await client.auth.signUp({ email, password: PASSWORD });
  if (error) throw error;
  return { client, id: data.user.id, email, session: data.session };
}

async function signedIn(prefix) {
  const client = browser();
  const credentials = { email: env[`${prefix}_EMAIL`], password: env[`${prefix}_PASSWORD`] };
  const { data, error } = await client.auth.signInWithPassword(credentials);
  if (error) throw error;
  return { client, id: data.user.id, email: data.user.email, session: data.session };
}

/** The owner of the demo production, the colleague on its event, support. */
export const noor = () => signedIn("DEMO");
export const tomas = () => signedIn("DEMO2");
export const support = () => signedIn("SUPPORT");

/** The n-th mail to an address: { subject, link, code, token }; waits for it. */
export async function letter(email, number = 1) {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(20)) {
    const names = readdirSync(env.MAILS).filter((name) => name.endsWith(".json")).sort();
    const mails = names.map((name) => JSON.parse(readFileSync(`${env.MAILS}/${name}`, "utf8")));
    const mail = mails.filter(({ to }) => to === email)[number - 1];
    if (mail) {
      const link = mail.text.match(/https?:\/\/\S+/)?.[0] ?? "";
      const code = mail.text.replace(link, "").match(/\b\d{6}\b/)?.[0];
      return { subject: mail.subject, link, code, token: link && new URL(link).searchParams.get("token") };
    }
  }
  throw new Error(`mail ${number} to ${email} did not come`);
}

/** Open a link to our server as a browser does; where it sends the browser to. */
export async function open(link, url = URL_, headers = {}) {
  const response = await fetch(link.replace(env.SITE_URL, url), { redirect: "manual", headers });
  const location = response.headers.get("location");
  if (!location) throw new Error(`${response.status} ${await response.text()}`);
  return { status: response.status, location: new URL(location, link), headers: response.headers };
}

/** What came back in the fragment of a page's address. */
export const fragment = (location) => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

export { sleep };
