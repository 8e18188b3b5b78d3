// supabase.from(): each call of the data client, with what it returns.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";
import { ANON, PUBLISHABLE, SERVICE_ROLE, URL_, browser, noor, server, somebody, tomas } from "./people.mjs";

const WARDROBE = [
  { reference: "bag", name: "Sage, mini (bag)", status: "awaiting", color: "sage", look_ids: [], details: { n: 2 } },
  { reference: "belt", name: 'Belt "a_b%"', status: "received", color: "", look_ids: ["look 2"], details: { tag: null } },
  {
    reference: "coat", name: "Camel coat", status: "received", color: "camel", look_ids: ["l1", "look 2"],
    details: { n: 10, size: "38" }, needed_at: "2026-05-02T10:00:00+02:00",
  },
  {
    reference: "gown", name: "Ivory gown", status: "delayed", color: "ivory", is_hero: true, look_ids: ["l1", "a,b"],
    details: { size: "36", n: 1, box: { z: 1, aa: null } }, needed_at: "2026-05-01T10:00:00.120Z",
  },
];

/** Somebody new with the wardrobe above; { ..., samples } is a query on it. */
async function stylist() {
  const me = await somebody("stylist");
  done(await me.client.from("samples").insert(WARDROBE, { defaultToNull: false }), 201);
  return { ...me, samples: () => me.client.from("samples") };
}

function done(answer, status = 200) {
  assert.equal(answer.error, null);
  assert.equal(answer.status, status);
  return answer.data;
}

function refused({ data, error, status }, expected, code, message) {
  assert.deepEqual({ data, status, code: error?.code }, { data: null, status: expected, code }, JSON.stringify(error));
  if (message) assert.match(error.message, message);
  assert.deepEqual(Object.keys(error).filter((name) => !["name", "stack"].includes(name)).sort(), ["code", "details", "hint", "message"]);
  return error;
}

const references = (rows) => rows.map(({ reference }) => reference).sort().join(" ");

describe("select", () => {
  let me;
  before(async () => {
    me = await stylist();
  });
  const one = async (columns, reference = "gown") =>
    done(await me.samples().select(columns).eq("reference", reference).single());

  test("columns, aliases, casts and JSON paths", async () => {
    assert.deepEqual(await one("reference, title:name, details->>size, depth:details->box->z, box:details->box->>z, is_hero::text"), {
      reference: "gown", title: "Ivory gown", size: "36", depth: 1, box: "1", is_hero: "true",
    });
  });

  test("values as PostgreSQL writes them", async () => {
    const row = await one("*");
    assert.equal(row.needed_at, "2026-05-01T10:00:00.12+00:00");
    assert.deepEqual(row.look_ids, ["l1", "a,b"]);
    assert.deepEqual(row.details, { n: 1, box: { z: 1, aa: null }, size: "36" });
    assert.deepEqual(Object.keys(row.details), ["n", "box", "size"]);
    assert.equal(row.user_id, me.id);
    assert.equal(row.received_at, null);
    assert.equal((await one("needed_at", "coat")).needed_at, "2026-05-02T08:00:00+00:00");
    assert.deepEqual(await one("needed_at::text, look_ids::text"), {
      needed_at: "2026-05-01 10:00:00.12+00", look_ids: '{l1,"a,b"}',
    });
  });

  test("an empty select gives empty rows", async () => {
    assert.deepEqual(done(await me.samples().select("").eq("reference", "bag")).length, 1);
  });

  const refusals = {
    embedding: ["*, shots(*)", 400, "PGRST200", /relationship between 'samples' and 'shots'/],
    "an aggregate": ["details->n.sum()", 400, "PGRST123"],
    count: ["count()", 400, "PGRST123"],
    "an unknown column": ["nothing", 400, "42703", /column samples\.nothing does not exist/],
    nonsense: ["a:b:c:d(((", 400, "PGRST100"],
  };
  for (const [name, [columns, ...expected]] of Object.entries(refusals)) {
    test(`${name} is refused`, async () => void refused(await me.samples().select(columns), ...expected));
  }

  test("an unknown table is a 404 with an object", async () => {
    refused(await me.client.from("sample").select(), 404, "PGRST205", /Could not find the table 'public\.sample' in the schema cache/);
    refused(await me.client.from("accounts_user").select(), 404, "PGRST205");
  });

  test("another schema is refused", async () => {
    const error = refused(await me.client.schema("auth").from("users").select(), 406, "PGRST106", /^Invalid schema: auth$/);
    assert.match(error.hint, /public/);
  });
});

