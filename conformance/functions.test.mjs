// supabase.functions.invoke(): each function, with what the client returns.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { ANON, PUBLISHABLE, SECRET, URL_, browser, somebody } from "./people.mjs";

/** A request of the demo production. */
const demo = (name) => JSON.parse(readFileSync(`${process.env.DATA_DIR}/demo/${name}.json`, "utf8"));
const SAMPLES = { sampleList: [{ id: "1", status: "received" }, { id: "2", status: "delayed", isHero: true }], analysisType: "readiness" };

function done({ data, error }) {
  assert.equal(error, null);
  return data;
}

/** The function said no: check how the client tells it, and return the body. */
async function refused({ data, error }, status, code) {
  assert.equal(data, null);
  assert.deepEqual([error?.name, error?.message], ["FunctionsHttpError", "Edge Function returned a non-2xx status code"]);
  const body = await error.context.json();
  assert.deepEqual([error.context.status, body.error.code], [status, code], JSON.stringify(body));
  assert.equal(typeof body.error.message, "string");
  return body.error;
}

const invoke = ({ client }, name, body, options = {}) => client.functions.invoke(name, { body, ...options });

describe("answers", () => {
  const parts = {
    "logistics-analyzer": ["readiness", "blockers", "watchlist", "batching"],
    "events-optimizer": ["criticalPath", "staffing", "staffingSummary", "runOfShow"],
    "media-scorer": ["qualityScores", "duplicateGroups", "missingShots", "coverage", "selects", "selectionReasons"],
    recommendations: ["recommendations"],
  };
  for (const [name, names] of Object.entries(parts)) {
    test(`${name}, then from the cache, and never another's`, async () => {
      const [me, stranger] = [await somebody(), await somebody("stranger")];
      const answer = done(await invoke(me, name, demo(name)));
      for (const part of [...names, "calculatedAt", "inputHash"]) assert.ok(part in answer, part);
      assert.equal(answer.cached, false);
      const again = done(await invoke(me, name, demo(name)));
      assert.deepEqual({ ...again, cached: false }, answer);
      assert.equal(again.cached, true);
      assert.equal(done(await invoke(stranger, name, demo(name))).cached, false);
    });
  }

  test("chat-orchestrator", async () => {
    const me = await somebody();
    const answer = done(await invoke(me, "chat-orchestrator", demo("chat-orchestrator")));
    for (const field of ["content", "type", "severity", "actions", "followUp", "responseTime", "meta"]) assert.ok(field in answer, field);
    assert.match(answer.content, /ready/);
    const { data } = await me.client.from("assistant_conversations").select("id,response->>content").single();
    assert.deepEqual(data, { id: answer.meta.conversationId, content: answer.content });
  });

  test("chat-orchestrator, as a stream", async () => {
    const me = await somebody();
    const stream = done(await invoke(me, "chat-orchestrator", demo("chat-orchestrator"), { headers: { Accept: "text/event-stream" } }));
    assert.ok(stream instanceof Response);
    assert.equal(stream.headers.get("content-encoding"), null);
    const events = (await stream.text()).trim().split("\n\n").map((event) => event.replace(/^data: /, ""));
    assert.equal(events.pop(), "[DONE]");
    const types = events.map((event) => JSON.parse(event).type);
    assert.equal(types[0], "start");
    assert.ok(types.includes("text-delta") && types.includes("data-answer"));
  });

  test("conversation-feedback, of one's own turns alone", async () => {
    const [me, stranger] = [await somebody(), await somebody("stranger")];
    const { meta } = done(await invoke(me, "chat-orchestrator", demo("chat-orchestrator")));
    const helpful = async () => (await me.client.from("assistant_conversations").select("helpful").single()).data.helpful;
    for (const thumb of [true, false, null]) {
      done(await invoke(me, "conversation-feedback", { conversationId: meta.conversationId, helpful: thumb }));
      assert.equal(await helpful(), thumb);
    }
    await refused(await invoke(stranger, "conversation-feedback", { conversationId: meta.conversationId, helpful: true }), 404, "not_found");
    assert.equal(await helpful(), null);
  });

  test("action-confirm, by who was asked alone, and once", async () => {
    const [me, stranger] = [await somebody(), await somebody("stranger")];
    const samples = () => me.client.from("samples");
    await samples().insert({ reference: "gown", name: "Ivory gown", sku: "GWN-1", status: "delayed" });
    const status = async () => (await samples().select("status").single()).data.status;
    const answer = done(await invoke(me, "chat-orchestrator", { message: "mark GWN-1 as received", currentKit: "logistics", sessionId: randomUUID() }));
    assert.equal(answer.type, "action", JSON.stringify(answer));
    const { changes, count } = answer.meta.proposal;
    assert.deepEqual([count, changes[0].table, changes[0].old, changes[0].new], [1, "samples", "delayed", "received"]);
    const token = new URL(answer.actions.find(({ primary }) => primary).target, URL_).searchParams.get("token");
    await refused(await invoke(stranger, "action-confirm", { token }), 403, "forbidden");
    await refused(await invoke(me, "action-confirm", { token: `${token}x` }), 400, "invalid_token");
    assert.equal(await status(), "delayed");
    assert.equal(done(await invoke(me, "action-confirm", { token })).applied, true);
    assert.equal(await status(), "received");
    await refused(await invoke(me, "action-confirm", { token }), 409, "already_confirmed");
  });
});

