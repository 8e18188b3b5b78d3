// supabase.channel(): subscribe, broadcast, presence, refusals, broadcast over HTTP.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { postgresChangesFilter } from "@supabase/supabase-js";
import { browser, noor, server, sleep, somebody, tomas } from "./people.mjs";

/** A queue of what a callback was told. */
function ears() {
  const heard = [];
  return {
    heard,
    hear: (...told) => void heard.push(told.length > 1 ? told : told[0]),
    async next(holds = () => true, milliseconds = 8000) {
      for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(10)) {
        const at = heard.findIndex(holds);
        if (at >= 0) return heard.splice(0, at + 1).at(-1);
      }
      throw new Error(`not heard; only ${JSON.stringify(heard)}`);
    },
  };
}

/** Subscribe to a channel; { channel, statuses, events } tell what comes. */
function listen(t, client, name, config = {}, prepare = () => {}) {
  t.after(() => client.removeAllChannels());
  const [statuses, events] = [ears(), ears()];
  const channel = client.channel(name, { config: { private: true, ...config } });
  channel.on("broadcast", { event: "*" }, (message) => events.hear(message));
  prepare(channel);
  channel.subscribe((status, error) => statuses.hear({ status, error: error?.message }));
  return { channel, statuses, events };
}

const subscribed = ({ status }) => status === "SUBSCRIBED";
const failed = ({ status }) => status === "CHANNEL_ERROR";

async function joined(...parts) {
  const heard = listen(...parts);
  assert.deepEqual(await heard.statuses.next(), { status: "SUBSCRIBED", error: undefined });
  return heard;
}

const room = () => `room-${randomUUID()}`;

for (const vsn of ["1.0.0", "2.0.0"]) {
  const realtime = { vsn, heartbeatIntervalMs: 1000 };
  const person = (name) => somebody(name, { realtime });

  describe(`serialiser ${vsn}`, () => {
    test("what happens to samples reaches their owner", async (t) => {
      const me = await person();
      const { events } = await joined(t, me.client, `samples:${me.id}`);
      const samples = () => me.client.from("samples");
      await samples().insert({ reference: "gown", name: "Ivory gown" });
      await samples().update({ status: "received" }).eq("reference", "gown");
      await samples().delete().eq("reference", "gown");
      const added = await events.next();
      assert.deepEqual([added.type, added.event, added.payload.name], ["broadcast", "sample_added", "Ivory gown"]);
      assert.equal(typeof added.meta?.id, "string");
      const changed = await events.next();
      assert.deepEqual([changed.event, changed.payload.oldStatus, changed.payload.newStatus], ["sample_status_changed", "awaiting", "received"]);
      assert.equal((await events.next()).event, "sample_removed");
    });

    test("broadcast: to the others, to oneself where asked, acknowledged", async (t) => {
      const name = room();
      const config = { private: false, broadcast: { self: true, ack: true } };
      const [speaker, listener] = [browser({ realtime }), browser({ realtime })];
      const [said, heard] = [await joined(t, speaker, name, config), await joined(t, listener, name, { private: false })];
      const payload = { x: 1, "é": "✓", deep: [{ a: null }] };
      assert.equal(await said.channel.send({ type: "broadcast", event: "cursor", payload }), "ok");
      for (const { events } of [said, heard]) {
        const message = await events.next();
        assert.deepEqual([message.event, message.payload], ["cursor", payload]);
      }
      assert.equal(await heard.channel.send({ type: "broadcast", event: "back", payload: {} }), "ok");
      assert.equal((await said.events.next()).event, "back");
      assert.deepEqual(heard.events.heard, []);
    });

    test("presence", async (t) => {
      const me = await person();
      const name = `samples:${me.id}`;
      const syncs = ears();
      const present = (channel) =>
        channel
          .on("presence", { event: "sync" }, () => syncs.hear({ sync: channel.presenceState() }))
          .on("presence", { event: "join" }, ({ key, newPresences }) => syncs.hear({ joined: key, newPresences }))
          .on("presence", { event: "leave" }, ({ key }) => syncs.hear({ left: key }));
      const first = await joined(t, me.client, name, { presence: { key: "one" } }, present);
      assert.equal(await first.channel.track({ page: 1 }), "ok");
      const come = await syncs.next(({ joined: key }) => key === "one");
      assert.equal(come.newPresences[0].page, 1);
      assert.equal(typeof come.newPresences[0].presence_ref, "string");
      const again = browser({ realtime });
      await again.auth.setSession(me.session);
      const second = await joined(t, again, name, { presence: { key: "two", enabled: true } });
      assert.equal(await second.channel.track({ page: 2 }), "ok");
      await syncs.next(({ sync }) => sync && Object.keys(sync).sort().join() === "one,two");
      assert.equal(await second.channel.untrack(), "ok");
      await syncs.next(({ left }) => left === "two");
      await second.channel.track({ page: 3 });
      await syncs.next(({ joined: key }) => key === "two");
      await again.removeAllChannels();
      await syncs.next(({ left }) => left === "two");
      assert.deepEqual(Object.keys(first.channel.presenceState()), ["one"]);
    });

    test("heartbeats are answered", async (t) => {
      const client = browser({ realtime: { vsn, heartbeatIntervalMs: 100 } });
      const beats = ears();
      client.realtime.onHeartbeat((status) => beats.hear({ status }));
      await joined(t, client, room(), { private: false });
      await beats.next(({ status }) => status === "sent");
      await beats.next(({ status }) => status === "ok");
    });
  });
}