describe("filters", () => {
  let me;
  before(async () => {
    me = await stylist();
  });
  const NOON = "2026-05-01T12:00:00+00:00";
  const cases = {
    eq: [(q) => q.eq("color", "sage"), "bag"],
    "eq of an empty text": [(q) => q.eq("color", ""), "belt"],
    "neq skips NULL": [(q) => q.neq("needed_at", "2026-05-01T10:00:00.12Z"), "coat"],
    "isDistinct counts NULL": [(q) => q.isDistinct("needed_at", "2026-05-01T10:00:00.12Z"), "bag belt coat"],
    gt: [(q) => q.gt("needed_at", NOON), "coat"],
    gte: [(q) => q.gte("reference", "coat"), "coat gown"],
    lt: [(q) => q.lt("needed_at", NOON), "gown"],
    lte: [(q) => q.lte("reference", "belt"), "bag belt"],
    like: [(q) => q.like("name", "%coat"), "coat"],
    "like with escapes": [(q) => q.like("name", '%a\\_b\\%%'), "belt"],
    ilike: [(q) => q.ilike("name", "*IVORY*"), "gown"],
    likeAllOf: [(q) => q.likeAllOf("name", ["%a%", "C%"]), "coat"],
    likeAnyOf: [(q) => q.likeAnyOf("name", ["Sage%", "Ivory%"]), "bag gown"],
    ilikeAllOf: [(q) => q.ilikeAllOf("name", ["%A%", "c%"]), "coat"],
    ilikeAnyOf: [(q) => q.ilikeAnyOf("name", ["sage%", "ivory%"]), "bag gown"],
    regexMatch: [(q) => q.regexMatch("name", "^I.*n$"), "gown"],
    regexIMatch: [(q) => q.regexIMatch("name", "^i.*N$"), "gown"],
    "is null": [(q) => q.is("needed_at", null), "bag belt"],
    "is not_null": [(q) => q.filter("needed_at", "is", "not_null"), "coat gown"],
    "is false": [(q) => q.is("is_hero", false), "bag belt coat"],
    "is true": [(q) => q.is("is_hero", true), "gown"],
    in: [(q) => q.in("status", ["delayed", "awaiting"]), "bag gown"],
    "in with reserved characters": [(q) => q.in("name", ["Sage, mini (bag)", "Camel coat"]), "bag coat"],
    "in of a quote alone": [(q) => q.in("name", ['Belt "a_b%"']), "belt"],
    "in of nothing": [(q) => q.in("name", []), ""],
    notIn: [(q) => q.notIn("status", ["delayed", "awaiting"]), "belt coat"],
    "contains an array": [(q) => q.contains("look_ids", ["l1"]), "coat gown"],
    "contains a blank": [(q) => q.contains("look_ids", "{look 2}"), "belt coat"],
    "contains an object": [(q) => q.contains("details", { box: { z: 1 } }), "gown"],
    "containedBy an array": [(q) => q.containedBy("look_ids", ["look 2"]), "bag belt"],
    "containedBy an object": [(q) => q.containedBy("details", { n: 2 }), "bag"],
    overlaps: [(q) => q.overlaps("look_ids", ["look 2", "none"]), "belt coat"],
    "textSearch, plain": [(q) => q.textSearch("name", "gowns ivory", { type: "plain", config: "english" }), "gown"],
    "textSearch, phrase": [(q) => q.textSearch("name", "camel coat", { type: "phrase" }), "coat"],
    "textSearch, websearch": [(q) => q.textSearch("name", "gown or coat", { type: "websearch" }), "coat gown"],
    textSearch: [(q) => q.textSearch("name", "'ivory' & 'gown'"), "gown"],
    match: [(q) => q.match({ status: "received", color: "camel" }), "coat"],
    "not eq": [(q) => q.not("status", "eq", "received"), "bag gown"],
    "not is null": [(q) => q.not("needed_at", "is", null), "coat gown"],
    "not in": [(q) => q.not("reference", "in", "(bag,coat)"), "belt gown"],
    or: [(q) => q.or("reference.eq.bag,and(status.eq.received,look_ids.cs.{l1})"), "bag coat"],
    "or with not": [(q) => q.or('reference.eq.bag,not.or(status.eq.received,name.eq."Sage, mini (bag)")'), "bag gown"],
    filter: [(q) => q.filter("reference", "in", '("bag","coat")'), "bag coat"],
    "any of": [(q) => q.filter("reference", "eq(any)", "{bag,coat}"), "bag coat"],
    "all of": [(q) => q.filter("reference", "gt(all)", "{bag,belt}"), "coat gown"],
    imatch: [(q) => q.filter("name", "imatch", "COAT$"), "coat"],
    "not of any": [(q) => q.not("reference", "like(any)", "{b%,c%}"), "gown"],
    "a JSON path in a list": [(q) => q.in("details->>size", ["36", "40"]), "gown"],
    "a deep JSON path": [(q) => q.eq("details->box->>z", "1"), "gown"],
    "a JSON text": [(q) => q.eq("details->>size", "38"), "coat"],
    "a JSON number compares as a number": [(q) => q.gt("details->n", 2), "coat"],
    "two on one column are both meant": [(q) => q.gt("reference", "bag").lt("reference", "gown"), "belt coat"],
    "a plus is a plus": [(q) => q.eq("name", "a+b"), ""],
  };
  for (const [name, [narrow, expected]] of Object.entries(cases)) {
    test(name, async () => {
      assert.equal(references(done(await narrow(me.samples().select("reference")))), expected);
    });
  }
  for (const method of ["rangeGt", "rangeGte", "rangeLt", "rangeLte", "rangeAdjacent"]) {
    test(`${method} has no operator for these types`, async () => {
      refused(await me.samples().select()[method]("needed_at", "[2026-01-01,2026-02-01)"), 404, "42883");
    });
  }
  const refusals = {
    "no uuid": [(q) => q.eq("id", "notuuid"), 400, "22P02", /invalid input syntax for type uuid: "notuuid"/],
    "no timestamp": [(q) => q.gt("needed_at", "soon"), 400, "22007"],
    "an unknown column": [(q) => q.eq("nothing", 1), 400, "42703", /column samples\.nothing does not exist/],
    "an unknown operator": [(q) => q.filter("name", "xx", 1), 400, "PGRST100", /failed to parse filter/],
    "a pattern of a uuid": [(q) => q.like("id", "%"), 404, "42883"],
    "a long regular expression": [(q) => q.regexMatch("name", "a".repeat(201)), 400, "PGRST100"],
    "half a logic tree": [(q) => q.or("reference.eq.bag,and("), 400, "PGRST100"],
    "a filter on what is not embedded": [(q) => q.eq("shots.name", "x"), 400, "PGRST108"],
  };
  for (const [name, [narrow, ...expected]] of Object.entries(refusals)) {
    test(`${name} is refused`, async () => void refused(await narrow(me.samples().select()), ...expected));
  }
});

