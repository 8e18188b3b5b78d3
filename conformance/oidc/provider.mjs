// A real OpenID provider for the tests of accounts: oidc-provider on a free port, with sign-in and consent given by
// whoever the client hints at (`login_hint`). One line on standard output says where it is.
import { createServer } from "node:http";
import Provider from "oidc-provider";

// The people it knows: login_hint -> claims.
const people = JSON.parse(process.env.PEOPLE);
const server = createServer((request, response) => provider.callback()(request, response));
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: JSON.parse(process.env.CLIENTS),
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "picture"] },
  // Claims in the ID token, as most providers of the world have them.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  cookies: { keys: ["only for tests"] },
});

provider.use(async (context, next) => {
  if (!context.path.startsWith("/interaction/")) return next();
  const { prompt, params, session, grantId } = await provider.interactionDetails(context.req, context.res);
  if (params.login_hint === "nobody") {
    const refusal = { error: "access_denied", error_description: "Somebody said no" };
    return provider.interactionFinished(context.req, context.res, refusal);
  }
  if (prompt.name === "login") {
    const login = { login: { accountId: params.login_hint } };
    return provider.interactionFinished(context.req, context.res, login, { mergeWithLastSubmission: false });
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(context.req, context.res, consent, { mergeWithLastSubmission: true });
});

process.stdout.write(`${JSON.stringify({ issuer })}\n`);
process.stdin.resume().on("end", () => process.exit(0));
