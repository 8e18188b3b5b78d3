// supabase.storage: each call of the storage client, with what it returns.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { before, describe, test } from "node:test";
import { ANON, SERVICE_ROLE, URL_, browser, server, somebody } from "./people.mjs";

const admin = server();

/** A bucket of the test's own, by the secret key; its name. */
async function bucket(options = { public: false }) {
  const name = `bucket ${randomUUID()}`;
  done(await admin.storage.createBucket(name, options));
  return name;
}

/** Somebody new with a bucket: { ..., files, name: (what) => a name in their folder }. */
async function photographer(options) {
  const me = await somebody("photographer");
  const place = await bucket(options);
  return { ...me, place, files: me.client.storage.from(place), name: (what) => `${me.id}/${what}` };
}

function done({ data, error }) {
  assert.equal(error, null, JSON.stringify(error));
  return data;
}

/** The client shows HTTP 400, and the real status as text. */
function refused({ data, error }, statusCode, code, message) {
  assert.equal(data, null);
  assert.deepEqual({ status: error.status, statusCode: error.statusCode, code: error.code }, { status: 400, statusCode, code });
  if (message) assert.equal(error.message, message);
}

const text = async (answer) => done(await answer).text();
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("buckets", () => {
  test("created, read, listed, updated, emptied, deleted", async () => {
    const name = `bucket-${randomUUID()}`;
    const created = await admin.storage.createBucket(name, { public: false, fileSizeLimit: "1mb", allowedMimeTypes: ["image/*"] });
    assert.deepEqual(done(created), { name });
    const found = done(await admin.storage.getBucket(name));
    const { created_at: createdAt, updated_at: updatedAt, ...rest } = found;
    assert.deepEqual(rest, { id: name, name, owner: "", public: false, file_size_limit: 1_000_000, allowed_mime_types: ["image/*"] });
    assert.match(createdAt, ISO);
    assert.match(updatedAt, ISO);
    assert.deepEqual(done(await admin.storage.listBuckets()).find(({ id }) => id === name), found);
    assert.deepEqual(done(await admin.storage.listBuckets({ search: name, limit: 1, sortColumn: "name", sortOrder: "desc" })), [found]);
    assert.deepEqual(done(await admin.storage.updateBucket(name, { public: true, fileSizeLimit: null, allowedMimeTypes: null })), { message: "Successfully updated" });
    assert.deepEqual(done(await admin.storage.getBucket(name)).public, true);
    done(await admin.storage.from(name).upload("a.txt", "x"));
    refused(await admin.storage.deleteBucket(name), "409", "ResourceNotEmpty");
    assert.deepEqual(done(await admin.storage.emptyBucket(name)), { message: "Empty bucket has been queued. Completion may take up to an hour." });
    assert.deepEqual(done(await admin.storage.deleteBucket(name)), { message: "Successfully deleted" });
    refused(await admin.storage.getBucket(name), "404", "NoSuchBucket", "Bucket not found");
  });

  test("what is refused", async () => {
    const name = await bucket();
    const me = await somebody("photographer");
    refused(await admin.storage.createBucket(name), "409", "BucketAlreadyExists", "The resource already exists");
    refused(await me.client.storage.createBucket("mine"), "403", "AccessDenied");
    refused(await me.client.storage.updateBucket(name, { public: true }), "403", "AccessDenied");
    refused(await me.client.storage.emptyBucket(name), "403", "AccessDenied");
    refused(await me.client.storage.deleteBucket(name), "403", "AccessDenied");
    refused(await browser().storage.getBucket(name), "404", "NoSuchBucket");
    refused(await admin.storage.createBucket("a/b"), "400", "InvalidBucketName");
    refused(await admin.storage.createBucket("b", { public: false, fileSizeLimit: "lots" }), "400", "InvalidRequest");
  });

  test("the legacy service_role key makes them too, the anon key does not", async () => {
    const name = `legacy-${randomUUID()}`;
    done(await browser({ key: SERVICE_ROLE }).storage.createBucket(name));
    refused(await browser({ key: ANON }).storage.createBucket(`${name}2`), "403", "AccessDenied");
  });
});

