/**
 * Signing in and out, for the dashboard. `/session` says who is signed in; a person signs in with the configured provider or, in a press for
 * trying, by saying a name.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { SafeError } from "postgraphile/grafast";
import { makeAnswerPerson } from "./answerPerson.ts";
import type { Authenticate, Identity, JwtOptions } from "./auth.ts";
import { isDashboardPath } from "./dashboardRoutes.ts";
import { limits } from "./limits.ts";
import { CALLBACK_PATH, type OidcOptions, OidcSignIn } from "./oidc.ts";
import { AT_PROVIDER_SECONDS } from "./provider.ts";
import { refusal } from "./refusals.ts";
import { type Sessions, SIGN_IN_COOKIE } from "./session.ts";
import { SignInBound } from "./signInBound.ts";
import { isLocal, trialTokenMaker } from "./trialSignIn.ts";

/** How people sign in at the dashboard: with a provider, or (`trial`) under any name that they say. */
export type SignIn = { readonly kind: "trial" } | ({ readonly kind: "oidc" } & OidcOptions);

export interface SessionRoutesOptions {
  readonly sessions: Sessions;
  readonly authenticate: Authenticate;
  readonly jwt: JwtOptions;
  /** Undefined: nobody can sign in here, and tokens come from elsewhere. */
  readonly signIn: SignIn | undefined;
  readonly log: Logger;
}

/** What `/session` says. */
type SessionAnswer = { readonly signIn: SignIn["kind"] | null } & (
  | { readonly signedIn: false }
  | {
      readonly signedIn: true;
      readonly subject: string;
      readonly role: "holder" | "operator";
      /** RFC 3339. */
      readonly expiresAt: string;
    }
);

const BODY_BYTES_MAX = 4_096;

const trialBody = {
  type: "object",
  required: ["name"],
  additionalProperties: false,
  properties: { name: { type: "string" }, operator: { type: "boolean" } },
};

/**
 * Serves `/session` and what belongs to it.
 *
 * @throws {Error} when people are to sign in by saying a name, but tokens are not checked with a shared secret
 */
export function addSessionRoutes(app: FastifyInstance, options: SessionRoutesOptions): void {
  const enter = makeEnter();
  addSession(app, options);
  addTrial(app, options, enter);
  addProvider(app, options, enter);
}

/** Counts a sign-in. */
type Enter = (request: FastifyRequest) => Promise<void>;

function makeEnter(): Enter {
  const bound = new SignInBound(limits.signIns);
  return async ({ ip }) => bound.enter(ip);
}

function addSession(app: FastifyInstance, { sessions, authenticate, signIn }: SessionRoutesOptions): void {
  app.get("/session", async (request, reply) => {
    const token = sessions.tokenOf(request.headers);
    const identity = token === undefined ? null : await identityOf(token, authenticate);
    if (token !== undefined && identity === null) reply.header("set-cookie", sessions.end());
    return answer(request, reply, signIn, identity);
  });

  app.delete("/session", { onRequest: ownPageOnly(sessions) }, async (request, reply) => {
    reply.header("set-cookie", sessions.end());
    return answer(request, reply, signIn, null);
  });
}

function addTrial(app: FastifyInstance, options: SessionRoutesOptions, enter: Enter): void {
  const { sessions, authenticate, jwt, signIn } = options;
  const makeTrialToken = signIn?.kind === "trial" ? trialTokenMaker(jwt) : null;
  const route = { bodyLimit: BODY_BYTES_MAX, schema: { body: trialBody }, onRequest: [ownPageOnly(sessions), enter] };

  app.post<{ Body: { name: string; operator?: boolean } }>("/session", route, async (request, reply) => {
    if (makeTrialToken === null || !isLocal(request)) throw noTrial();
    const { name, operator = false } = request.body;
    const token = await makeTrialToken(name, operator);
    const identity = await authenticate(`Bearer ${token}`);
    begin(reply, options, token, Number(identity.expiresAt));
    return answer(request, reply, signIn, identity);
  });
}