describe("modifiers", () => {
  let me;
  before(async () => {
    me = await stylist();
  });
  const ordered = async (...order) =>
    done(await me.samples().select("reference").order(...order).order("reference")).map(({ reference }) => reference).join(" ");

  test("order", async () => {
    assert.equal(await ordered("reference", { ascending: false }), "gown coat belt bag");
    assert.equal(await ordered("needed_at"), "gown coat bag belt");
    assert.equal(await ordered("needed_at", { ascending: false }), "bag belt coat gown");
    assert.equal(await ordered("needed_at", { ascending: false, nullsFirst: false }), "coat gown bag belt");
    assert.equal(await ordered("details->n", { nullsFirst: true }), "belt gown bag coat");
  });

  test("limit and range", async () => {
    const rows = () => me.samples().select("reference").order("reference");
    assert.equal(references(done(await rows().limit(2))), "bag belt");
    assert.deepEqual(done(await rows().limit(0)), []);
    assert.equal(references(done(await rows().range(1, 2))), "belt coat");
    assert.deepEqual(done(await rows().range(100, 110)), []);
  });

  test("single", async () => {
    assert.deepEqual(done(await me.samples().select("name").eq("reference", "coat").single()), { name: "Camel coat" });
    const none = refused(await me.samples().select().eq("reference", "x").single(), 406, "PGRST116", /Cannot coerce the result to a single JSON object/);
    assert.equal(none.details, "The result contains 0 rows");
    assert.equal(refused(await me.samples().select().single(), 406, "PGRST116").details, "The result contains 4 rows");
  });

  test("maybeSingle", async () => {
    assert.equal(done(await me.samples().select().eq("reference", "x").maybeSingle()), null);
    assert.deepEqual(done(await me.samples().select("name").eq("reference", "coat").maybeSingle()), { name: "Camel coat" });
    refused(await me.samples().select().maybeSingle(), 406, "PGRST116");
  });

  test("csv", async () => {
    const text = done(await me.samples().select("reference,name,is_hero,needed_at,look_ids").order("reference").csv());
    assert.equal(text, [
      "reference,name,is_hero,needed_at,look_ids",
      'bag,"Sage, mini (bag)",f,,{}',
      'belt,"Belt ""a_b%""",f,,"{""look 2""}"',
      'coat,"Camel coat",f,"2026-05-02 08:00:00+00","{l1,""look 2""}"',
      'gown,"Ivory gown",t,"2026-05-01 10:00:00.12+00","{l1,""a,b""}"',
    ].join("\n"));
  });

  test("stripNulls", async () => {
    const rows = done(await me.samples().select("reference,received_at,details").eq("reference", "gown").stripNulls());
    assert.deepEqual(rows, [{ reference: "gown", details: { n: 1, box: { z: 1 }, size: "36" } }]);
    assert.deepEqual(done(await me.samples().select("reference,received_at").eq("reference", "gown").stripNulls().single()), { reference: "gown" });
  });

  test("explain and geojson are not offered", async () => {
    refused(await me.samples().select().explain(), 406, "PGRST107");
    refused(await me.samples().select().geojson(), 406, "PGRST107");
  });

  test("count", async () => {
    for (const count of ["exact", "planned", "estimated"]) {
      assert.equal((await me.samples().select("*", { count })).count, 4);
    }
    const page = await me.samples().select("reference", { count: "exact" }).order("reference").range(1, 2);
    assert.deepEqual([page.status, page.count, references(page.data)], [206, 4, "belt coat"]);
    const whole = await me.samples().select("reference", { count: "exact" });
    assert.deepEqual([whole.status, whole.count], [200, 4]);
    const none = await me.samples().select("*", { count: "exact" }).eq("name", "x");
    assert.deepEqual([none.status, none.count, none.data], [200, 0, []]);
    assert.equal((await me.samples().select()).count, null);
  });

  test("head", async () => {
    const head = await me.samples().select("*", { count: "exact", head: true });
    assert.deepEqual([head.status, head.count, head.data, head.error], [200, 4, null, null]);
  });

  test("an offset past the end, with count", async () => {
    const error = refused(await me.samples().select("*", { count: "exact" }).range(100, 110), 416, "PGRST103", /^Requested range not satisfiable$/);
    assert.equal(error.details, "An offset of 100 was requested, but there are only 4 rows.");
    const end = await me.samples().select("*", { count: "exact" }).range(4, 10);
    assert.deepEqual([end.status, end.count, end.data], [206, 4, []]);
  });

  test("throwOnError throws what would be the error", async () => {
    await assert.rejects(async () => me.samples().select("nothing").throwOnError(), { name: "PostgrestError", code: "42703" });
  });

  test("abortSignal ends the wait", async () => {
    const answer = await me.samples().select().abortSignal(AbortSignal.abort());
    assert.equal(answer.data, null);
    assert.match(answer.error.message, /abort/i);
  });
});

