/**
 * Signing in and out, for the dashboard. `/session` says who is signed in; a person signs in with the configured provider or, in a press for
 * trying, by saying a name.
 */
import type { IncomingHttpHeaders } from "node:http";
import { isIPv4 } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { SafeError } from "postgraphile/grafast";
import { type Authenticate, type Identity, isSubject, type JwtOptions, SUBJECT_FORM } from "./auth.ts";
import { isDashboardPath } from "./dashboardRoutes.ts";
import { limits } from "./limits.ts";
import { makeToken } from "./makeToken.ts";
import { httpRefusal } from "./masking.ts";
import { acceptsType } from "./negotiation.ts";
import { CALLBACK_PATH, type OidcOptions, OidcSignIn, SIGN_IN_SECONDS } from "./oidc.ts";
import { isFromOwnPage } from "./origins.ts";
import { type RefusalExtensions, refusal } from "./refusals.ts";
import { foreignPage, type Sessions, SIGN_IN_COOKIE } from "./session.ts";
import { SignInBound } from "./signInBound.ts";

/**
 * How people sign in at the dashboard: with a provider, or (`trial`) under any name that they say, without a proof. The latter is for the
 * embedded press, and only for those who sit at its machine.
 */
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

const TRIAL_EXPIRES = "12h";
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
  const { sessions, authenticate, jwt, signIn, log } = options;
  const bound = new SignInBound(limits.signIns);
  const enter = async ({ ip }: FastifyRequest) => bound.enter(ip);
  const waysIn = (request: FastifyRequest) =>
    signIn?.kind === "trial" && !isLocal(request) ? null : (signIn?.kind ?? null);

  const answer = (request: FastifyRequest, reply: FastifyReply, identity: Identity | null): SessionAnswer => {
    reply.header("cache-control", "no-store");
    const way = waysIn(request);
    if (identity === null || identity.subject === null) return { signedIn: false, signIn: way };
    const { subject, role, expiresAt } = identity;
    return {
      signedIn: true,
      subject,
      role: role === "press_operator" ? "operator" : "holder",
      expiresAt: new Date(expiresAt).toISOString(),
      signIn: way,
    };
  };

  app.get("/session", async (request, reply) => {
    const token = sessions.tokenOf(request.headers);
    const identity = token === undefined ? null : await identityOf(token, authenticate);
    if (token !== undefined && identity === null) reply.header("set-cookie", sessions.end());
    return answer(request, reply, identity);
  });

  app.delete("/session", { onRequest: requireOwnPage }, async (request, reply) => {
    reply.header("set-cookie", sessions.end());
    return answer(request, reply, null);
  });

  addTrial(app);
  addProvider(app);

  function addTrial(app: FastifyInstance): void {
    const makeTrialToken = signIn?.kind === "trial" ? trialTokenMaker(jwt) : null;
    const route = { bodyLimit: BODY_BYTES_MAX, schema: { body: trialBody }, onRequest: [requireOwnPage, enter] };
    app.post<{ Body: { name: string; operator?: boolean } }>("/session", route, async (request, reply) => {
      if (makeTrialToken === null || !isLocal(request)) throw noTrial();
      const { name, operator = false } = request.body;
      if (!isSubject(name) || name.trim() !== name) {
        throw refusal("INVALID_INPUT", `The name must be ${SUBJECT_FORM}, without a space at either end.`, {
          statusCode: 400,
        });
      }
      const token = await makeTrialToken({ subject: name, isOperator: operator, expires: TRIAL_EXPIRES });
      const identity = await authenticate(`Bearer ${token}`);
      begin(reply, token, Number(identity.expiresAt));
      return answer(request, reply, identity);
    });
  }

  function addProvider(app: FastifyInstance): void {
    const oidc = signIn?.kind === "oidc" ? new OidcSignIn(signIn, { authenticate, log }) : null;
    const errorHandler = answerPerson;

    const start = { onRequest: enter, errorHandler, exposeHeadRoute: false };
    app.get<{ Querystring: { return?: unknown } }>("/session/start", start, async (request, reply) => {
      if (oidc === null) throw noProvider();
      const { location, kept } = await oidc.begin(returnPath(request.query.return));
      const cookie = sessions.write(SIGN_IN_COOKIE, kept, { seconds: SIGN_IN_SECONDS, sameSite: "Lax" });
      return reply.headers({ "cache-control": "no-store", "set-cookie": cookie }).redirect(location, 303);
    });

    app.get(CALLBACK_PATH, { errorHandler, exposeHeadRoute: false }, async (request, reply) => {
      if (oidc === null) throw noProvider();
      // Whatever comes of it, it is used up.
      const usedUp = sessions.write(SIGN_IN_COOKIE, "", { seconds: 0, sameSite: "Lax" });
      reply.headers({ "cache-control": "no-store", "set-cookie": usedUp });
      const kept = sessions.read(SIGN_IN_COOKIE, request.headers.cookie);
      const { token, expiresAt, returnTo } = await oidc.finish(request.url, kept);
      begin(reply, token, expiresAt);
      return reply.redirect(returnTo, 303);
    });
  }

  function begin(reply: FastifyReply, token: string, expiresAt: number): void {
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
}

async function requireOwnPage({ headers }: FastifyRequest): Promise<void> {
  if (!isFromOwnPage(headers)) throw foreignPage();
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

function trialTokenMaker({ key, ...terms }: JwtOptions) {
  if (!("secret" in key)) throw new Error("Signing in for trying needs tokens with a shared secret.");
  return (who: Parameters<typeof makeToken>[1]) => makeToken({ ...terms, secret: key.secret }, who);
}

/**
 * Whether a request comes from this machine, asks for it by a name of its own, and was forwarded by nobody. Another machine's name here would be
 * that of a page whose owner has pointed it at us (DNS rebinding).
 */
function isLocal({ headers, socket }: FastifyRequest): boolean {
  const isForwarded = FORWARDED.some((name) => headers[name] !== undefined);
  return !isForwarded && isLoopback(socket.remoteAddress ?? "") && isLoopbackHost(headers);
}

const FORWARDED = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, "");
  return plain === "::1" || (isIPv4(plain) && plain.startsWith("127."));
}

function isLoopbackHost({ host }: IncomingHttpHeaders): boolean {
  const hostname = URL.parse(`http://${host}`)?.hostname ?? "";
  return hostname === "localhost" || isLoopback(hostname.replace(/^\[|\]$/g, ""));
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

/** These addresses are visited, so whoever gets no further is told in a page; programs get the same as everywhere. */
function answerPerson(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, answer } = httpRefusal(error, request.log);
  reply.code(status).headers({ "cache-control": "no-store", vary: "accept" });
  if (!acceptsType(request.headers, "text/html")) return reply.send(answer);
  const [{ message, extensions }] = (answer as { errors: [{ message: string; extensions: RefusalExtensions }] }).errors;
  const paragraphs = [message.replace(/^[A-Z_]+: /, ""), extensions.detail, extensions.hint]
    .filter((text) => text !== undefined)
    .map((text) => `<p>${escaped(text)}</p>`);
  return reply.type("text/html; charset=utf-8").send(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Not signed in</title></head>
<body>
<h1>You are not signed in</h1>
${paragraphs.join("\n")}
<p><a href="/">To the dashboard</a></p>
</body>
</html>
`);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