describe("upload", () => {
  let me;
  before(async () => {
    me = await photographer();
  });

  test("a Blob, as a form", async () => {
    const name = me.name("look 1.txt");
    const answer = await me.files.upload(name, new Blob(["hi"], { type: "text/plain" }), { cacheControl: "60", metadata: { a: 1 }, upsert: true });
    const { id, ...rest } = done(answer);
    assert.deepEqual(rest, { path: name, fullPath: `${me.place}/${name}` });
    assert.equal(await text(me.files.download(name)), "hi");
    const info = done(await me.files.info(name));
    assert.deepEqual(
      { id: info.id, size: info.size, contentType: info.contentType, cacheControl: info.cacheControl, metadata: info.metadata },
      { id, size: 2, contentType: "text/plain", cacheControl: "max-age=60", metadata: { a: 1 } },
    );
  });

  test("a FormData of one's own, and a File", async () => {
    const form = new FormData();
    form.append("cacheControl", "120");
    form.append("", new File(["in a form"], "look.txt", { type: "text/plain" }));
    done(await me.files.upload(me.name("form.txt"), form));
    assert.equal(await text(me.files.download(me.name("form.txt"))), "in a form");
    assert.equal(done(await me.files.info(me.name("form.txt"))).cacheControl, "max-age=120");
    done(await me.files.upload(me.name("file.txt"), new File(["a file"], "x.txt", { type: "text/csv" })));
    assert.equal(done(await me.files.info(me.name("file.txt"))).contentType, "text/csv");
  });

  const bodies = {
    "a string": () => "hello",
    "a Buffer": () => Buffer.from("hello"),
    "an ArrayBuffer": () => new TextEncoder().encode("hello").buffer,
    "a typed array": () => new TextEncoder().encode("hello"),
    URLSearchParams: () => new URLSearchParams("hello"),
    "a web stream": () => new Blob(["hel", "lo"]).stream(),
    "a Node stream": () => Readable.from([Buffer.from("hel"), Buffer.from("lo")]),
  };
  for (const [kind, body] of Object.entries(bodies)) {
    test(`${kind}, as it is`, async () => {
      const name = me.name(`${kind}.md`);
      done(await me.files.upload(name, body(), { contentType: "text/markdown", metadata: { é: [1] } }));
      assert.equal(await text(me.files.download(name)), kind === "URLSearchParams" ? "hello=" : "hello");
      const info = done(await me.files.info(name));
      assert.deepEqual([info.contentType, info.cacheControl, info.metadata], ["text/markdown", "max-age=3600", { é: [1] }]);
    });
  }

  test("raw without a type is text", async () => {
    done(await me.files.upload(me.name("raw"), "hello"));
    assert.equal(done(await me.files.info(me.name("raw"))).contentType, "text/plain;charset=UTF-8");
  });

  test("encoded bytes are decoded by who downloads them", async () => {
    const { gzipSync } = await import("node:zlib");
    done(await me.files.upload(me.name("a.txt.gz"), gzipSync("hello"), { contentType: "text/plain", contentEncoding: "gzip" }));
    assert.equal(await text(me.files.download(me.name("a.txt.gz"))), "hello");
  });

  test("empty folders are left out, odd names are kept", async () => {
    assert.equal(done(await me.files.upload(`/${me.id}//a/`, "x")).path, me.name("a"));
    for (const odd of ["été 100%.txt", "a+b&c=d.txt", "東京/🧵.txt", "(1) it's [x].txt"]) {
      done(await me.files.upload(me.name(odd), odd));
      assert.equal(await text(me.files.download(me.name(odd))), odd);
      assert.equal(done(await me.files.info(me.name(odd))).name, me.name(odd));
    }
  });

  test("a name is taken, unless upsert or update", async () => {
    const name = me.name("twice.txt");
    const { id } = done(await me.files.upload(name, "one"));
    refused(await me.files.upload(name, "two"), "409", "KeyAlreadyExists", "The resource already exists");
    assert.equal(await text(me.files.download(name)), "one");
    assert.equal(done(await me.files.upload(name, new Blob(["three"]), { upsert: true })).id, id);
    assert.equal(done(await me.files.update(name, "four")).id, id);
    assert.equal(await text(me.files.download(name)), "four");
    done(await me.files.update(me.name("new.txt"), "five"));
  });

  test("what the bucket does not take", async () => {
    const small = await photographer({ public: false, fileSizeLimit: 10, allowedMimeTypes: ["text/*"] });
    refused(await small.files.upload(small.name("a"), "x".repeat(11)), "413", "EntityTooLarge", "The object exceeded the maximum allowed size");
    refused(await small.files.upload(small.name("a"), new Blob(["x".repeat(11)], { type: "text/plain" })), "413", "EntityTooLarge");
    refused(await small.files.upload(small.name("a"), "x", { contentType: "image/png" }), "415", "InvalidMimeType", "mime type image/png is not supported");
    refused(await small.files.upload(small.name("a"), new Blob(["x"], { type: "image/png" })), "415", "InvalidMimeType");
    assert.deepEqual(done(await small.files.list(small.id)), []);
  });

  test("where one has nothing to put", async () => {
    refused(await me.files.upload("a.txt", "x"), "403", "AccessDenied");
    refused(await me.files.upload(`${randomUUID()}/a.txt`, "x"), "403", "AccessDenied");
    refused(await browser().storage.from(me.place).upload(me.name("b.txt"), "x"), "403", "AccessDenied");
    refused(await me.client.storage.from("nowhere").upload(me.name("b.txt"), "x"), "404", "NoSuchBucket", "Bucket not found");
    refused(await me.files.upload(me.name("a\\..\\\u0001"), "x"), "400", "InvalidKey");
  });
});

