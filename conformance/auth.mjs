// The official client's auth side, driven line by line: { id, client, call: ["signUp"], args } comes in as JSON, what the
// client answers goes out. `client` names one of several, each with a memory of its own. The tests of accounts speak to it.
import { createInterface } from "node:readline";
import { createClient } from "@supabase/supabase-js";

const clients = new Map();
const make = ({ key = process.env.KEY, flowType = "implicit" }) => {
  const kept = new Map();
  const storage = {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => void kept.set(name, value),
    removeItem: (name) => void kept.delete(name),
  };
  const auth = { storage, flowType, autoRefreshToken: false, detectSessionInUrl: false };
  // Node 20 has no WebSocket of its own, and auth needs none.
  return createClient(process.env.URL, key, { auth, realtime: { transport: class {} } });
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, client, options, call, args } = JSON.parse(line);
  if (!clients.has(client)) clients.set(client, make(options ?? {}));
  const path = call.split(".");
  const method = path.pop();
  const target = path.reduce((object, name) => object[name], clients.get(client).auth);
  try {
    const { data, error } = await target[method](...args);
    const told = error && { name: error.name, status: error.status, code: error.code, message: error.message, reasons: error.reasons };
    process.stdout.write(`${JSON.stringify({ id, data, error: told })}\n`);
  } catch (thrown) {
    process.stdout.write(`${JSON.stringify({ id, thrown: String(thrown) })}\n`);
  }
}
process.exit(0);
