/**
 * Records for the chain over plain HTTP, for programs that speak no GraphQL: the same contract, the same functions of the database and the same
 * refusals, as problem details (RFC 9457).
 */
import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Pool, PoolClient } from "pg";
import type { SafeError } from "postgraphile/grafast";
import type { Authenticate, Identity } from "./auth.ts";
import { CallerTurns } from "./callerTurns.ts";
import { addressOf } from "./clientAddress.ts";
import { settingsOf, withSettings } from "./database.ts";
import { limits } from "./limits.ts";
import { httpRefusal, isDatabaseError, mayHaveBeenDone } from "./masking.ts";
import { type RefusalExtensions, refusal } from "./refusals.ts";
import { CALLER_HEADER, requireCaller, type Sessions } from "./session.ts";
import { requireSignedRecord, type SubmittedRecord } from "./signedRecords.ts";
import { isStorable, UNSTORABLE } from "./storable.ts";

export interface PublishRoutesOptions {
  /** Connections on which requests run under the role of whoever sends them. */
  readonly pool: Pool;
  readonly sessions: Pick<Sessions, "authorizationOf">;
  readonly authenticate: Authenticate;
}

export const PUBLISH_PATH = "/v1/publish";

/** The members of a submission, all of them and no other. */
const MEMBERS = ["signed_payload", "signature", "pubkey"] as const;
/** As JSON has them, whatever is in them. */
const STRINGS = /"(?:[^"\\]|\\.)*"/g;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** How a job stands, for whoever may see it. */
interface Job {
  readonly job_id: string;
  readonly state: "queued" | "processing" | "unknown" | "sent" | "failed";
  readonly error_code: string | null;
  readonly error_detail: string | null;
  /** Of the transaction that it is in; the final one when it is sent. */
  readonly txid: string | null;
  /** Null while no node has it. */
  readonly confirmations: number | null;
  readonly submitted_at: Date;
  readonly expires_at: Date | null;
  readonly sent_at: Date | null;
}

/** What the refusals of this contract are in HTTP; any other of the database is 403, or 503 where the same may succeed later. */
const STATUSES: Readonly<Record<string, number>> = {
  PRESS_STOPPED: 503,
  NOT_SIGNED_IN: 401,
  INVALID_INPUT: 400,
  NOT_CANONICAL: 400,
  SIGNATURE_INVALID: 403,
  NONCE_REUSED: 409,
  EXPIRED: 422,
  RATE_LIMITED: 429,
};

/** Until the same may succeed, where nothing is wrong with the request. */
const RETRY_SECONDS = 1;

/** Serves `/v1/publish`. */
export function addPublishRoutes(app: FastifyInstance, options: PublishRoutesOptions): void {
  const turns = new CallerTurns({ max: limits.recordsPerCallerMax });
  void app.register(async (routes) => {
    routes.removeAllContentTypeParsers();
    // As bytes: what is made of them no longer shows that they were not UTF-8, or that a member was there twice.
    routes.addContentTypeParser(
      "application/json",
      { parseAs: "buffer" },
      async (_request: FastifyRequest, body: Buffer) => submissionOf(body),
    );
    routes.setErrorHandler(answerProblem);
    routes.addHook("onSend", async (_request, reply) => {
      reply.header("cache-control", "no-store");
    });

    routes.post<{ Body: SubmittedRecord | undefined }>(
      PUBLISH_PATH,
      { bodyLimit: limits.recordBodyBytesMax },
      async (request, reply) => {
        const identity = await identityOf(request, options);
        if (request.body === undefined) throw notASubmission();
        const record = request.body;
        requireSignedRecord(identity, record);
        const { id, state } = await turns.run(identity.subject ?? "", () =>
          run(request, identity, options, (client) => submit(client, record)),
        );
        return reply.code(202).header("location", `${PUBLISH_PATH}/${id}`).send({ job_id: id, state });
      },
    );

    routes.get<{ Params: { id: string } }>(`${PUBLISH_PATH}/:id`, async (request) => {
      const identity = await identityOf(request, options);
      const { id } = request.params;
      const job = UUID.test(id) ? await run(request, identity, options, (client) => readJob(client, id)) : undefined;
      if (job !== undefined) return job;
      throw refusal("NOT_FOUND", "There is no such job, or it is another holder's.", {
        hint: "Ask with the token that it was submitted with.",
        statusCode: 404,
      });
    });
  });
}

/**
 * Reads a submission.
 *
 * @throws {SafeError} INVALID_INPUT when they are not exactly the three texts, each once
 */