describe("download, info, exists", () => {
  let me, name;
  before(async () => {
    me = await photographer();
    name = me.name("film.txt");
    done(await me.files.upload(name, "0123456789"));
  });

  test("bytes, as a Blob or a stream", async () => {
    const blob = done(await me.files.download(name));
    assert.deepEqual([await blob.text(), blob.type], ["0123456789", "text/plain;charset=utf-8"]);
    const stream = done(await me.files.download(name).asStream());
    assert.equal(await new Response(stream).text(), "0123456789");
  });

  test("all that is known", async () => {
    const info = done(await me.files.info(name));
    assert.deepEqual(Object.keys(info).sort(), [
      "bucketId", "cacheControl", "contentType", "createdAt", "etag", "id", "lastModified", "metadata", "name", "size", "version",
    ]);
    assert.deepEqual([info.name, info.bucketId, info.size, info.metadata], [name, me.place, 10, {}]);
    assert.match(info.lastModified, ISO);
  });

  test("there or not", async () => {
    assert.equal(done(await me.files.exists(name)), true);
    const { data, error } = await me.files.exists(me.name("nothing"));
    assert.deepEqual([data, error.code, error.statusCode], [false, "NoSuchKey", "404"]);
  });

  test("of a version", async () => {
    const { version } = done(await me.files.info(name));
    assert.equal(await text(me.files.download(name, { versionId: version })), "0123456789");
    refused(await me.files.info(name, { versionId: randomUUID() }), "404", "NoSuchKey");
  });

  test("nothing of others'", async () => {
    const other = await somebody("stranger");
    const theirs = other.client.storage.from(me.place);
    refused(await theirs.download(name), "404", "NoSuchKey", "Object not found");
    refused(await theirs.info(name), "404", "NoSuchKey");
    assert.equal((await theirs.exists(name)).data, false);
    assert.deepEqual(done(await theirs.list(me.id)), []);
    assert.deepEqual(done(await theirs.remove([name])), []);
    refused(await theirs.createSignedUrl(name, 60), "404", "NoSuchKey");
    refused(await theirs.update(name, "mine"), "403", "AccessDenied");
    assert.equal(await text(me.files.download(name)), "0123456789");
  });

  test("parts, and what one has already", async () => {
    const url = `${URL_}/storage/v1/object/${encodeURI(`${me.place}/${name}`)}`;
    const authorization = `Bearer ${me.session.access_token}`;
    const ask = (headers, method = "GET") => fetch(url, { method, headers: { authorization, ...headers } });
    const whole = await ask({});
    const etag = whole.headers.get("etag");
    assert.equal(await whole.text(), "0123456789");
    const part = await ask({ range: "bytes=-3" });
    assert.deepEqual([part.status, part.headers.get("content-range"), await part.text()], [206, "bytes 7-9/10", "789"]);
    const behind = await ask({ range: "bytes=10-" });
    assert.deepEqual([behind.status, (await behind.json()).code], [416, "InvalidRange"]);
    assert.equal((await ask({ "if-none-match": etag })).status, 304);
    assert.equal((await ask({ "if-modified-since": whole.headers.get("last-modified") })).status, 304);
    assert.equal((await ask({ "if-range": '"other"', range: "bytes=0-1" })).status, 200);
    const head = await ask({}, "HEAD");
    assert.deepEqual([head.status, head.headers.get("content-length"), head.headers.get("etag")], [200, "10", etag]);
  });
});

