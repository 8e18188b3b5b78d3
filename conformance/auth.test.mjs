// supabase.auth: each call of the auth client, with what it returns, its mails read back.
import assert from "node:assert/strict";
import { createHash, createHmac, randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import {
  CONFIRMING, PASSWORD, PUBLISHABLE, SECRET, URL_, address, browser, fragment, letter, noor, open, server, somebody, support,
} from "./people.mjs";

const PAGE = "https://app.example/welcome";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

function done({ data, error }) {
  assert.equal(error, null);
  return data;
}

function refused({ error }, status, code, message, name = "AuthApiError") {
  assert.deepEqual([error?.name, error?.status, error?.code], [name, status, code], error?.message);
  if (message) assert.equal(error.message, message);
}

/** One after the other in a fresh memory: sign in with the password. */
const enter = (email, password = PASSWORD, options = {}) => browser(options).auth.signInWithPassword({ email, password });

const call = (path, { key = PUBLISHABLE, headers = {}, ...options } = {}) =>
  fetch(`${URL_}/auth/v1${path}`, { headers: { apikey: key, ...headers }, ...options });

describe("signUp", () => {
  test("gives a session with a user of the client's shape", async () => {
    const client = browser();
    const email = address("Ada");
    const { user, session } = done(await client.auth.signUp({ email, password: PASSWORD, options: { data: { n: 1 } } }));
    assert.deepEqual([session.token_type, session.expires_in], ["bearer", 3600]);
    assert.ok(Math.abs(session.expires_at - Date.now() / 1000 - 3600) < 60);
    assert.match(session.refresh_token, /^\S+$/);
    assert.match(user.id, UUID);
    assert.deepEqual([user.aud, user.role, user.phone, user.is_anonymous], ["authenticated", "authenticated", "", false]);
    assert.equal(user.email, email.toLowerCase());
    assert.deepEqual(user.app_metadata, { provider: "email", providers: ["email"] });
    assert.equal(user.user_metadata.n, 1);
    for (const moment of ["created_at", "updated_at", "email_confirmed_at", "confirmed_at", "last_sign_in_at"]) {
      assert.match(user[moment], MOMENT, moment);
    }
    const [identity] = user.identities;
    assert.match(identity.identity_id, UUID);
    assert.deepEqual([identity.id, identity.user_id, identity.provider], [user.id, user.id, "email"]);
    assert.equal(identity.identity_data.email, user.email);
    assert.equal(identity.identity_data.sub, user.id);
    assert.equal(done(await client.auth.getSession()).session.access_token, session.access_token);
  });

  test("user_metadata carries what the provider says of a confirmed address", async () => {
    const { client, id, email } = await somebody();
    const { user } = done(await client.auth.getUser());
    assert.deepEqual(user.user_metadata, { sub: id, email, email_verified: true, phone_verified: false });
  });

  test("tells the page that somebody is signed in, and out", async () => {
    const client = browser();
    const heard = [];
    const { data } = client.auth.onAuthStateChange((event, session) => heard.push([event, Boolean(session)]));
    done(await client.auth.signUp({ email: address(), password: PASSWORD }));
    done(await client.auth.updateUser({ data: { n: 2 } }));
    done(await client.auth.refreshSession());
    await client.auth.signOut();
    data.subscription.unsubscribe();
    assert.deepEqual(heard.filter(([event]) => event !== "INITIAL_SESSION"), [
      ["SIGNED_IN", true], ["USER_UPDATED", true], ["TOKEN_REFRESHED", true], ["SIGNED_OUT", false],
    ]);
  });

  test("refusals", async () => {
    const { email } = await somebody();
    const up = (credentials) => browser().auth.signUp(credentials);
    refused(await up({ email, password: PASSWORD }), 422, "user_already_exists", "User already registered");
    refused(await up({ email: "nobody", password: PASSWORD }), 400, "validation_failed", "Unable to validate email address: invalid format");
    refused(await up({ email: address(), password: "" }), 400, "validation_failed", "Signup requires a valid password");
    const weak = await up({ email: address(), password: "short" });
    refused(weak, 422, "weak_password", "Password should be at least 6 characters.", "AuthWeakPasswordError");
    assert.deepEqual(weak.error.reasons, ["length"]);
    assert.equal((await up({ phone: "+4912345678", password: PASSWORD })).error.code, "phone_provider_disabled");
  });
});

describe("signUp with confirmation", () => {
  const confirming = () => browser({ url: CONFIRMING });
  const up = async (client, email) =>
    done(await client.auth.signUp({ email, password: PASSWORD, options: { emailRedirectTo: PAGE } }));

  test("gives the bare user, who waits for the mail", async () => {
    const [client, email] = [confirming(), address()];
    const { user, session } = await up(client, email);
    assert.equal(session, null);
    assert.equal(user.email_confirmed_at, undefined);
    assert.match(user.confirmation_sent_at, MOMENT);
    assert.equal(user.identities.length, 1);
    refused(await enter(email, PASSWORD, { url: CONFIRMING }), 400, "email_not_confirmed", "Email not confirmed");
    const { code } = await letter(email);
    const verified = done(await client.auth.verifyOtp({ email, token: code, type: "signup" }));
    assert.equal(verified.user.id, user.id);
    assert.equal(verified.session.user.email, email);
    done(await enter(email, PASSWORD, { url: CONFIRMING }));
    refused(await client.auth.verifyOtp({ email, token: code, type: "signup" }), 403, "otp_expired", "Token has expired or is invalid");
  });

  test("the link in the mail brings a session to the page", async () => {
    const [client, email] = [confirming(), address()];
    const { user } = await up(client, email);
    const { link } = await letter(email);
    const { status, location } = await open(link, CONFIRMING);
    assert.deepEqual([status, location.origin + location.pathname], [303, PAGE]);
    const { access_token, refresh_token, type } = fragment(location);
    assert.equal(type, "signup");
    assert.equal(done(await client.auth.setSession({ access_token, refresh_token })).user.id, user.id);
    const again = await open(link, CONFIRMING);
    assert.equal(fragment(again.location).error_code, "otp_expired");
    assert.equal(again.location.searchParams.get("error"), "access_denied");
  });

  test("resend mails again", async () => {
    const [client, email] = [confirming(), address()];
    await up(client, email);
    assert.deepEqual(done(await client.auth.resend({ type: "signup", email })), { user: null, session: null });
    const { code } = await letter(email, 2);
    done(await client.auth.verifyOtp({ email, token: code, type: "email" }));
  });

  test("who is there already is not given away", async () => {
    const { email, id } = await somebody();
    const { user, session } = await up(confirming(), email);
    assert.equal(session, null);
    assert.deepEqual([user.email, user.identities], [email, []]);
    assert.notEqual(user.id, id);
    done(await enter(email));
    done(await confirming().auth.resend({ type: "signup", email: address("unknown") }));
  });
});

describe("signInAnonymously", () => {
  test("a guest becomes somebody", async () => {
    const client = browser();
    const { user, session } = done(await client.auth.signInAnonymously({ options: { data: { n: 1 } } }));
    assert.deepEqual([user.is_anonymous, user.email, user.identities], [true, "", []]);
    assert.equal(session.user.user_metadata.n, 1);
    const email = address("guest");
    done(await client.auth.updateUser({ email }));
    done(await client.auth.updateUser({ password: PASSWORD }));
    const named = done(await enter(email)).user;
    assert.deepEqual([named.id, named.is_anonymous], [user.id, false]);
  });
});

describe("signInWithPassword", () => {
  test("gives a session, in whatever case the address is typed", async () => {
    const { email, id } = await somebody();
    const { user, session, weakPassword } = done(await enter(email.toUpperCase()));
    assert.equal(user.id, id);
    assert.equal(session.user.id, id);
    assert.equal(weakPassword ?? null, null);
  });

  test("refuses a stranger with one answer, and nothing is signed in", async () => {
    const { email } = await somebody();
    const stranger = browser();
    for (const credentials of [{ email, password: "a wrong one" }, { email: address("nobody"), password: PASSWORD }]) {
      const answer = await stranger.auth.signInWithPassword(credentials);
      refused(answer, 400, "invalid_credentials", "Invalid login credentials");
      assert.deepEqual(answer.data, { user: null, session: null });
    }
    assert.equal(done(await stranger.auth.getSession()).session, null);
  });
});

describe("sessions", () => {
  test("refreshSession gives new tokens, once", async () => {
    const { client, session, id } = await somebody();
    const next = done(await client.auth.refreshSession()).session;
    assert.equal(next.user.id, id);
    assert.notEqual(next.refresh_token, session.refresh_token);
    // The parent of the active token: a lost answer.
    const again = done(await browser().auth.refreshSession({ refresh_token: session.refresh_token })).session;
    assert.equal(again.refresh_token, next.refresh_token);
  });

  test("refreshSession refuses what is no token of ours", async () => {
    const refresh = (refresh_token) => browser().auth.refreshSession({ refresh_token });
    refused(await refresh("abcdefghijkl"), 400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found");
    refused(await browser().auth.refreshSession(), 400, undefined, "Auth session missing!", "AuthSessionMissingError");
  });

  test("a refresh token of no token's shape", async () => {
    const answer = await browser().auth.refreshSession({ refresh_token: "not a token!" });
    refused(answer, 400, "validation_failed", "Refresh token is not valid");
  });

  test("setSession takes both tokens over", async () => {
    const { session, id } = await somebody();
    const other = browser();
    const taken = done(await other.auth.setSession(session));
    assert.equal(taken.user.id, id);
    assert.equal(done(await other.auth.getUser()).user.id, id);
  });

  test("getUser asks the server", async () => {
    const { client, id, session } = await somebody();
    assert.equal(done(await client.auth.getUser()).user.id, id);
    assert.equal(done(await browser().auth.getUser(session.access_token)).user.id, id);
    refused(await browser().auth.getUser(), 400, undefined, "Auth session missing!", "AuthSessionMissingError");
    refused(await browser().auth.getUser("not.a.token"), 403, "bad_jwt");
  });

  test("getClaims verifies with the published key alone", async () => {
    const asked = [];
    const counting = (input, init) => (asked.push(new URL(input).pathname), fetch(input, init));
    const { client, id, email } = await somebody("claims", { global: { fetch: counting } });
    asked.length = 0;
    const { claims, header } = done(await client.auth.getClaims());
    assert.deepEqual(asked, ["/auth/v1/.well-known/jwks.json"]);
    assert.deepEqual([header.alg, header.typ, typeof header.kid], ["ES256", "JWT", "string"]);
    assert.deepEqual([claims.sub, claims.aud, claims.role, claims.aal, claims.email, claims.phone, claims.is_anonymous], [
      id, "authenticated", "authenticated", "aal1", email, "", false,
    ]);
    assert.match(claims.iss, /\/auth\/v1$/);
    assert.match(claims.session_id, UUID);
    assert.equal(claims.exp - claims.iat, 3600);
    assert.deepEqual(claims.amr.map(({ method }) => method), ["password"]);
    assert.deepEqual(claims.app_metadata, { provider: "email", providers: ["email"] });
  });

  test("a token that others signed is nobody's", async () => {
    const { client, session } = await somebody();
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const [head, body] = session.access_token.split(".");
    const hmac = `${encode({ alg: "HS256", typ: "JWT" })}.${body}`;
    const forged = [
      `${encode({ alg: "none", typ: "JWT" })}.${body}.`,
      `${hmac}.${createHmac("sha256", PUBLISHABLE).update(hmac).digest("base64url")}`,
      `${head}.${encode({ ...JSON.parse(Buffer.from(body, "base64url")), sub: randomUUID() })}.${session.access_token.split(".")[2]}`,
    ];
    for (const token of forged) refused(await browser().auth.getUser(token), 403, "bad_jwt");
    done(await client.auth.getUser());
  });

  test("signOut ends this session, the others, or all", async () => {
    const { client, email, session } = await somebody();
    const other = browser();
    done(await other.auth.signInWithPassword({ email, password: PASSWORD }));
    assert.equal((await other.auth.signOut({ scope: "others" })).error, null);
    done(await other.auth.getUser());
    // The client's own words for session_not_found.
    refused(await client.auth.getUser(), 400, undefined, "Auth session missing!", "AuthSessionMissingError");
    assert.equal(done(await client.auth.getSession()).session, null);
    const third = browser();
    done(await third.auth.signInWithPassword({ email, password: PASSWORD }));
    assert.equal((await third.auth.signOut({ scope: "local" })).error, null);
    done(await other.auth.getUser());
    assert.equal((await other.auth.signOut()).error, null);
    assert.equal(done(await other.auth.getSession()).session, null);
    refused(await browser().auth.refreshSession(session), 400, "refresh_token_not_found");
    assert.equal((await browser().auth.signOut()).error, null);
  });

  test("a signed-out token opens nothing", async () => {
    const { client, session } = await somebody();
    await client.auth.signOut();
    const replayed = browser({ global: { headers: { Authorization: `Bearer ${session.access_token}` } } });
    const { data } = await replayed.from("user_preferences").select();
    assert.deepEqual(data ?? [], []);
    assert.notEqual((await replayed.functions.invoke("conversation-feedback", { body: {} })).error, null);
  });
});

describe("resetPasswordForEmail", () => {
  test("the link leads to a session that sets a new password, and ends the others", async () => {
    const { client, email, id } = await somebody();
    const lost = browser();
    assert.deepEqual(done(await lost.auth.resetPasswordForEmail(email, { redirectTo: `${PAGE}?x=1` })), {});
    const { link } = await letter(email);
    const { location } = await open(link);
    assert.equal(location.searchParams.get("x"), "1");
    const { access_token, refresh_token, type, token_type, expires_in } = fragment(location);
    assert.deepEqual([type, token_type, expires_in], ["recovery", "bearer", "3600"]);
    assert.equal(done(await lost.auth.setSession({ access_token, refresh_token })).user.id, id);
    done(await lost.auth.updateUser({ password: "a new password" }));
    done(await enter(email, "a new password"));
    refused(await enter(email), 400, "invalid_credentials");
    assert.notEqual((await client.auth.getUser()).error, null);
  });

  test("an unknown address is answered alike", async () => {
    assert.deepEqual(done(await browser().auth.resetPasswordForEmail(address("unknown"))), {});
    refused(await browser().auth.resetPasswordForEmail("nobody"), 400, "validation_failed");
  });

  test("a page that is none of ours gets nothing", async () => {
    const { email } = await somebody();
    done(await browser().auth.resetPasswordForEmail(email, { redirectTo: "https://evil.example/" }));
    const { location } = await open((await letter(email)).link);
    assert.equal(location.origin, new URL(process.env.SITE_URL).origin);
  });

  test("with PKCE the link brings a code for this browser alone", async () => {
    const { email, id } = await somebody();
    const pkce = () => browser({ auth: { flowType: "pkce" } });
    const client = pkce();
    done(await client.auth.resetPasswordForEmail(email, { redirectTo: PAGE }));
    const { location } = await open((await letter(email)).link);
    assert.equal(location.hash, "");
    const code = location.searchParams.get("code");
    const stranger = pkce();
    done(await stranger.auth.signInWithOtp({ email: address("stranger") }));
    refused(await stranger.auth.exchangeCodeForSession(code), 400, "bad_code_verifier", "code challenge does not match previously saved code verifier");
    const { session, redirectType } = done(await client.auth.exchangeCodeForSession(code));
    assert.deepEqual([session.user.id, redirectType], [id, "recovery"]);
    done(await client.auth.signInWithOtp({ email: address("again") }));
    refused(await client.auth.exchangeCodeForSession(code), 404, "flow_state_not_found", "invalid flow state, no valid flow state found");
  });
});

describe("signInWithOtp and verifyOtp", () => {
  test("a code of six digits", async () => {
    const [client, email] = [browser(), address()];
    assert.deepEqual(done(await client.auth.signInWithOtp({ email, options: { data: { n: 1 } } })), { user: null, session: null });
    const { code } = await letter(email);
    refused(await client.auth.verifyOtp({ email, token: code === "000000" ? "000001" : "000000", type: "email" }), 403, "otp_expired", "Token has expired or is invalid");
    const { user, session } = done(await client.auth.verifyOtp({ email, token: code, type: "email" }));
    assert.equal(user.user_metadata.n, 1);
    assert.equal(session.user.email, email);
    refused(await browser().auth.verifyOtp({ email, token: code, type: "email" }), 403, "otp_expired");
  });

  test("a link, by its hash", async () => {
    const { email, id } = await somebody();
    done(await browser().auth.signInWithOtp({ email }));
    const { token } = await letter(email);
    assert.equal(done(await browser().auth.verifyOtp({ token_hash: token, type: "magiclink" })).user.id, id);
    refused(await browser().auth.verifyOtp({ token_hash: token, type: "magiclink" }), 403, "otp_expired", "Email link is invalid or has expired");
  });

  test("another's code opens nothing", async () => {
    const [me, stranger] = [await somebody(), await somebody("stranger")];
    done(await browser().auth.signInWithOtp({ email: me.email }));
    const { code } = await letter(me.email);
    refused(await browser().auth.verifyOtp({ email: stranger.email, token: code, type: "email" }), 403, "otp_expired");
    assert.equal(done(await browser().auth.verifyOtp({ email: me.email, token: code, type: "email" })).user.id, me.id);
  });

  test("refusals", async () => {
    const { auth } = browser();
    const email = address("unknown");
    refused(await auth.signInWithOtp({ email, options: { shouldCreateUser: false } }), 422, "otp_disabled", "Signups not allowed for otp");
    refused(await auth.signInWithOtp({ phone: "+4912345678" }), 422, "phone_provider_disabled");
    refused(await auth.verifyOtp({ email, token: "123456", type: "nothing" }), 400, "validation_failed");
    refused(await auth.resend({ type: "sms", phone: "+4912345678" }), 400, "validation_failed");
  });
});

describe("updateUser", () => {
  test("data, and a password", async () => {
    const { client, email } = await somebody();
    assert.deepEqual(done(await client.auth.updateUser({ data: { n: 1, m: 2 } })).user.user_metadata.m, 2);
    const { user } = done(await client.auth.updateUser({ data: { n: 3 } }));
    assert.deepEqual([user.user_metadata.n, user.user_metadata.m], [3, 2]);
    refused(await client.auth.updateUser({ password: PASSWORD }), 422, "same_password", "New password should be different from the old password.");
    refused(await client.auth.updateUser({ password: "short" }), 422, "weak_password", undefined, "AuthWeakPasswordError");
    done(await client.auth.updateUser({ password: "another one" }));
    done(await enter(email, "another one"));
  });

  test("a change of address is confirmed by both", async () => {
    const { client, email, id } = await somebody();
    const next = address("next");
    const { user } = done(await client.auth.updateUser({ email: next }, { emailRedirectTo: PAGE }));
    assert.deepEqual([user.email, user.new_email], [email, next]);
    assert.match(user.email_change_sent_at, MOMENT);
    done(await client.auth.resend({ type: "email_change", email }));
    const [mine, its] = [await letter(email, 2), await letter(next, 2)];
    const half = done(await client.auth.verifyOtp({ email: next, token: its.code, type: "email_change" }));
    assert.deepEqual(half.session, null);
    done(await enter(email));
    const whole = done(await client.auth.verifyOtp({ email, token: mine.code, type: "email_change" }));
    assert.deepEqual([whole.user.id, whole.user.email], [id, next]);
    done(await enter(next));
    refused(await enter(email), 400, "invalid_credentials");
  });

  test("a taken address is refused, and nothing changes", async () => {
    const [me, other] = [await somebody(), await somebody()];
    refused(await me.client.auth.updateUser({ email: other.email }), 422, "email_exists", "A user with this email address has already been registered");
    assert.equal(done(await me.client.auth.getUser()).user.new_email, undefined);
  });

  test("reauthenticate mails the nonce of a new password", async () => {
    const { client, email } = await somebody();
    assert.deepEqual(done(await client.auth.reauthenticate()), { user: null, session: null });
    const { code } = await letter(email);
    done(await client.auth.updateUser({ password: "another one", nonce: code }));
    done(await enter(email, "another one"));
  });

  test("nobody makes themselves support", async () => {
    const { client } = await somebody();
    const response = await call("/user", {
      method: "PUT",
      headers: { authorization: `Bearer ${done(await client.auth.getSession()).session.access_token}` },
      body: JSON.stringify({ app_metadata: { role: "admin" }, role: "service_role" }),
    });
    assert.equal(response.status, 403);
    const { user } = done(await client.auth.getUser());
    assert.deepEqual([user.role, user.app_metadata.role], ["authenticated", undefined]);
  });
});

/** Go from page to page as a browser does, cookies kept, until an address starts so. */
async function travel(start, until) {
  const jars = {};
  let url = new URL(start.replace(process.env.SITE_URL, URL_));
  for (let step = 0; step < 15; step += 1) {
    const jar = (jars[url.host] ??= new Map());
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: cookie ? { cookie } : {} });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      jar.set(name, value);
    }
    const location = response.headers.get("location");
    assert.ok(location, `${url} answered ${response.status}`);
    const next = new URL(location, url).href;
    if (next.startsWith(until)) return new URL(next);
    url = new URL(next.replace(process.env.SITE_URL, URL_));
  }
  throw new Error(`still at ${url}`);
}