describe("insert", () => {
  test("one row", async () => {
    const { samples, id } = await stylist();
    const answer = await samples().insert({ reference: "hat", name: "Hat" });
    assert.deepEqual([answer.status, answer.data, answer.count, answer.error], [201, null, null, null]);
    const row = done(await samples().select("name,status,user_id,is_hero,details,look_ids").eq("reference", "hat").single());
    assert.deepEqual(row, { name: "Hat", status: "awaiting", user_id: id, is_hero: false, details: {}, look_ids: [] });
  });

  test("with select() and single()", async () => {
    const { samples } = await stylist();
    const row = done(await samples().insert({ reference: "hat", name: "Hat" }).select("reference, n:name").single(), 201);
    assert.deepEqual(row, { reference: "hat", n: "Hat" });
  });

  test("many, with and without defaults", async () => {
    const { samples } = await stylist();
    const rows = [{ reference: "a", name: "A", is_hero: true }, { reference: "b", needed_at: "2026-06-01T00:00:00Z" }];
    const answer = await samples().insert(rows, { count: "exact", defaultToNull: false }).select("reference,is_hero,name");
    assert.equal(answer.count, 2);
    assert.deepEqual(done(answer, 201), [
      { reference: "a", is_hero: true, name: "A" },
      { reference: "b", is_hero: false, name: "" },
    ]);
    assert.equal(done(await samples().insert([{ reference: "c" }, { name: "D" }]).select("id"), 201).length, 2);
  });

  test("refusals, and nothing is kept", async () => {
    const { samples } = await stylist();
    const twice = refused(await samples().insert({ reference: "gown" }), 409, "23505", /duplicate key value violates unique constraint/);
    assert.match(twice.details, /already exists/);
    refused(await samples().insert({ nothing: 1 }), 400, "PGRST204", /Could not find the 'nothing' column of 'samples' in the schema cache/);
    refused(await samples().insert([{ nothing: 1 }]), 400, "PGRST204");
    refused(await samples().insert({ id: "notuuid" }), 400, "22P02");
    refused(await samples().insert({ status: "melted" }), 400, "23514");
    refused(await samples().insert({ user_id: randomUUID() }), 403, "42501", /new row violates row-level security policy for table "samples"/);
    refused(await samples().insert([{ reference: "new" }, { reference: "gown" }]), 409, "23505");
    refused(await samples().insert([{ reference: "new" }, { reference: "newer" }]).select().single(), 406, "PGRST116");
    assert.equal((await samples().select("*", { count: "exact" })).count, 4);
  });
});