describe("list", () => {
  let me;
  before(async () => {
    me = await photographer();
    for (const name of ["b.txt", "a.txt", "looks/1.txt", "looks/2.txt", "looks/deep/3.txt"]) {
      done(await me.files.upload(me.name(name), name));
    }
  });

  test("folders with nothing but a name, then files", async () => {
    const [folder, first, second] = done(await me.files.list(me.id));
    assert.deepEqual(folder, { name: "looks", id: null, updated_at: null, created_at: null, last_accessed_at: null, metadata: null });
    assert.deepEqual([first.name, second.name], ["a.txt", "b.txt"]);
    assert.deepEqual(Object.keys(first.metadata).sort(), [
      "cacheControl", "contentLength", "eTag", "httpStatusCode", "lastModified", "mimetype", "size",
    ]);
    assert.deepEqual([first.metadata.size, first.metadata.httpStatusCode], [5, 200]);
    assert.match(first.updated_at, ISO);
  });

  test("sorted, searched, in pages", async () => {
    const names = async (path, options) => done(await me.files.list(path, options)).map(({ name }) => name);
    assert.deepEqual(await names(me.id, { sortBy: { column: "name", order: "desc" } }), ["looks", "b.txt", "a.txt"]);
    assert.deepEqual(await names(me.id, { sortBy: { column: "created_at", order: "asc" } }), ["looks", "b.txt", "a.txt"]);
    assert.deepEqual(await names(me.id, { limit: 1, offset: 1 }), ["a.txt"]);
    assert.deepEqual(await names(me.id, { search: "LO" }), ["looks"]);
    assert.deepEqual(await names(me.name("looks"), {}), ["deep", "1.txt", "2.txt"]);
    assert.deepEqual(await names(), [me.id]);
    refused(await me.files.list(me.id, { sortBy: { column: "size" } }), "400", "InvalidRequest");
  });

  test("listV2: prefixes, folders, cursors", async () => {
    const page = done(await me.files.listV2({ prefix: me.name(""), with_delimiter: true }));
    assert.deepEqual(page.folders, [{ name: me.name("looks/"), key: me.name("looks") }]);
    assert.deepEqual(page.objects.map(({ name }) => name), [me.name("a.txt"), me.name("b.txt")]);
    assert.equal(page.hasNext, false);
    const seen = [];
    for (let cursor, more = true; more; ) {
      const { objects, hasNext, nextCursor } = done(await me.files.listV2({ prefix: me.name("looks"), limit: 2, cursor, sortBy: { column: "name", order: "desc" } }));
      seen.push(...objects.map(({ name }) => name));
      [cursor, more] = [nextCursor, hasNext];
    }
    assert.deepEqual(seen, ["looks/deep/3.txt", "looks/2.txt", "looks/1.txt"].map(me.name));
  });
});

describe("remove, move, copy", () => {
  let me;
  before(async () => {
    me = await photographer();
  });

  test("remove answers with what was there", async () => {
    done(await me.files.upload(me.name("a"), "x"));
    const [row, ...others] = done(await me.files.remove([me.name("a"), me.name("nothing")]));
    assert.deepEqual([row.name, row.bucket_id, row.owner, others], [me.name("a"), me.place, me.id, []]);
    assert.deepEqual(done(await me.files.remove([me.name("a")])), []);
    refused(await me.files.remove(Array(1001).fill("x")), "400", "InvalidRequest");
  });

  test("move", async () => {
    done(await me.files.upload(me.name("from"), "x"));
    assert.equal(done(await me.files.move(me.name("from"), me.name("to"))).message, "Successfully moved");
    assert.equal(await text(me.files.download(me.name("to"))), "x");
    refused(await me.files.move(me.name("from"), me.name("to2")), "404", "NoSuchKey");
    const other = await bucket();
    done(await me.files.move(me.name("to"), me.name("there"), { destinationBucket: other }));
    assert.equal(await text(me.client.storage.from(other).download(me.name("there"))), "x");
  });

  test("copy", async () => {
    done(await me.files.upload(me.name("one"), "x", { metadata: { a: 1 } }));
    assert.deepEqual(done(await me.files.copy(me.name("one"), me.name("two"))), { path: `${me.place}/${me.name("two")}` });
    assert.deepEqual(done(await me.files.info(me.name("two"))).metadata, { a: 1 });
    refused(await me.files.copy(me.name("one"), me.name("two")), "409", "KeyAlreadyExists");
    done(await me.files.copy(me.name("one"), me.name("three"), { copyMetadata: false, metadata: { mimetype: "text/csv" } }));
    assert.equal(done(await me.files.info(me.name("three"))).contentType, "text/csv");
  });
});