function submissionOf(bytes: Buffer): SubmittedRecord {
  const body = decoded(bytes);
  const given = parsed(body);
  if (typeof given !== "object" || given === null) throw notASubmission();
  const { signed_payload: signedPayload, signature, pubkey } = given as Readonly<Record<string, unknown>>;
  if (typeof signedPayload !== "string" || typeof signature !== "string" || typeof pubkey !== "string") {
    throw notASubmission();
  }
  // Three names and three texts are six strings; whatever else is there, or there twice, has a name of its own.
  if (body.match(STRINGS)?.length !== 2 * MEMBERS.length) throw notASubmission();
  if (!isStorable(given)) throw refusal("INVALID_INPUT", UNSTORABLE, { statusCode: 400 });
  return { signedPayload, signature, pubkey };
}

/** @throws {SafeError} INVALID_INPUT when they are not UTF-8: no other characters are put in the place of such bytes */
function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notASubmission();
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

const notASubmission = () =>
  refusal("INVALID_INPUT", "The request cannot be understood.", {
    detail: `The body is a JSON object with the members ${MEMBERS.map((name) => `"${name}"`).join(", ")}: three texts, each once, and nothing else. It is UTF-8, and not compressed.`,
    hint: "Change the request as the detail says and send it again.",
    statusCode: 400,
  });

/** Who calls, as GraphQL has it: by a token, or as one of the gateway's own pages by its session. */
async function identityOf(
  { headers }: FastifyRequest,
  { sessions, authenticate }: PublishRoutesOptions,
): Promise<Identity> {
  const identity = await authenticate(sessions.authorizationOf(headers));
  if (headers.authorization === undefined) requireCaller(headers[CALLER_HEADER], identity);
  return identity;
}

function run<Result>(
  request: FastifyRequest,
  identity: Identity,
  { pool }: PublishRoutesOptions,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  return withSettings(pool, settingsOf(identity, addressOf(request)), work);
}

async function submit(
  client: PoolClient,
  { signedPayload, signature, pubkey }: SubmittedRecord,
): Promise<{ readonly id: string; readonly state: string }> {
  const text = "select id, state from press.submit_record($1, $2, $3)";
  const { rows } = await client.query<{ id: string; state: string }>(text, [signedPayload, signature, pubkey]);
  return { id: rows[0]?.id ?? "", state: rows[0]?.state ?? "" };
}

/** Undefined where it is not there for the caller. */
async function readJob(client: PoolClient, id: string): Promise<Job | undefined> {
  const text = `select p.id as job_id, p.state, p.error_code, p.error_detail, press.publications_txid(p) as txid,
      press.publications_confirmations(p) as confirmations, p.submitted_at, p.expires_at, p.sent_at
    from press.publications p where p.id = $1`;
  const { rows } = await client.query<Job>(text, [id]);
  return rows[0];
}

function answerProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, problem } = problemOf(error, request);
  if (problem.retryable === true) reply.header("retry-after", RETRY_SECONDS);
  return reply.code(status).type("application/problem+json").send(JSON.stringify(problem));
}

/** An error as RFC 9457 has it; `code` is the name of the refusal, as in GraphQL, and the rest of what is said of it beside that. */
function problemOf(
  error: FastifyError,
  request: FastifyRequest,
): { readonly status: number; readonly problem: Readonly<Record<string, unknown>> } {
  const { status: usual, answer } = httpRefusal(withoutAnswer(error, request) ?? error, request.log);
  const [said] = (answer as { errors: readonly Pick<SafeError<RefusalExtensions>, "message" | "extensions">[] }).errors;
  const { code = "INTERNAL_ERROR", retryable = false, detail, hint, errorId } = said?.extensions ?? {};
  const status = STATUSES[code] ?? usual;
  const sentence = said?.message.replace(/^[A-Z_]+: /, "") ?? "";
  return {
    status,
    problem: {
      type: "about:blank",
      title: STATUS_CODES[status],
      status,
      detail: detail === undefined ? sentence : `${sentence} ${detail}`,
      code,
      retryable,
      ...(hint === undefined ? null : { hint }),
      ...(errorId === undefined ? null : { errorId }),
    },
  };
}

/** A record is taken once, however often it is sent; whether it was taken nobody knows whose answer was lost. */
function withoutAnswer(error: Error, { method }: FastifyRequest): Error | null {
  if (!mayHaveBeenDone(error)) return null;
  const more = { hint: "Send it again: a record is taken once.", statusCode: 503 };
  if (isDatabaseError(error) && error.code === "57014") return refusal("TIMEOUT", "The request took too long.", more);
  if (method !== "POST") return null;
  return refusal("OUTCOME_UNKNOWN", "The answer was lost, so the record may or may not have been taken.", more);
}