describe("upsert", () => {
  test("merges", async () => {
    const { samples } = await stylist();
    const rows = [{ reference: "gown", name: "Gown II" }, { reference: "hat", name: "Hat" }];
    const answer = await samples().upsert(rows, { onConflict: "user_id,reference", count: "exact" }).select("reference,name,color");
    assert.deepEqual(done(answer, 201).sort((a, b) => (a.reference < b.reference ? -1 : 1)), [
      { reference: "gown", name: "Gown II", color: "ivory" },
      { reference: "hat", name: "Hat", color: "" },
    ]);
    assert.equal(answer.count, 2);
  });

  test("that only updated is a 200", async () => {
    const { samples } = await stylist();
    const { id } = done(await samples().select("id").eq("reference", "gown").single());
    assert.deepEqual(done(await samples().upsert({ id, name: "Gown III" }).select("name").single()), { name: "Gown III" });
  });

  test("ignores", async () => {
    const { samples } = await stylist();
    const rows = [{ reference: "gown", name: "Gown II" }, { reference: "hat", name: "Hat" }];
    const answer = await samples().upsert(rows, { onConflict: "user_id,reference", ignoreDuplicates: true }).select("reference");
    assert.equal(references(done(answer, 201)), "hat");
    assert.equal(done(await samples().select("name").eq("reference", "gown").single()).name, "Ivory gown");
  });

  test("needs a unique index", async () => {
    const { samples } = await stylist();
    refused(await samples().upsert({ name: "x" }, { onConflict: "name" }), 400, "42P10");
  });

  test("does not take another's row", async () => {
    const [me, stranger] = [await stylist(), await stylist()];
    const { id } = done(await me.samples().select("id").eq("reference", "gown").single());
    const { data, error } = await stranger.samples().upsert({ id, name: "Mine now" }).select();
    assert.deepEqual([data, error !== null], [null, true]);
    assert.equal(done(await me.samples().select("name").eq("id", id).single()).name, "Ivory gown");
  });

  test("refuses another's row as row level security does", async () => {
    const [me, stranger] = [await stylist(), await stylist()];
    const { id } = done(await me.samples().select("id").eq("reference", "gown").single());
    refused(await stranger.samples().upsert({ id, name: "Mine now" }), 403, "42501");
  });
});

