/**
 * The way to an OpenID provider and back, for people who prove with it who they are. The dashboard's own pages alone begin and finish, each
 * time with the session of the person whom they show; the database takes the evidence from that person as from any other client.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Pool, PoolClient } from "pg";
import type { Logger } from "pino";
import { makeAnswerPerson } from "./answerPerson.ts";
import type { Authenticate } from "./auth.ts";
import { addressOf } from "./clientAddress.ts";
import { settingsOf, withSettings } from "./database.ts";
import { EVIDENCE_CALLBACK_PATH, type Evidence, type EvidenceOptions, OidcEvidence } from "./evidence.ts";
import { limits } from "./limits.ts";
import { isConnectionLost, isDatabaseError, mayHaveBeenDone } from "./masking.ts";
import { AT_PROVIDER_SECONDS } from "./provider.ts";
import { refusal } from "./refusals.ts";
import { CALLER_HEADER, EVIDENCE_COOKIE, requireCaller, type Sessions } from "./session.ts";
import { SignInBound } from "./signInBound.ts";

export interface EvidenceRoutesOptions {
  /** Connections on which requests run under the role of whoever sends them. */
  readonly pool: Pool;
  readonly sessions: Sessions;
  readonly authenticate: Authenticate;
  /** Undefined: no provider is believed. */
  readonly evidence: EvidenceOptions | undefined;
  /** Where people's repositories are, as they know it; undefined: repositories are not verified. */
  readonly repositoryHost: string | undefined;
  readonly log: Logger;
}

/** What can be proved here. */
interface Ways {
  /** Providers, as they name themselves. */
  readonly issuers: readonly string[];
  /** Where repositories are looked at, such as github.com; null: nowhere. */
  readonly repositoryHost: string | null;
}

/** Where somebody who comes back goes on: their page, which finishes the proof. */
const FINISH_PATH = "/you?answered";
const BODY_BYTES_MAX = 4_096;
/** How often evidence is submitted while others are in the way, or the database is out of reach. */
const ATTEMPTS_MAX = 4;
const PAUSE_MILLISECONDS = 250;

const startBody = {
  type: "object",
  required: ["issuer"],
  additionalProperties: false,
  properties: { issuer: { type: "string" } },
};

/** Serves `/attest` and what belongs to it. */
export function addEvidenceRoutes(app: FastifyInstance, options: EvidenceRoutesOptions): void {
  const { sessions, evidence, repositoryHost, log } = options;
  const oidc = new OidcEvidence(evidence ?? { issuers: [], publicUrl: new URL("http://nowhere.invalid") }, { log });
  const ways: Ways = { issuers: oidc.issuers, repositoryHost: repositoryHost ?? null };
  const asks = { bodyLimit: BODY_BYTES_MAX, onRequest: ownPageOnly(sessions) };
  // Each counted apart, so that whoever has begun comes back and finishes however many begin; and of whoever has no session nothing is counted.
  const [enterStart, enterCallback, enterFinish] = [makeEnter(), makeEnter(), makeEnter()];

  app.get("/attest", async (_request, reply) => reply.header("cache-control", "no-store").send(ways));

  app.post<{ Body: { issuer: string } }>(
    "/attest/start",
    { ...asks, schema: { body: startBody } },
    async (request, reply) => {
      const { token, run } = await callerOf(request, options);
      enterStart(request);
      const { location, kept } = await oidc.begin(request.body.issuer, token, () => run(beginAttestation));
      const cookie = sessions.write(EVIDENCE_COOKIE, kept, { seconds: AT_PROVIDER_SECONDS, sameSite: "Lax" });
      return reply.headers({ "cache-control": "no-store", "set-cookie": cookie }).send({ location });
    },
  );

  const errorHandler = makeAnswerPerson({ title: "Not proved", heading: "This proves nothing yet" });
  const visited = { errorHandler, exposeHeadRoute: false };
  app.get(`${EVIDENCE_CALLBACK_PATH}*`, visited, async (request, reply) => {
    enterCallback(request);
    const kept = oidc.answer(request.url, sessions.read(EVIDENCE_COOKIE, request.headers.cookie));
    const cookie = sessions.write(EVIDENCE_COOKIE, kept, { seconds: AT_PROVIDER_SECONDS, sameSite: "Lax" });
    return reply.headers({ "cache-control": "no-store", "set-cookie": cookie }).redirect(FINISH_PATH, 303);
  });

  app.post("/attest/finish", asks, async (request, reply) => {
    const { token, run } = await callerOf(request, options);
    enterFinish(request);
    const kept = sessions.read(EVIDENCE_COOKIE, request.headers.cookie);
    // Whatever comes of it, it is used up.
    const usedUp = sessions.write(EVIDENCE_COOKIE, "", { seconds: 0, sameSite: "Lax" });
    reply.headers({ "cache-control": "no-store", "set-cookie": usedUp });
    const given = await oidc.finish(kept, token);
    return { attestationId: await submit(given, run) };
  });
}

