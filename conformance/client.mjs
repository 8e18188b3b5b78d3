// The official client, driven line by line: commands come in as JSON on standard input, what the client answers and
// what it is told goes out as JSON on standard output. The tests of `realtime` speak to it.
import { createInterface } from "node:readline";
import { createClient } from "@supabase/supabase-js";

const client = createClient(process.env.URL, process.env.KEY, {
  auth: { persistSession: false, autoRefreshToken: false },
  realtime: { vsn: process.env.VSN ?? "2.0.0", heartbeatIntervalMs: 1000 },
});
const channels = new Map();
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const commands = {
  async signIn({ email, password }) {
    const { data, error } = await client.auth.signInWithPassword({ email, password });
    return { user: data.user?.id, error: error?.message };
  },
  async refresh() {
    const { data, error } = await client.auth.refreshSession();
    return { token: data.session?.access_token, error: error?.message };
  },
  async signOut() {
    const { error } = await client.auth.signOut();
    return { error: error?.message };
  },
  async setAuth() {
    await client.realtime.setAuth();
    return {};
  },
  join({ name, config = {} }) {
    const channel = client.channel(name, { config });
    channels.set(name, channel);
    channel.on("broadcast", { event: "*" }, ({ event, payload }) => tell({ told: name, event, payload }));
    if (config.presence) {
      channel.on("presence", { event: "sync" }, () => tell({ told: name, event: "sync", payload: channel.presenceState() }));
    }
    channel.subscribe((status, error) => tell({ told: name, status, error: error?.message }));
    return {};
  },
  send: ({ name, event, payload }) => channels.get(name).send({ type: "broadcast", event, payload }),
  httpSend: ({ name, event, payload }) => channels.get(name).httpSend(event, payload),
  track: ({ name, payload }) => channels.get(name).track(payload),
  untrack: ({ name }) => channels.get(name).untrack(),
  async leave({ name }) {
    const channel = channels.get(name);
    channels.delete(name);
    return client.removeChannel(channel);
  },
};

tell({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, command, ...values } = JSON.parse(line);
  // Not awaited: what the client is told meanwhile must not wait for the answer.
  Promise.resolve(commands[command](values)).then(
    (answer) => tell({ id, answer }),
    (error) => tell({ id, answer: { error: String(error) } }),
  );
}
process.exit(0);