describe("update", () => {
  test("of some rows", async () => {
    const { samples } = await stylist();
    const answer = await samples().update({ location: "Studio 2" }, { count: "exact" }).eq("status", "received");
    assert.deepEqual([answer.status, answer.data, answer.count, answer.error], [204, null, 2, null]);
    assert.equal(references(done(await samples().select("reference").eq("location", "Studio 2"))), "belt coat");
    const rows = done(await samples().update({ location: "Studio 3" }).eq("reference", "gown").select("reference,location"));
    assert.deepEqual(rows, [{ reference: "gown", location: "Studio 3" }]);
  });

  test("a change of status keeps its history", async () => {
    const { client, samples } = await stylist();
    const { id } = done(await samples().update({ status: "received" }).eq("reference", "gown").select("id").single());
    const changes = done(await client.from("status_changes").select("old_status,new_status").eq("record_id", id).order("id"));
    assert.deepEqual(changes.at(-1), { old_status: "delayed", new_status: "received" });
  });

  test("of no row is no error", async () => {
    const { samples } = await stylist();
    const answer = await samples().update({ name: "x" }).eq("reference", "none");
    assert.deepEqual([answer.status, answer.data, answer.error], [204, null, null]);
    assert.deepEqual(done(await samples().update({ name: "x" }).eq("reference", "none").select()), []);
  });

  test("refusals, and nothing changes", async () => {
    const { samples } = await stylist();
    const all = async () => done(await samples().select().order("reference"));
    const before = await all();
    refused(await samples().update({ user_id: randomUUID() }).eq("reference", "gown"), 403, "42501");
    refused(await samples().update({ nothing: 1 }).eq("reference", "gown"), 400, "PGRST204");
    refused(await samples().update({ name: "x" }).eq("status", "received").select().single(), 406, "PGRST116");
    const many = refused(await samples().update({ name: "x" }).neq("reference", "gown").maxAffected(2), 400, "PGRST124");
    assert.equal(many.details, "The query affects 3 rows");
    assert.deepEqual(await all(), before);
  });

  test("a value that is no timestamp is PostgreSQL's 22007", async () => {
    const { samples } = await stylist();
    refused(await samples().update({ needed_at: "soon" }).eq("reference", "gown"), 400, "22007");
    refused(await samples().insert({ needed_at: "soon" }), 400, "22007");
  });

  test("a limit on a change is refused", async () => {
    const { samples } = await stylist();
    refused(await samples().update({ name: "x" }).gte("reference", "").order("reference").limit(1), 400, "PGRST100");
    assert.equal((await samples().select("*", { count: "exact", head: true }).eq("name", "x")).count, 0);
  });

  test("maxAffected lets through what is few enough", async () => {
    const { samples } = await stylist();
    done(await samples().update({ name: "x" }).eq("reference", "gown").maxAffected(1), 204);
  });
});

describe("delete", () => {
  test("some rows", async () => {
    const { samples } = await stylist();
    const answer = await samples().delete({ count: "exact" }).eq("status", "received");
    assert.deepEqual([answer.status, answer.data, answer.count, answer.error], [204, null, 2, null]);
    assert.equal(references(done(await samples().delete().eq("reference", "gown").select("reference"))), "gown");
    assert.equal(references(done(await samples().select("reference"))), "bag");
    assert.deepEqual(done(await samples().delete().eq("reference", "gown").select()), []);
  });

  test("too many are left", async () => {
    const { samples } = await stylist();
    refused(await samples().delete().gte("reference", "").maxAffected(1), 400, "PGRST124");
    assert.equal((await samples().select("*", { count: "exact" })).count, 4);
  });
});

describe("rollback", () => {
  test("is not offered: the write stands", async () => {
    const { samples } = await stylist();
    done(await samples().insert({ reference: "hat" }).rollback(), 201);
    assert.equal((await samples().select("*", { count: "exact", head: true })).count, 5);
  });
});

describe("getOpenApiSpec", () => {
  test("is not offered", async () => {
    const response = await fetch(`${URL_}/rest/v1/`, { headers: { apikey: PUBLISHABLE } });
    assert.deepEqual([response.status, (await response.json()).code], [404, "PGRST126"]);
  });
});

describe("rpc", () => {
  test("there are no functions", async () => {
    const { client } = await somebody();
    const message = /Could not find the function public\.sum_up/;
    refused(await client.rpc("sum_up"), 404, "PGRST202", message);
    refused(await client.rpc("sum_up", { b: 1, a: [1, 2] }), 404, "PGRST202", /public\.sum_up\(a, b\)/);
    refused(await client.rpc("sum_up", { a: [1, 2] }, { get: true }), 404, "PGRST202", message);
    refused(await client.rpc("fashionos_user_id"), 404, "PGRST202");
    const head = await client.rpc("sum_up", {}, { head: true });
    assert.equal(head.data, null);
  });
});