describe("bodies", () => {
  const text = JSON.stringify(SAMPLES);
  const kinds = {
    "an object": [SAMPLES],
    "a string, sent as text/plain": [text],
    "a Blob": [new Blob([text], { type: "application/json" })],
    "a Blob of no type": [new Blob([text])],
    "an ArrayBuffer": [new TextEncoder().encode(text).buffer],
    "a content type of one's own": [text, { headers: { "Content-Type": "application/json; charset=utf-8" } }],
    "a region": [SAMPLES, { region: "eu-central-1" }],
  };
  for (const [name, [body, options]] of Object.entries(kinds)) {
    test(name, async () => {
      const answer = done(await invoke(await somebody(), "logistics-analyzer", body, options));
      assert.equal(typeof answer.readiness, "object");
    });
  }

  test("what is no document is refused", async () => {
    const me = await somebody();
    await refused(await invoke(me, "logistics-analyzer", undefined), 400, "empty_body");
    await refused(await invoke(me, "logistics-analyzer", "{"), 400, "invalid_json");
    await refused(await invoke(me, "logistics-analyzer", '{"sampleList":[],"sampleList":[]}'), 400, "duplicate_key");
    await refused(await invoke(me, "logistics-analyzer", '{"now":NaN}'), 400, "not_finite");
    await refused(await invoke(me, "logistics-analyzer", `${"[".repeat(100)}${"]".repeat(100)}`), 400, "too_deep");
    await refused(await invoke(me, "logistics-analyzer", [1, 2]), 400, "invalid_request");
    const form = new FormData();
    form.append("a", "b");
    await refused(await invoke(me, "logistics-analyzer", form), 400, "invalid_json");
    await refused(await invoke(me, "chat-orchestrator", { message: "" }), 400, "invalid_message");
    await refused(await invoke(me, "chat-orchestrator", { message: "x".repeat(2001) }), 400, "message_too_long");
  });
});

describe("refusals", () => {
  const NAMES = [
    "logistics-analyzer", "events-optimizer", "media-scorer", "recommendations", "chat-orchestrator", "action-confirm", "conversation-feedback",
  ];

  test("nobody signed in gets nothing", async () => {
    for (const name of NAMES) {
      for (const key of [PUBLISHABLE, ANON, SECRET]) {
        const { error, data } = await invoke({ client: browser({ key }) }, name, SAMPLES);
        assert.equal(data, null);
        assert.equal(error.context.status, 401, `${name} ${key.slice(0, 12)}`);
        assert.match(error.context.headers.get("www-authenticate"), /^Bearer/);
      }
    }
  });

  test("a token that is forged or signed out opens nothing", async () => {
    const { client, session } = await somebody();
    const as = (token) => ({ client: browser({ global: { headers: { Authorization: `Bearer ${token}` } } }) });
    done(await invoke(as(session.access_token), "logistics-analyzer", SAMPLES));
    await refused(await invoke(as(`${session.access_token.slice(0, -4)}AAAA`), "logistics-analyzer", SAMPLES), 401, "authentication_failed");
    await client.auth.signOut();
    await refused(await invoke(as(session.access_token), "logistics-analyzer", SAMPLES), 401, "session_ended");
  });

  test("an unknown function, and another method", async () => {
    const me = await somebody();
    const { error } = await invoke(me, "nothing-here", {});
    assert.equal(error.context.headers.get("sb-error-code"), "NOT_FOUND");
    await refused({ data: null, error }, 404, "not_found");
    await refused(await invoke(me, "nothing/below?x=1", {}), 404, "not_found");
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      await refused(await invoke(me, "logistics-analyzer", undefined, { method }), 405, "method_not_allowed");
    }
  });

  test("recommendations for another are refused", async () => {
    const [me, other] = [await somebody(), await somebody()];
    const { error } = await invoke(me, "recommendations", { recommendationType: "next_actions", userId: other.id });
    assert.ok([400, 403].includes(error.context.status));
  });

  test("an aborted call is the client's own error", async () => {
    const me = await somebody();
    const { data, error } = await invoke(me, "logistics-analyzer", SAMPLES, { signal: AbortSignal.abort() });
    assert.deepEqual([data, error.name, error.context.name], [null, "FunctionsFetchError", "AbortError"]);
  });
});

describe("headers", () => {
  test("a browser elsewhere may ask, and read the answer, refusals too", async () => {
    const url = `${URL_}/functions/v1/logistics-analyzer`;
    const origin = "https://app.example";
    const preflight = await fetch(url, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization,x-client-info,apikey,content-type,x-region" },
    });
    assert.ok([200, 204].includes(preflight.status));
    for (const name of ["authorization", "x-client-info", "apikey", "content-type", "x-region", "traceparent"]) {
      assert.ok(preflight.headers.get("access-control-allow-headers").toLowerCase().includes(name), name);
    }
    for (const path of ["logistics-analyzer", "nothing-here"]) {
      const response = await fetch(`${URL_}/functions/v1/${path}`, { method: "POST", headers: { origin } });
      assert.ok(["*", origin].includes(response.headers.get("access-control-allow-origin")), path);
      for (const name of ["x-relay-error", "sb-error-code", "retry-after"]) {
        assert.match(response.headers.get("access-control-expose-headers"), new RegExp(name, "i"));
      }
      assert.equal(response.headers.get("x-relay-error"), null);
      assert.ok(response.headers.get("x-request-id"));
    }
  });
});