const throughProvider = (start) => travel(start, PAGE);

/** What an app of ours gets from the provider by itself: an ID token for somebody. */
async function idToken(person) {
  const { OAUTH_ATELIER_ISSUER: issuer, OAUTH_ATELIER_CLIENT_ID: client_id, OAUTH_ATELIER_CLIENT_SECRET: client_secret } = process.env;
  const redirect_uri = `${process.env.SITE_URL}/auth/v1/callback`;
  const code_verifier = randomUUID() + randomUUID();
  const code_challenge = createHash("sha256").update(code_verifier).digest("base64url");
  const asked = new URLSearchParams({
    client_id, redirect_uri, code_challenge, code_challenge_method: "S256",
    response_type: "code", scope: "openid email profile", login_hint: person,
  });
  const back = await travel(`${issuer}/auth?${asked}`, redirect_uri);
  const body = new URLSearchParams({
    client_id, client_secret, redirect_uri, code_verifier, grant_type: "authorization_code", code: back.searchParams.get("code"),
  });
  return (await (await fetch(`${issuer}/token`, { method: "POST", body })).json()).id_token;
}

describe("providers", () => {
  const journey = (queryParams = { login_hint: "ines" }) => ({
    provider: "atelier", options: { redirectTo: PAGE, skipBrowserRedirect: true, queryParams },
  });

  test("signInWithOAuth brings a session in the fragment", async () => {
    const client = browser();
    const { url, provider } = done(await client.auth.signInWithOAuth(journey()));
    assert.equal(provider, "atelier");
    assert.match(url, /\/auth\/v1\/authorize\?provider=atelier&redirect_to=https%3A%2F%2Fapp\.example/);
    const { access_token, refresh_token, provider_token } = fragment(await throughProvider(url));
    assert.ok(provider_token);
    const { user } = done(await client.auth.setSession({ access_token, refresh_token }));
    assert.equal(user.email, "ines@atelier.example");
    assert.deepEqual(user.identities.map(({ provider: name }) => name), ["atelier"]);
    assert.equal(user.user_metadata.full_name, "Inès");
  });

  test("with PKCE it brings a code", async () => {
    const client = browser({ auth: { flowType: "pkce" } });
    const { url } = done(await client.auth.signInWithOAuth(journey()));
    const page = await throughProvider(url);
    const { session } = done(await client.auth.exchangeCodeForSession(page.searchParams.get("code")));
    assert.equal(session.user.email, "ines@atelier.example");
    assert.ok(session.provider_token);
  });

  test("somebody's no at the provider reaches the page", async () => {
    const { url } = done(await browser().auth.signInWithOAuth(journey({ login_hint: "nobody" })));
    const page = await throughProvider(url);
    for (const said of [Object.fromEntries(page.searchParams), fragment(page)]) {
      assert.ok(said.error);
      assert.equal(said.error_code, "bad_oauth_callback");
      assert.match(said.error_description, /Somebody said no$/);
    }
  });

  test("a provider that is none is unsupported", async () => {
    const response = await call("/authorize?provider=nowhere");
    assert.equal(response.status, 400);
    const body = await response.json();
    assert.equal(body.error_code ?? body.code, "validation_failed");
    assert.match(body.msg ?? body.message, /^Unsupported provider: /);
  });

  test("signInWithIdToken", async () => {
    const token = await idToken("ines");
    const { user, session } = done(await browser().auth.signInWithIdToken({ provider: "atelier", token }));
    assert.equal(user.email, "ines@atelier.example");
    assert.equal(session.user.id, user.id);
  });

  test("signInWithIdToken refuses a token that the provider did not sign", async () => {
    const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const token = `${encode({ alg: "none" })}.${encode({ sub: "ines", email: "ines@atelier.example" })}.`;
    const { error, data } = await browser().auth.signInWithIdToken({ provider: "atelier", token });
    assert.deepEqual([error.name, error.status], ["AuthApiError", 400]);
    assert.equal(data.session, null);
  });

  test("linkIdentity joins one more way in, unlinkIdentity ends it", async () => {
    const { client, id } = await somebody();
    const { url } = done(await client.auth.linkIdentity(journey({ login_hint: "jo" })));
    const { access_token, refresh_token } = fragment(await throughProvider(url));
    assert.equal(done(await client.auth.setSession({ access_token, refresh_token })).user.id, id);
    const { identities } = done(await client.auth.getUserIdentities());
    assert.deepEqual(identities.map(({ provider }) => provider).sort(), ["atelier", "email"]);
    done(await client.auth.unlinkIdentity(identities.find(({ provider }) => provider === "atelier")));
    assert.equal(done(await client.auth.getUserIdentities()).identities.length, 1);
  });

  test("the last identity stays, and another's is not seen", async () => {
    const { client, email } = await somebody();
    const { identities } = done(await client.auth.getUserIdentities());
    assert.deepEqual(identities.map(({ provider, identity_data }) => [provider, identity_data.email]), [["email", email]]);
    refused(await client.auth.unlinkIdentity(identities[0]), 422, "single_identity_not_deletable");
    refused(await client.auth.linkIdentity({ provider: "nowhere", options: { skipBrowserRedirect: true } }), 400, "validation_failed");
    const stranger = await somebody("stranger");
    assert.notEqual((await stranger.client.auth.unlinkIdentity(identities[0])).error, null);
    assert.equal(done(await client.auth.getUserIdentities()).identities.length, 1);
  });
});