function addProvider(app: FastifyInstance, options: SessionRoutesOptions, enter: Enter): void {
  const { sessions, signIn } = options;
  const oidc = signIn?.kind === "oidc" ? new OidcSignIn(signIn, options) : null;
  const errorHandler = makeAnswerPerson({ title: "Not signed in", heading: "You are not signed in" });
  const visited = { errorHandler, exposeHeadRoute: false };

  app.get<{ Querystring: { return?: unknown } }>(
    "/session/start",
    { ...visited, onRequest: enter },
    async (request, reply) => {
      if (oidc === null) throw noProvider();
      const { location, kept } = await oidc.begin(returnPath(request.query.return));
      const cookie = sessions.write(SIGN_IN_COOKIE, kept, { seconds: AT_PROVIDER_SECONDS, sameSite: "Lax" });
      return reply.headers({ "cache-control": "no-store", "set-cookie": cookie }).redirect(location, 303);
    },
  );

  // Counted apart, so that whoever has begun can finish however many begin.
  app.get(CALLBACK_PATH, { ...visited, onRequest: makeEnter() }, async (request, reply) => {
    if (oidc === null) throw noProvider();
    const begun = await oidc.recall(request.url, sessions.read(SIGN_IN_COOKIE, request.headers.cookie));
    // Whatever comes of it, it is used up; what a tab that began later has kept is not.
    const usedUp = sessions.write(SIGN_IN_COOKIE, "", { seconds: 0, sameSite: "Lax" });
    reply.headers({ "cache-control": "no-store", "set-cookie": usedUp });
    const { token, expiresAt, returnTo } = await oidc.finish(request.url, begun);
    begin(reply, options, token, expiresAt);
    return reply.redirect(returnTo, 303);
  });
}

/** Sets the cookie of a session. */
function begin(reply: FastifyReply, { sessions, log }: SessionRoutesOptions, token: string, expiresAt: number): void {
  const cookie = sessions.begin(token, expiresAt);
  if (cookie !== null) {
    reply.header("set-cookie", cookie);
    return;
  }
  log.warn({ length: token.length }, "a token is longer than browsers keep in a cookie");
  throw refusal("UNAUTHENTICATED", "The provider's token is longer than browsers keep in a cookie (4,096 bytes).", {
    hint: "Configure the provider to put fewer claims, such as groups, into the tokens of this client.",
    statusCode: 401,
  });
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  signIn: SignIn | undefined,
  identity: Identity | null,
): SessionAnswer {
  reply.header("cache-control", "no-store");
  const isPossible = signIn !== undefined && (signIn.kind === "oidc" || isLocal(request));
  const way = isPossible ? signIn.kind : null;
  if (identity === null || identity.subject === null) return { signedIn: false, signIn: way };
  const { subject, role, expiresAt } = identity;
  return {
    signedIn: true,
    subject,
    role: role === "press_operator" ? "operator" : "holder",
    expiresAt: new Date(expiresAt).toISOString(),
    signIn: way,
  };
}

/** The hook that lets only the gateway's own pages pass. */
function ownPageOnly(sessions: Sessions): (request: FastifyRequest) => Promise<void> {
  return async ({ headers }) => sessions.requireOwnPage(headers);
}

/** Who a token stands for; null when for nobody any more. */
async function identityOf(token: string, authenticate: Authenticate): Promise<Identity | null> {
  try {
    const identity = await authenticate(`Bearer ${token}`);
    // The tolerance for clocks shows nobody as signed in who is not served a moment later.
    return identity.expiresAt !== null && identity.expiresAt > Date.now() ? identity : null;
  } catch (error) {
    if (error instanceof SafeError && error.extensions?.code === "UNAUTHENTICATED") return null;
    throw error; // The issuer's keys are out of reach, which says nothing about the person.
  }
}

/** The page to come back to: one of the dashboard, and nothing else. */
function returnPath(given: unknown): string {
  if (given === undefined) return "/";
  // Two slashes, or what browsers take for them, would begin the name of another host.
  if (typeof given === "string" && /^\/(?!\/)[\x21-\x5B\x5D-\x7E]*$/.test(given)) {
    const { pathname, search } = new URL(given, "http://dashboard.invalid");
    if (isDashboardPath(pathname)) return `${pathname}${search}`;
  }
  throw refusal("INVALID_INPUT", `"return" must be the path of a page of the dashboard.`, { statusCode: 400 });
}

function noTrial(): Error {
  return refusal("NOT_ALLOWED", "Nobody signs in here by saying a name.", {
    hint: "That is for the embedded press (npm start without DATABASE_URL), in a browser on the same machine.",
    statusCode: 403,
  });
}

function noProvider(): Error {
  return refusal("NOT_ALLOWED", "There is no provider here to sign in with.", {
    hint: "Set OIDC_ISSUER and what README.md names beside it.",
    statusCode: 403,
  });
}