describe("signed URLs", () => {
  let me, name;
  before(async () => {
    me = await photographer();
    name = me.name("été 100%.txt");
    done(await me.files.upload(name, "hello"));
  });

  test("one, to open or to save", async () => {
    const { signedUrl } = done(await me.files.createSignedUrl(name, 60));
    assert.equal(await (await fetch(signedUrl)).text(), "hello");
    const saved = await fetch(done(await me.files.createSignedUrl(name, 60, { download: "look é.txt" })).signedUrl);
    assert.equal(saved.headers.get("content-disposition"), "attachment; filename*=utf-8''look%20%C3%A9.txt");
    const own = await fetch(done(await me.files.createSignedUrl(name, 60, { download: true, cacheNonce: "1" })).signedUrl);
    assert.match(own.headers.get("content-disposition") ?? "", /^$|^attachment/);
  });

  test("many, those that are there", async () => {
    const [one, none] = done(await me.files.createSignedUrls([name, me.name("nothing")], 60));
    assert.deepEqual([one.error, one.path], [null, name]);
    assert.equal(await (await fetch(one.signedUrl)).text(), "hello");
    assert.deepEqual([none.signedUrl, none.path], [null, me.name("nothing")]);
    assert.match(none.error, /does not exist/);
  });

  test("expired, changed, for another name", async () => {
    const code = async (url) => {
      const response = await fetch(url);
      assert.equal(response.status, 400);
      return (await response.json()).code;
    };
    const { signedUrl } = done(await me.files.createSignedUrl(name, 1));
    done(await me.files.upload(me.name("other.txt"), "secret"));
    assert.equal(await code(signedUrl.replace(encodeURIComponent("été 100%.txt"), "other.txt")), "InvalidSignature");
    assert.equal(await code(signedUrl.slice(0, -3)), "InvalidJWT");
    for (const end = Date.now() + 10_000; (await fetch(signedUrl)).ok; ) assert.ok(Date.now() < end);
    assert.equal(await code(signedUrl), "ExpiredToken");
    refused(await me.files.createSignedUrl(me.name("nothing"), 60), "404", "NoSuchKey");
    refused(await me.files.createSignedUrl(name, 0), "400", "InvalidRequest");
  });

  test("for an upload by whoever has it, once", async () => {
    const path = me.name("up 1.txt");
    const { signedUrl, token, path: same } = done(await me.files.createSignedUploadUrl(path));
    assert.equal(same, path);
    const somewhere = browser().storage.from(me.place);
    assert.deepEqual(done(await somewhere.uploadToSignedUrl(path, token, new Blob(["form"]), { metadata: { a: 1 } })), {
      path, fullPath: `${me.place}/${path}`,
    });
    refused(await somewhere.uploadToSignedUrl(path, token, "again"), "409", "KeyAlreadyExists");
    assert.equal(await text(me.files.download(path)), "form");
    assert.equal((await fetch(signedUrl)).status, 400);
    refused(await me.files.createSignedUploadUrl(path), "409", "KeyAlreadyExists");
    const again = done(await me.files.createSignedUploadUrl(path, { upsert: true }));
    done(await somewhere.uploadToSignedUrl(path, again.token, "raw", { contentType: "text/csv" }));
    assert.equal(await text(me.files.download(path)), "raw");
    refused(await somewhere.uploadToSignedUrl(me.name("elsewhere.txt"), again.token, "x"), "400", "InvalidSignature");
  });

  test("a token for a download uploads nothing, and opens nothing else", async () => {
    const { signedUrl } = done(await me.files.createSignedUrl(name, 60));
    const token = new URL(signedUrl).searchParams.get("token");
    refused(await browser().storage.from(me.place).uploadToSignedUrl(name, token, "x"), "400", "InvalidJWT");
    const asBearer = await fetch(`${URL_}/storage/v1/bucket`, { headers: { authorization: `Bearer ${token}` } });
    assert.deepEqual([asBearer.status, (await asBearer.json()).code], [400, "AccessDenied"]);
  });
});