/** Counts one. */
function makeEnter(): (request: FastifyRequest) => void {
  const bound = new SignInBound(limits.signIns, { many: "proofs", hint: "Begin again in a minute." });
  return ({ ip }) => bound.enter(ip);
}

/** The hook that lets only the gateway's own pages pass. */
function ownPageOnly(sessions: Sessions): (request: FastifyRequest) => Promise<void> {
  return async ({ headers }) => sessions.requireOwnPage(headers);
}

/** Runs a statement under the person's own role. */
type Run = <Result>(work: (client: PoolClient) => Promise<Result>) => Promise<Result>;

/** Whose session it is, and that it is whom their page shows. */
async function callerOf(
  request: FastifyRequest,
  { sessions, authenticate, pool }: EvidenceRoutesOptions,
): Promise<{ readonly token: string; readonly run: Run }> {
  const token = sessions.tokenOf(request.headers);
  if (token === undefined) {
    const hint = "Programs send evidence with the mutation submitAttestation.";
    throw refusal("UNAUTHENTICATED", "Nobody is signed in in this browser.", { hint, statusCode: 401 });
  }
  const identity = await authenticate(`Bearer ${token}`);
  requireCaller(request.headers[CALLER_HEADER], identity);
  return { token, run: (work) => withSettings(pool, settingsOf(identity, addressOf(request)), work) };
}

async function beginAttestation(client: PoolClient): Promise<string> {
  const { rows } = await client.query<{ nonce: string }>("select nonce from press.begin_attestation('oidc')");
  return rows[0]?.nonce ?? "";
}

/**
 * A code can be redeemed once, so whoever meets others in the way, or loses the answer, is not sent to the provider again for it: the same evidence under the
 * same request key is taken once.
 */
async function submit({ token, requestKey }: Evidence, run: Run): Promise<string> {
  let mayBeTaken = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run(async (client) => {
        const text = "select id from press.submit_attestation('oidc', $1, $2)";
        const { rows } = await client.query<{ id: string }>(text, [token, requestKey]);
        return rows[0]?.id ?? "";
      });
    } catch (error) {
      mayBeTaken ||= mayHaveBeenDone(error);
      if (!mayPass(error)) throw error;
      if (attempt === ATTEMPTS_MAX) throw mayBeTaken ? answerLost() : error;
      await sleep(PAUSE_MILLISECONDS);
    }
  }
}

function mayPass(error: unknown): boolean {
  return isConnectionLost(error) || (isDatabaseError(error) && ["PRBSY", "40001", "40P01"].includes(error.code));
}

function answerLost(): Error {
  return refusal("OUTCOME_UNKNOWN", "The answer was lost, so the evidence may or may not have been taken.", {
    hint: "Look on your page whether it is there; if it is not, begin again.",
    statusCode: 503,
  });
}