describe("admin", () => {
  test("createUser, getUserById, listUsers, updateUserById, deleteUser", async () => {
    const { admin } = server().auth;
    const email = address("made");
    const { user } = done(await admin.createUser({ email, password: PASSWORD, email_confirm: true, user_metadata: { n: 1 }, app_metadata: { plan: "pro" } }));
    assert.match(user.email_confirmed_at, MOMENT);
    assert.deepEqual([user.user_metadata.n, user.app_metadata.plan], [1, "pro"]);
    assert.equal(done(await admin.getUserById(user.id)).user.email, email);
    const page = done(await admin.listUsers({ page: 1, perPage: 2 }));
    assert.equal(page.users.length, 2);
    assert.equal(page.aud, "authenticated");
    assert.ok(page.total >= 3);
    assert.equal(page.nextPage, 2);
    const client = browser();
    done(await client.auth.signInWithPassword({ email, password: PASSWORD }));
    assert.match(done(await admin.updateUserById(user.id, { ban_duration: "24h" })).user.banned_until, MOMENT);
    refused(await enter(email), 400, "user_banned", "User is banned");
    refused(await client.auth.getUser(), 403, "user_banned", "User is banned");
    refused(await client.auth.refreshSession(), 400, "user_banned", "Invalid Refresh Token: User Banned");
    done(await admin.updateUserById(user.id, { ban_duration: "none", password: "a new one" }));
    const last = browser();
    const { session } = done(await last.auth.signInWithPassword({ email, password: "a new one" }));
    assert.equal((await admin.deleteUser(user.id)).error, null);
    refused(await browser().auth.getUser(session.access_token), 403, "user_not_found", "User from sub claim in JWT does not exist");
    refused(await admin.getUserById(user.id), 404, "user_not_found");
    refused(await enter(email, "a new one"), 400, "invalid_credentials");
    refused(await admin.createUser({ email: (await somebody()).email }), 422, "email_exists");
  });

  test("generateLink makes what a mail would carry", async () => {
    const { admin } = server().auth;
    const { email, id } = await somebody();
    const { user, properties } = done(await admin.generateLink({ type: "magiclink", email, options: { redirectTo: PAGE } }));
    assert.equal(user.id, id);
    assert.deepEqual([properties.verification_type, properties.redirect_to], ["magiclink", PAGE]);
    assert.match(properties.email_otp, /^\d{6}$/);
    assert.equal(new URL(properties.action_link).searchParams.get("token"), properties.hashed_token);
    assert.equal(done(await browser().auth.verifyOtp({ token_hash: properties.hashed_token, type: "magiclink" })).user.id, id);
    const recovery = done(await admin.generateLink({ type: "recovery", email })).properties;
    assert.equal(done(await browser().auth.verifyOtp({ email, token: recovery.email_otp, type: "recovery" })).user.id, id);
    const fresh = address("fresh");
    const signup = done(await admin.generateLink({ type: "signup", email: fresh, password: PASSWORD })).properties;
    assert.equal(signup.verification_type, "signup");
    assert.equal(done(await browser().auth.verifyOtp({ token_hash: signup.hashed_token, type: "signup" })).user.email, fresh);
    const guest = address("guest");
    const invite = done(await admin.generateLink({ type: "invite", email: guest, options: { data: { n: 1 } } }));
    assert.equal(invite.user.user_metadata.n, 1);
    assert.equal(done(await browser().auth.verifyOtp({ token_hash: invite.properties.hashed_token, type: "invite" })).user.email, guest);
    const next = address("next");
    for (const type of ["email_change_current", "email_change_new"]) {
      const { hashed_token } = done(await admin.generateLink({ type, email, newEmail: next })).properties;
      done(await browser().auth.verifyOtp({ token_hash: hashed_token, type: "email_change" }));
    }
    assert.equal(done(await admin.getUserById(id)).user.email, next);
    refused(await admin.generateLink({ type: "recovery", email: address("unknown") }), 404, "user_not_found");
  });

  test("inviteUserByEmail", async () => {
    const email = address("invited");
    const { user } = done(await server().auth.admin.inviteUserByEmail(email, { data: { n: 1 }, redirectTo: PAGE }));
    assert.match(user.invited_at, MOMENT);
    const { link } = await letter(email);
    const { access_token, refresh_token, type } = fragment((await open(link)).location);
    assert.equal(type, "invite");
    const client = browser();
    assert.equal(done(await client.auth.setSession({ access_token, refresh_token })).user.id, user.id);
    done(await client.auth.updateUser({ password: PASSWORD }));
    done(await enter(email));
  });

  test("signOut ends the sessions of a token's owner", async () => {
    const { client, session } = await somebody();
    assert.equal((await server().auth.admin.signOut(session.access_token, "global")).error, null);
    assert.notEqual((await client.auth.getUser()).error, null);
  });

  test("nobody but the secret key", async () => {
    const victim = await somebody("victim");
    for (const { client } of [await somebody("stranger"), await noor(), await support(), { client: browser() }]) {
      const { session } = done(await client.auth.getSession());
      const headers = { Authorization: `Bearer ${session?.access_token ?? PUBLISHABLE}` };
      const { admin } = browser({ global: { headers } }).auth;
      for (const answer of [
        await admin.listUsers(),
        await admin.getUserById(victim.id),
        await admin.updateUserById(victim.id, { password: "taken over" }),
        await admin.deleteUser(victim.id),
        await admin.createUser({ email: address() }),
        await admin.generateLink({ type: "recovery", email: victim.email }),
        await admin.inviteUserByEmail(address()),
      ]) {
        assert.ok([401, 403].includes(answer.error?.status), JSON.stringify(answer));
      }
      if (session) refused(await admin.listUsers(), 403, "not_admin", "User not allowed");
    }
    done(await victim.client.auth.getUser());
    done(await enter(victim.email));
  });

  test("the name of a user is no way out of the path", async () => {
    await assert.rejects(async () => {
      const { error } = await server().auth.admin.getUserById("../settings");
      throw error;
    });
  });
});