describe("the four tables", () => {
  test("assistant_conversations: one's own are added and read, never changed", async () => {
    const { client, id } = await somebody();
    const turns = () => client.from("assistant_conversations");
    const turn = { message: "are we ready?", response: { type: "text", actions: [{ label: "Open" }] }, session_id: randomUUID() };
    done(await turns().insert(turn), 201);
    const kept = done(await turns().select("user_id,message,response,first:response->actions->0->>label,helpful").single());
    assert.deepEqual(kept, { user_id: id, message: turn.message, response: turn.response, first: "Open", helpful: null });
    refused(await turns().update({ message: "x" }).eq("user_id", id), 403, "42501", /permission denied for table assistant_conversations/);
    refused(await turns().delete().eq("user_id", id), 403, "42501");
    assert.equal(done(await turns().select("message").single()).message, turn.message);
  });

  test("assistant_insights: read, not written", async () => {
    const { client, id } = await somebody();
    const { error } = await client.functions.invoke("logistics-analyzer", { body: { sampleList: [{ id: "1", status: "received" }] } });
    assert.equal(error, null);
    const insights = () => client.from("assistant_insights");
    const rows = done(await insights().select("user_id,cache_hit_count"));
    assert.deepEqual(rows, [{ user_id: id, cache_hit_count: 0 }]);
    refused(await insights().insert({ user_id: id }), 403, "42501");
    refused(await insights().update({ cache_hit_count: 9 }).eq("user_id", id), 403, "42501");
    refused(await insights().delete().eq("user_id", id), 403, "42501");
    assert.deepEqual(done(await insights().select("user_id,cache_hit_count")), rows);
  });

  test("analytics_events: added, without reading them", async () => {
    const { client, id } = await somebody();
    const events = () => client.from("analytics_events");
    done(await events().insert({ event_type: "click", event_data: { a: 1 } }), 201);
    refused(await events().insert({ event_type: "click" }).select(), 403, "42501");
    assert.deepEqual(done(await events().select()), []);
    const many = Array.from({ length: 1000 }, (_, n) => ({ event_type: "scroll", event_data: { n } }));
    done(await events().insert(many), 201);
    const { data, count } = await server().from("analytics_events").select("id", { count: "exact" }).eq("user_id", id);
    assert.deepEqual([data.length, count], [1000, 1001]);
  });

  test("user_preferences: one row of one's own", async () => {
    const { client, id } = await somebody();
    const mine = () => client.from("user_preferences");
    assert.equal(done(await mine().select().single()).user_id, id);
    const saved = done(await mine().upsert({ user_id: id, default_kit: "events", kit_order: ["a", "b c"] }).select().single());
    assert.deepEqual([saved.default_kit, saved.kit_order], ["events", ["a", "b c"]]);
    done(await mine().update({ notification_preferences: { email: false } }).eq("user_id", id), 204);
    assert.deepEqual(done(await mine().select("notification_preferences,default_kit").single()), { notification_preferences: { email: false }, default_kit: "events" });
    refused(await mine().upsert({ user_id: randomUUID(), default_kit: "events" }), 403, "42501");
  });
});

describe("headers", () => {
  test("say what PostgREST's say", async () => {
    const { session } = await stylist();
    const ask = (query, { method = "GET", body, ...headers } = {}) =>
      fetch(`${URL_}/rest/v1/samples?${query}`, {
        method, body, headers: { apikey: PUBLISHABLE, authorization: `Bearer ${session.access_token}`, "content-type": "application/json", ...headers },
      });
    const told = async (name, ...request) => (await ask(...request)).headers.get(name);
    assert.equal(await told("content-range", "limit=2"), "0-1/*");
    assert.equal(await told("content-range", "limit=2&offset=1", { prefer: "count=exact" }), "1-2/4");
    assert.equal(await told("content-range", "name=eq.x"), "*/*");
    assert.equal(await told("content-range", "name=eq.x", { prefer: "count=exact" }), "*/0");
    assert.equal(await told("content-range", "offset=9", { prefer: "count=exact" }), "*/4");
    assert.equal(await told("content-range", "limit=2", { method: "HEAD", prefer: "count=exact" }), "0-1/4");
    assert.equal(await told("content-type", "limit=1"), "application/json; charset=utf-8");
    assert.equal(await told("content-type", "limit=1", { accept: "text/csv" }), "text/csv; charset=utf-8");
    assert.equal(await told("content-type", "limit=1", { accept: "application/vnd.pgrst.object+json" }), "application/vnd.pgrst.object+json; charset=utf-8");
    assert.equal(await told("proxy-status", "nothing=eq.1"), "PostgREST; error=42703");
    assert.match(await told("www-authenticate", "", { authorization: "Bearer not.a.token" }), /^Bearer error="invalid_token"/);
    const change = { method: "PATCH", body: '{"location":"x"}', prefer: "count=exact, return=representation" };
    const changed = await ask("status=eq.received", change);
    assert.deepEqual([changed.status, changed.headers.get("content-range")], [200, "0-1/2"]);
    assert.deepEqual(changed.headers.get("preference-applied").split(/, ?/).sort(), ["count=exact", "return=representation"]);
    assert.equal(await told("content-range", "status=eq.shot", { method: "DELETE" }), "*/*");
    const strict = await ask("", { prefer: "handling=strict, nonsense=1" });
    assert.deepEqual([strict.status, (await strict.json()).code], [400, "PGRST122"]);
    const put = await ask("", { method: "PUT", body: "{}" });
    assert.deepEqual([put.status, (await put.json()).code], [405, "PGRST117"]);
  });
});