describe("octets", () => {
  test("are broadcast as they are", async (t) => {
    const name = room();
    const [said, heard] = [await joined(t, browser(), name, { private: false }), await joined(t, browser(), name, { private: false })];
    await said.channel.send({ type: "broadcast", event: "bytes", payload: new Uint8Array([0, 1, 255]).buffer });
    const { payload } = await heard.events.next();
    assert.deepEqual([...new Uint8Array(payload)], [0, 1, 255]);
  });
});

describe("who may listen", () => {
  test("a stranger is told why, and hears nothing", async (t) => {
    const [me, stranger] = [await noor(), await somebody("stranger")];
    const [event] = (await me.client.from("events").select("id")).data;
    for (const name of [`samples:${me.id}`, `assets:${me.id}`, `events:${event.id}`, room()]) {
      const { statuses } = listen(t, stranger.client, name);
      const { error } = await statuses.next(failed);
      assert.match(error, new RegExp(`Unauthorized: You do not have permissions to read from this Channel topic: ${name}`));
    }
    const mine = await somebody();
    const { events, statuses } = listen(t, stranger.client, `samples:${mine.id}`, { private: false });
    await statuses.next(failed);
    await mine.client.from("samples").insert({ name: "Not for strangers" });
    await sleep(300);
    assert.deepEqual(events.heard, []);
  });

  test("without a user there are no private channels", async (t) => {
    const me = await somebody();
    const { error } = await listen(t, browser(), `samples:${me.id}`).statuses.next(failed);
    assert.match(error, /Unauthorized/);
  });

  test("a join that came before the session is let in the second time", async (t) => {
    const kept = new Map();
    const storage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => void kept.set(name, value), removeItem: (name) => void kept.delete(name) };
    const me = await somebody("early", { auth: { storage } });
    const reloaded = browser({ auth: { storage } });
    const { statuses } = listen(t, reloaded, `samples:${me.id}`);
    await statuses.next(subscribed);
  });

  test("members hear of the event until they are removed", async (t) => {
    const [owner, member] = [await somebody("owner"), await somebody("member")];
    const event = (await owner.client.from("events").insert({ name: "Show" }).select("id").single()).data;
    const task = (await owner.client.from("event_tasks").insert({ event_id: event.id, title: "Stage build" }).select("id").single()).data;
    const { error } = await owner.client.from("event_members").insert({ event_id: event.id, user_id: member.id });
    assert.equal(error, null);
    const { events, statuses } = await joined(t, member.client, `events:${event.id}`);
    await owner.client.from("event_tasks").update({ status: "done" }).eq("id", task.id);
    const told = await events.next(({ event: name }) => name === "task_status_changed");
    assert.deepEqual([told.payload.taskId, told.payload.newStatus], [task.id, "done"]);
    await owner.client.from("event_members").delete().eq("user_id", member.id);
    await statuses.next(({ status }) => status === "CLOSED");
    events.heard.length = 0;
    await owner.client.from("event_tasks").insert({ event_id: event.id, title: "Unheard" });
    await sleep(300);
    assert.deepEqual(events.heard, []);
  });

  test("a colleague listens to the event, not to the owner's samples", async (t) => {
    const [owner, colleague] = [await noor(), await tomas()];
    const [event] = (await colleague.client.from("events").select("id")).data;
    await joined(t, colleague.client, `events:${event.id}`);
    await listen(t, colleague.client, `samples:${owner.id}`).statuses.next(failed);
  });

  test("a refreshed token keeps the channel, a sign-out ends it", async (t) => {
    const me = await somebody();
    const { events, statuses } = await joined(t, me.client, `samples:${me.id}`);
    await me.client.auth.refreshSession();
    await me.client.from("samples").insert({ name: "Cape" });
    assert.equal((await events.next()).event, "sample_added");
    const other = browser();
    await other.auth.setSession((await me.client.auth.getSession()).data.session);
    await me.client.auth.signOut();
    await statuses.next(({ status }) => status === "CLOSED");
    assert.deepEqual(events.heard, []);
  });

  test("a wrong key is a transport failure", async (t) => {
    const { error } = await listen(t, browser({ key: "sb_publishable_wrong" }), room(), { private: false }).statuses.next(failed);
    assert.match(error, /transport failure|socket closed/);
  });
});