describe("public buckets", () => {
  test("are read by everybody and written by owners", async () => {
    const me = await photographer({ public: true });
    const name = me.name("poster 1.txt");
    done(await me.files.upload(name, "come!"));
    const { publicUrl } = me.files.getPublicUrl(name).data;
    const response = await fetch(publicUrl);
    assert.deepEqual([await response.text(), response.headers.get("cache-control")], ["come!", "max-age=3600"]);
    const saved = await fetch(me.files.getPublicUrl(name, { download: "p.txt" }).data.publicUrl);
    assert.equal(saved.headers.get("content-disposition"), 'attachment; filename="p.txt"');
    assert.equal(await text(browser().storage.from(me.place).download(name)), "come!");
    refused(await browser().storage.from(me.place).update(name, "x"), "403", "AccessDenied");
    const hidden = await photographer();
    done(await hidden.files.upload(hidden.name("a"), "x"));
    const closed = await fetch(hidden.files.getPublicUrl(hidden.name("a")).data.publicUrl);
    assert.deepEqual([closed.status, (await closed.json()).code], [400, "NoSuchBucket"]);
  });

  test("serve nothing that runs", async () => {
    const me = await photographer({ public: true });
    const script = "<script>alert(1)</script>";
    for (const [type, shown] of [["text/html", /^text\/plain/], ["image/svg+xml", /svg/], ["text/javascript", /^text\/plain/]]) {
      const name = me.name(type.replaceAll("/", "."));
      done(await me.files.upload(name, script, { contentType: type }));
      const { headers } = await fetch(me.files.getPublicUrl(name).data.publicUrl);
      assert.match(headers.get("content-type"), shown);
      assert.match(headers.get("content-security-policy"), /sandbox/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      if (type === "image/svg+xml") assert.match(headers.get("content-disposition"), /^attachment/);
    }
  });
});

describe("pictures", () => {
  // A red point.
  const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC", "base64");

  test("transformed on the way out: signed, public, one's own", async () => {
    const me = await photographer({ public: true });
    const name = me.name("point.png");
    done(await me.files.upload(name, PNG, { contentType: "image/png" }));
    const transform = { width: 10, height: 10, resize: "fill", quality: 60, format: "origin" };
    assert.equal(done(await me.files.download(name, { transform })).type, "image/png");
    const links = [
      me.files.getPublicUrl(name, { transform }).data.publicUrl,
      done(await me.files.createSignedUrl(name, 60, { transform })).signedUrl,
    ];
    for (const link of links) {
      assert.match(link, /\/render\/image\//);
      const response = await fetch(link);
      const bytes = Buffer.from(await response.arrayBuffer());
      assert.deepEqual([response.headers.get("content-type"), bytes.readUInt32BE(16), bytes.readUInt32BE(20)], ["image/png", 10, 10]);
    }
    done(await me.files.upload(me.name("a.txt"), "no picture"));
    refused(await me.files.download(me.name("a.txt"), { transform }), "400", "InvalidRequest");
  });
});

describe("sessions", () => {
  test("what is signed out is refused at once", async () => {
    const me = await photographer();
    done(await me.files.upload(me.name("a"), "x"));
    const authorization = `Bearer ${me.session.access_token}`;
    await me.client.auth.signOut();
    for (const [method, path] of [["GET", `object/${me.place}/${me.name("a")}`], ["POST", `object/${me.place}/${me.name("b")}`], ["GET", "bucket"]]) {
      const response = await fetch(`${URL_}/storage/v1/${encodeURI(path)}`, { method, headers: { authorization } });
      assert.deepEqual([response.status, (await response.json()).code], [400, "AccessDenied"]);
    }
  });

  test("a browser may read what it needs", async () => {
    const preflight = await fetch(`${URL_}/storage/v1/object/attic/x`, {
      method: "OPTIONS",
      headers: { origin: "https://app.example", "access-control-request-method": "POST", "access-control-request-headers": "authorization,x-upsert,x-metadata" },
    });
    assert.equal(preflight.status, 204);
    assert.match(preflight.headers.get("access-control-allow-headers"), /x-upsert, x-metadata/);
    const refusal = await fetch(`${URL_}/storage/v1/object/attic/x`);
    assert.equal(refusal.headers.get("access-control-allow-origin"), "*");
  });
});