describe("whose rows", () => {
  const TABLES = {
    samples: { name: "taken" }, events: { name: "taken" }, event_tasks: { title: "taken" }, assets: { file_name: "taken" },
    shots: { name: "taken" }, user_preferences: { default_kit: "events" },
  };

  test("a stranger sees, changes and removes nothing of the production", async () => {
    const owner = await noor();
    const stranger = await somebody("stranger");
    for (const [table, values] of Object.entries(TABLES)) {
      const all = async () => done(await owner.client.from(table).select().eq(table === "event_tasks" ? "status" : "user_id", table === "event_tasks" ? "done" : owner.id));
      const before = await all();
      assert.notEqual(before.length, 0, table);
      const ids = before.slice(0, 20).map((row) => row.id ?? row.user_id);
      const key = table === "user_preferences" ? "user_id" : "id";
      const theirs = () => stranger.client.from(table);
      assert.deepEqual(done(await theirs().select().in(key, ids)), [], table);
      assert.equal((await theirs().select("*", { count: "exact", head: true }).in(key, ids)).count, 0, table);
      assert.deepEqual(done(await theirs().update(values).in(key, ids).select()), [], table);
      const removal = await theirs().delete({ count: "exact" }).in(key, ids);
      if (removal.error) assert.equal(removal.error.code, "42501", table);
      else assert.deepEqual([removal.status, removal.count], [204, 0], table);
      assert.deepEqual(await all(), before, table);
    }
    refused(await stranger.client.from("samples").insert({ user_id: owner.id, name: "planted" }), 403, "42501");
    const [event] = done(await owner.client.from("events").select("id"));
    refused(await stranger.client.from("event_tasks").insert({ event_id: event.id, title: "planted" }), 403, "42501");
    refused(await stranger.client.from("event_members").insert({ event_id: event.id, user_id: stranger.id }), 403, "42501");
  });

  test("a member sees the event, not the samples", async () => {
    const [owner, colleague] = [await noor(), await tomas()];
    const [event] = done(await owner.client.from("events").select("id,name"));
    assert.deepEqual(done(await colleague.client.from("events").select("id,name")), [event]);
    assert.notEqual(done(await colleague.client.from("event_tasks").select("id")).length, 0);
    assert.deepEqual(done(await colleague.client.from("samples").select().eq("user_id", owner.id)), []);
    assert.deepEqual(done(await colleague.client.from("events").update({ name: "taken" }).eq("id", event.id).select()), []);
  });

  test("without anybody signed in there is nothing to read or write", async () => {
    for (const key of [PUBLISHABLE, ANON]) {
      const nobody = browser({ key });
      assert.deepEqual(done(await nobody.from("samples").select()), []);
      refused(await nobody.from("samples").insert({ name: "x" }), 401, "42501");
      refused(await nobody.from("analytics_events").insert({ event_type: "x" }), 401, "42501");
    }
  });

  test("the server sees all, but no conversation", async () => {
    const me = await stylist();
    done(await me.client.from("assistant_conversations").insert({ message: "secret", response: {} }), 201);
    for (const key of [undefined, SERVICE_ROLE]) {
      const all = server(key ? { key } : {});
      assert.equal(references(done(await all.from("samples").select("reference").eq("user_id", me.id))), "bag belt coat gown");
      const { data } = await all.from("assistant_conversations").select("message").eq("user_id", me.id);
      assert.deepEqual(data ?? [], []);
    }
    done(await server().from("samples").insert({ user_id: me.id, reference: "hat" }), 201);
    assert.equal((await me.samples().select("*", { count: "exact", head: true })).count, 5);
  });

  test("keys and tokens that are none", async () => {
    const wrong = await browser({ key: "sb_publishable_wrong" }).from("samples").select();
    assert.deepEqual([wrong.status, wrong.error.message], [401, "Invalid API key"]);
    const forged = browser({ global: { headers: { Authorization: "Bearer not.a.token" } } });
    refused(await forged.from("samples").select(), 401, "PGRST301");
    const { session, samples } = await stylist();
    const [head, body] = session.access_token.split(".");
    const resigned = browser({ global: { headers: { Authorization: `Bearer ${head}.${body}.${"A".repeat(86)}` } } });
    refused(await resigned.from("samples").select(), 401, "PGRST301");
    assert.equal(done(await samples().select()).length, 4);
    const keyless = await fetch(`${URL_}/rest/v1/samples`);
    assert.equal(keyless.status, 401);
    assert.equal((await keyless.json()).message, "No API key found in request");
  });
});