describe("around", () => {
  test("settings, health, published keys", async () => {
    const settings = await (await call("/settings")).json();
    assert.deepEqual([settings.external.email, settings.external.phone, settings.external.atelier, settings.external.anonymous_users], [true, false, true, true]);
    assert.deepEqual([settings.disable_signup, settings.mailer_autoconfirm, settings.saml_enabled], [false, true, false]);
    assert.deepEqual(Object.keys(await (await call("/health")).json()).sort(), ["description", "name", "version"]);
    const response = await fetch(`${URL_}/auth/v1/.well-known/jwks.json`);
    assert.equal(response.headers.get("cache-control"), "public, max-age=600");
    const { keys } = await response.json();
    assert.equal(keys.length, 1);
    assert.deepEqual([keys[0].kty, keys[0].crv, keys[0].alg, keys[0].d], ["EC", "P-256", "ES256", undefined]);
  });

  test("keys", async () => {
    const none = await fetch(`${URL_}/auth/v1/settings`);
    assert.deepEqual([none.status, await none.json()], [401, {
      message: "No API key found in request", hint: "No `apikey` request header or url param was found.",
    }]);
    const wrong = await browser({ key: "sb_publishable_wrong" }).auth.signInWithPassword({ email: address(), password: PASSWORD });
    assert.deepEqual([wrong.error.status, wrong.error.message], [401, "Invalid API key"]);
  });

  test("codes survive for new clients and old ones", async () => {
    const request = { method: "POST", body: JSON.stringify({ email: address(), password: PASSWORD }) };
    const old = await call("/token?grant_type=password", request);
    assert.deepEqual([old.status, await old.json()], [400, { code: 400, error_code: "invalid_credentials", msg: "Invalid login credentials" }]);
    const modern = await call("/token?grant_type=password", { ...request, headers: { "x-supabase-api-version": "2024-01-01" } });
    assert.deepEqual(await modern.json(), { code: "invalid_credentials", message: "Invalid login credentials" });
    assert.equal(modern.headers.get("x-supabase-api-version"), "2024-01-01");
    assert.equal(modern.headers.get("x-sb-error-code"), "invalid_credentials");
    assert.match(modern.headers.get("access-control-expose-headers") ?? (await call("/settings", { headers: { origin: "https://app.example" } })).headers.get("access-control-expose-headers"), /x-supabase-api-version/i);
    const grant = await call("/token?grant_type=nothing", request);
    assert.deepEqual(await grant.json(), { code: 400, error_code: "invalid_credentials", msg: "unsupported_grant_type" });
    const nobody = await call("/user");
    assert.deepEqual([nobody.status, (await nobody.json()).error_code], [401, "no_authorization"]);
    const large = await call("/signup", { method: "POST", body: JSON.stringify({ password: "x".repeat(1_100_000) }) });
    assert.deepEqual([large.status, (await large.json()).error_code], [413, "request_entity_too_large"]);
    const broken = await call("/signup", { method: "POST", body: "{" });
    const { error_code, msg } = await broken.json();
    assert.deepEqual([broken.status, error_code], [400, "bad_json"]);
    assert.match(msg, /^Could not parse request body as JSON/);
  });

  test("a browser elsewhere may ask", async () => {
    const response = await call("/token", {
      method: "OPTIONS",
      headers: { origin: PAGE, "access-control-request-method": "POST", "access-control-request-headers": "apikey,x-supabase-api-version" },
    });
    assert.ok([200, 204].includes(response.status));
    assert.match(response.headers.get("access-control-allow-headers"), /x-supabase-api-version/i);
    assert.equal(response.headers.get("access-control-allow-credentials"), null);
  });

  test("what this instance does not have is a 404", async () => {
    const { client } = await somebody();
    const factors = await client.auth.mfa.enroll({ factorType: "totp" });
    assert.deepEqual([factors.error.name, factors.error.status], ["AuthApiError", 404]);
    const sso = await browser().auth.signInWithSSO({ domain: "example.com" });
    assert.equal(sso.error.status, 404);
    assert.equal((await call("/factors", { key: SECRET })).status, 404);
  });
});