describe("leaving", () => {
  test("removeChannel and unsubscribe end what is heard", async (t) => {
    const me = await somebody();
    const { channel, statuses, events } = await joined(t, me.client, `samples:${me.id}`);
    assert.equal(await me.client.removeChannel(channel), "ok");
    await statuses.next(({ status }) => status === "CLOSED");
    assert.deepEqual(me.client.getChannels(), []);
    await me.client.from("samples").insert({ name: "Unheard" });
    await sleep(300);
    assert.deepEqual(events.heard, []);
    const again = await joined(t, me.client, `samples:${me.id}`);
    assert.equal(await again.channel.unsubscribe(), "ok");
  });

  test("removeAllChannels", async (t) => {
    const client = browser();
    await joined(t, client, room(), { private: false });
    await joined(t, client, room(), { private: false });
    assert.deepEqual(await client.removeAllChannels(), ["ok", "ok"]);
  });
});

describe("over HTTP", () => {
  test("httpSend, with a slash in the event, and octets", async (t) => {
    const me = await somebody();
    const { channel, events } = await joined(t, me.client, `samples:${me.id}`);
    const again = browser();
    await again.auth.setSession(me.session);
    await again.realtime.setAuth();
    t.after(() => again.removeAllChannels());
    const speaking = again.channel(`samples:${me.id}`, { config: { private: true } });
    assert.deepEqual(await speaking.httpSend("cursor/moved", { x: 1 }), { success: true });
    const message = await events.next();
    assert.deepEqual([message.event, message.payload], ["cursor/moved", { x: 1 }]);
    assert.deepEqual(await channel.httpSend("bytes", new Uint8Array([1, 2]).buffer), { success: true });
    assert.deepEqual([...new Uint8Array((await events.next()).payload)], [1, 2]);
    await assert.rejects(channel.httpSend("empty"), /Payload is required/);
  });

  test("a server speaks to anybody", async (t) => {
    const me = await somebody();
    const { events } = await joined(t, me.client, `samples:${me.id}`);
    const backend = server();
    t.after(() => backend.removeAllChannels());
    const speaking = backend.channel(`samples:${me.id}`, { config: { private: true } });
    assert.deepEqual(await speaking.httpSend("note", { text: "hello" }), { success: true });
    assert.deepEqual((await events.next()).payload, { text: "hello" });
  });

  test("a stranger is refused, and nothing is heard", async (t) => {
    const [me, stranger] = [await somebody(), await somebody("stranger")];
    const { events } = await joined(t, me.client, `samples:${me.id}`);
    for (const client of [stranger.client, browser()]) {
      await client.realtime.setAuth();
      t.after(() => client.removeAllChannels());
      for (const config of [{ private: true }, { private: false }]) {
        const channel = client.channel(`samples:${me.id}`, { config });
        await assert.rejects(channel.httpSend("planted", { x: 1 }), /^Error: Unauthorized$/);
        await client.removeChannel(channel);
      }
      const batch = client.channel(`samples:${me.id}`, { config: { private: true } });
      await batch.send({ type: "broadcast", event: "planted", payload: { x: 2 } });
    }
    await sleep(300);
    assert.deepEqual(events.heard, []);
  });

  test("send() before the join goes as a batch", async (t) => {
    const name = room();
    const { events } = await joined(t, browser(), name, { private: false });
    const client = browser();
    t.after(() => client.removeAllChannels());
    assert.equal(await client.channel(name).send({ type: "broadcast", event: "early", payload: { x: 1 } }), "ok");
    assert.deepEqual((await events.next()).payload, { x: 1 });
  });
});

describe("postgres_changes", () => {
  const changes = (ear, asked = {}) => (channel) =>
    channel.on("postgres_changes", { event: "*", schema: "public", table: "samples", ...asked }, (change) => ear.hear(change));

  /** Subscribe, and wait until the database is heard. */
  async function hearing(t, client, ...prepares) {
    const told = ears();
    const prepare = (channel) => [(c) => c.on("system", {}, (message) => told.hear(message)), ...prepares].forEach((one) => one(channel));
    const listening = await joined(t, client, room(), { private: false }, prepare);
    const message = await told.next();
    assert.deepEqual([message.extension, message.status, message.message], ["postgres_changes", "ok", "Subscribed to PostgreSQL"]);
    return listening;
  }

  for (const vsn of ["1.0.0", "2.0.0"])
    test(`INSERT, UPDATE and DELETE reach the owner alone (${vsn})`, async (t) => {
      const options = { realtime: { vsn } };
      const [me, stranger] = [await somebody("me", options), await somebody("stranger", options)];
      const [mine, theirs] = [ears(), ears()];
      await hearing(t, me.client, changes(mine, { filter: `user_id=eq.${me.id}` }));
      await hearing(t, stranger.client, changes(theirs));
      const samples = () => me.client.from("samples");
      const { data: row } = await samples().insert({ name: "Gown", look_ids: ["a"], details: { a: 1 } }).select().single();
      const inserted = await mine.next();
      assert.deepEqual([inserted.eventType, inserted.schema, inserted.table, inserted.errors], ["INSERT", "public", "samples", null]);
      assert.deepEqual([inserted.new, inserted.old], [row, {}]);
      assert.ok(Math.abs(new Date(inserted.commit_timestamp) - new Date(row.created_at)) < 60_000);
      await samples().update({ status: "received" }).eq("id", row.id);
      const updated = await mine.next();
      assert.deepEqual([updated.eventType, updated.new.status, updated.old], ["UPDATE", "received", { id: row.id }]);
      await samples().delete().eq("id", row.id);
      const deleted = await mine.next();
      assert.deepEqual([deleted.eventType, deleted.new, deleted.old], ["DELETE", {}, { id: row.id }]);
      await stranger.client.from("samples").insert({ name: "Own" });
      assert.equal((await theirs.next()).new.name, "Own");
      assert.deepEqual([theirs.heard, mine.heard], [[], []]);
    });

  test("each event alone, and a column selection", async (t) => {
    const me = await somebody();
    const heard = { INSERT: ears(), UPDATE: ears(), DELETE: ears() };
    const some = ears();
    await hearing(
      t,
      me.client,
      ...Object.entries(heard).map(([event, ear]) => changes(ear, { event })),
      changes(some, { event: "INSERT", select: ["name"] }),
    );
    const samples = () => me.client.from("samples");
    const { id } = (await samples().insert({ name: "Gown" }).select("id").single()).data;
    await samples().update({ name: "Cape" }).eq("id", id);
    await samples().delete().eq("id", id);
    for (const [event, ear] of Object.entries(heard)) {
      assert.equal((await ear.next()).eventType, event);
      assert.deepEqual(ear.heard, []);
    }
    assert.deepEqual((await some.next()).new, { id, name: "Gown" });
  });

  test("filters, as the builder writes them", async (t) => {
    const me = await somebody();
    const asked = {
      eq: (f) => f.eq("sku", 'A,"1"'),
      neq: (f) => f.neq("name", "Cape"),
      in: (f) => f.in("priority", ["high", "low"]),
      like: (f) => f.like("name", "G%"),
      match: (f) => f.imatch("name", "^g"),
      is: (f) => f.is("needed_at", null).eq("is_hero", true),
      not: (f) => f.not("name", "in", ["Cape", "Belt"]),
      isDistinct: (f) => f.isDistinct("name", "Cape"),
    };
    const all = Object.values(asked).map((build) => [ears(), build(postgresChangesFilter())]);
    await hearing(t, me.client, ...all.map(([ear, filter]) => changes(ear, { event: "INSERT", filter })));
    const rows = [{ name: "Cape" }, { name: "Gown", sku: 'A,"1"', priority: "high", is_hero: true }];
    await me.client.from("samples").insert(rows);
    for (const [ear] of all) {
      assert.equal((await ear.next()).new.name, "Gown");
      assert.deepEqual(ear.heard, []);
    }
  });

  test("all tables, and what members hear of an event", async (t) => {
    const [owner, member] = [await noor(), await tomas()];
    const [every, theirs] = [ears(), ears()];
    await hearing(t, owner.client, (channel) => channel.on("postgres_changes", { event: "*", schema: "public" }, (change) => every.hear(change)));
    await hearing(t, member.client, changes(theirs, { table: "event_tasks" }));
    const [{ event_id }] = (await member.client.from("event_tasks").select("event_id").limit(1)).data;
    const { data: task } = await owner.client.from("event_tasks").insert({ event_id, title: "Steam" }).select().single();
    assert.deepEqual((await theirs.next()).new, task);
    assert.deepEqual((await every.next(({ table }) => table === "event_tasks")).new, task);
    await member.client.from("event_tasks").delete().eq("id", task.id);
    const gone = ({ eventType }) => eventType === "DELETE";
    assert.deepEqual((await theirs.next(gone)).old, { id: task.id });
    assert.deepEqual((await every.next(gone)).old, { id: task.id });
  });

  test("a server hears of everybody", async (t) => {
    const me = await somebody();
    const heard = ears();
    await hearing(t, server(), changes(heard, { table: "analytics_events", filter: `user_id=eq.${me.id}` }));
    const { error } = await me.client.from("analytics_events").insert([{ event_type: "a" }, { event_type: "b" }]);
    assert.equal(error, null);
    assert.deepEqual([(await heard.next()).new.event_type, (await heard.next()).new.event_type], ["a", "b"]);
  });

  test("what is not offered is said in words", async (t) => {
    const me = await somebody();
    const cases = {
      "Unable to subscribe to changes with given parameters": { table: "nothing" },
      "invalid column for filter nope": { filter: "nope=eq.1" },
      "Error parsing `filter` params": { filter: "name=foo.1" },
      "invalid input syntax for type uuid": { filter: "user_id=eq.1" },
    };
    for (const [why, asked] of Object.entries(cases)) {
      const { statuses, channel } = listen(t, me.client, room(), { private: false }, changes(ears(), asked));
      assert.ok((await statuses.next(failed)).error.includes(why));
      await me.client.removeChannel(channel);
    }
  });

  test("a client that has no token yet is asked again, and then hears", async (t) => {
    const me = await somebody();
    const again = browser();
    const heard = ears();
    const { statuses } = listen(t, again, room(), { private: false }, changes(heard));
    assert.match((await statuses.next(failed)).error, /no user token/);
    await again.auth.setSession(me.session);
    await statuses.next(subscribed);
    await me.client.from("samples").insert({ name: "Gown" });
    assert.equal((await heard.next()).new.name, "Gown");
  });
});
