/**
 * Evidence of the kind repository: a public repository that belongs to an account of a person's, and in its root the file golden-press.txt with
 * the nonce in a line of its own. Asked over the REST API that GitHub documents; whatever is not exactly as documented there is no answer.
 */
import { Octokit } from "@octokit/core";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import canonicalize from "canonicalize";
import { isLoopbackHost } from "../../network/addresses.ts";
import { AnswerTooLongError, type GuardedRequest, guardedFetch, OutsideError } from "../../network/guardedFetch.ts";
import { type Evidence, type Gather, NONCE, type Problem, type Proof } from "./evidence.ts";

/** What gathering of this kind needs. */
export interface RepositoryOptions {
  /** Where the REST API is: `https://api.github.com`. */
  readonly apiUrl: string;
  /** Raises the service's limits; without one it says little an hour. */
  readonly token?: string | undefined;
  readonly lookup?: GuardedRequest["lookup"];
  /** How long the service may take for an answer. */
  readonly timeoutMilliseconds?: number | undefined;
  /** How long the first pause is before a request that failed is made once more. */
  readonly retryMilliseconds?: number | undefined;
}

/** The file in the root of a repository that shows who controls it. */
export const PROOF_FILE = "golden-press.txt";

const TIMEOUT_MILLISECONDS = 5_000;
/** What fails again is tried again later, when the service may have recovered. */
const RETRIES = 1;
const RETRY_MILLISECONDS = 1_000;
const API_VERSION = "2022-11-28";
/** What the service says of a repository is some kilobytes; of a file, up to 1 MB of content, as lines of base64. */
const ANSWER_BYTES_MAX = 262_144;
const FILE_ANSWER_BYTES_MAX = 1_572_864;
/** Nothing that leads to another path of the service. */
const FULL_NAME = /^([A-Za-z0-9-]{1,39})\/(?!\.{1,2}$)([A-Za-z0-9._-]{1,100})$/;
/** The service says for how long it is to be left alone; no more is believed. */
const PAUSE_SECONDS_MAX = 3_600;

const Client = Octokit.plugin(retry, throttling);

/** The members of the service's answers that are read here. */
interface RepositoryAnswer {
  readonly full_name: string;
  readonly private: boolean;
  readonly created_at: string;
  readonly size: number;
  readonly owner: { readonly id: number; readonly login: string; readonly type: string };
}

/** Makes what gathers evidence of the kind repository. */
export function makeRepositoryGather(options: RepositoryOptions): Gather {
  const service = new HostingService(options);
  return (evidence) => service.gather(evidence);
}

class HostingService {
  readonly #url: URL;
  readonly #base: string;
  readonly #client: InstanceType<typeof Client>;
  /** Until when nothing is asked, on the clock of `performance.now()`. */
  #restsUntil = 0;

  constructor(options: RepositoryOptions) {
    this.#url = new URL(options.apiUrl);
    this.#base = this.#url.href.replace(/\/$/, "");
    // It is told, and not waited for: a limit lasts up to an hour, and other evidence waits meanwhile in the database.
    const rest = (seconds: number) => {
      this.#rest(seconds);
      return false;
    };
    this.#client = new Client({
      baseUrl: this.#base,
      auth: options.token,
      userAgent: "golden-press",
      request: { fetch: makeFetch(this.#url, options) },
      retry: {
        retries: RETRIES,
        retryAfterBaseValue: options.retryMilliseconds ?? RETRY_MILLISECONDS,
        doNotRetry: FINAL,
      },
      throttle: { id: this.#base, onRateLimit: rest, onSecondaryRateLimit: rest },
      log: { debug() {}, info() {}, warn() {}, error() {} }, // What fails is in the error that is thrown.
    });
  }

  async gather({ text, nonce, signal }: Evidence): Promise<Proof | Problem> {
    const [, owner, repo] = FULL_NAME.exec(text) ?? [];
    if (owner === undefined || repo === undefined) return { problem: "That is no name of a repository: owner/name." };
    const answer = await this.#get("GET /repos/{owner}/{repo}", { owner, repo, signal });
    if ("problem" in answer) return answer;
    const repository = readRepository(answer.data) ?? this.#fail();
    const problem = problemOf(repository, text);
    if (problem !== undefined) return problem;
    const { id, login } = repository.owner;
    const account = await this.#get("GET /users/{username}", { username: login, signal });
    if ("problem" in account) return account;
    const accountCreatedAt = readAccount(account.data, id) ?? this.#fail();
    return {
      proof: canonicalize({ account_id: id, kind: "repository", service: this.#base }) ?? "",
      nonce: await this.#findNonce({ owner, repo, signal }, nonce),
      facts: { ...factsOf(repository), account_created_at: accountCreatedAt },
    };
  }

  /** The holder's nonce where the file has it, else the first that it has, of whomever. */
  async #findNonce(
    where: { readonly owner: string; readonly repo: string; readonly signal: AbortSignal },
    expected: string | null,
  ): Promise<string | null> {
    const answer = await this.#getFile(where);
    if (answer === undefined || "problem" in answer) return null;
    const lines = (readFile(answer.data) ?? this.#fail()).split(/\r?\n/).map((line) => line.trim());
    if (expected !== null && lines.includes(expected)) return expected;
    return lines.find((line) => NONCE.test(line)) ?? null;
  }

  /** Undefined: it is so long that nobody will ever read it here. */
  async #getFile(where: { readonly owner: string; readonly repo: string; readonly signal: AbortSignal }) {
    try {
      return await this.#get("GET /repos/{owner}/{repo}/contents/{path}", { ...where, path: PROOF_FILE });
    } catch (error) {
      if (error instanceof AnswerTooLongError) return undefined;
      throw error;
    }
  }

  /**
   * @returns the answer, or why there will be none
   * @throws {OutsideError} when there may be one later
   */
  async #get(route: string, { signal, ...parameters }: { signal: AbortSignal; [name: string]: unknown }) {
    const rest = Math.ceil((this.#restsUntil - performance.now()) / 1000);
    if (rest > 0) throw this.#outside("has asked to be left alone for a while", rest);
    const headers = { accept: "application/vnd.github+json", "x-github-api-version": API_VERSION };
    const answer = await this.#client
      .request(route, { ...parameters, headers, request: { signal } })
      .catch((error: RequestError): Answer => {
        if (error.response !== undefined) return error.response;
        throw error.cause instanceof OutsideError ? error.cause : error;
      });
    return answer.status === 200 ? { data: answer.data as unknown } : this.#judge(answer);
  }

  #judge({ status, headers, data }: Answer): Problem {
    if (isRenamed(headers, this.#base)) return { problem: "The repository has another name by now: submit that one." };
    if (GONE.includes(status) || (status === 403 && (isBlocked(data) || isTooLarge(data)))) {
      return { problem: "There is no such public repository: correct its name, or make it public." };
    }
    const asked = Number(headers["retry-after"]);
    if (asked > 0) this.#rest(asked);
    const seconds = Math.ceil((this.#restsUntil - performance.now()) / 1000);
    throw this.#outside(`answers ${status}`, seconds > 0 ? seconds : undefined);
  }

  #rest(seconds: number): void {
    const until = performance.now() + Math.min(Math.max(seconds, 1), PAUSE_SECONDS_MAX) * 1000;
    this.#restsUntil = Math.max(this.#restsUntil, until);
  }

  #fail(): never {
    throw this.#outside("answers with something else than it documents");
  }

  #outside(predicate: string, retryAfterSeconds?: number): OutsideError {
    return new OutsideError(`${this.#url.host} ${predicate}`, { retryAfterSeconds });
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly data: unknown;
}

/** What the client throws: without a response when there was none. */
interface RequestError extends Error {
  readonly response?: Answer;
}

const GONE = [404, 410, 451];
/** What another request would not change. */
const FINAL = [301, 302, 303, 307, 308, 400, 401, 403, 422, 429, ...GONE];

/** What the service documents for this status: a repository that it has taken down. */
function isBlocked(data: unknown): boolean {
  return typeof (data as { block?: unknown } | null)?.block === "object";
}

/** What the service documents for a file of more than 100 MB. */
function isTooLarge(data: unknown): boolean {
  const { errors } = (data ?? {}) as { errors?: unknown };
  return Array.isArray(errors) && errors.some((error) => error?.code === "too_large");
}

/** The service leads from a former name to the number of the repository; what leads elsewhere is another matter. */
function isRenamed({ location }: Answer["headers"], base: string): boolean {
  return String(location).startsWith(`${base}/repositories/`);
}

function problemOf(repository: RepositoryAnswer, asked: string): Problem | undefined {
  const { full_name: name, private: isPrivate, owner } = repository;
  if (name.toLowerCase() !== asked.toLowerCase()) {
    return { problem: "The repository has another name by now: submit that one." };
  }
  if (isPrivate) return { problem: "There is no such public repository: correct its name, or make it public." };
  if (owner.type === "User") return undefined;
  return {
    problem: "The repository belongs to an organization: submit one that belongs to an account of your own.",
    facts: factsOf(repository),
  };
}

function factsOf({ created_at, size }: RepositoryAnswer) {
  return { repository_created_at: created_at, repository_size_kb: size };
}

function readRepository(data: unknown): RepositoryAnswer | undefined {
  const { full_name, private: isPrivate, created_at, size, owner } = (data ?? {}) as Partial<RepositoryAnswer>;
  const createdAt = readTime(created_at);
  const { id, login, type } = (owner ?? {}) as Partial<RepositoryAnswer["owner"]>;
  if (typeof full_name !== "string" || typeof isPrivate !== "boolean" || createdAt === undefined) return undefined;
  if (!isCount(size) || !isCount(id) || id === 0 || typeof login !== "string" || typeof type !== "string")
    return undefined;
  return { full_name, private: isPrivate, created_at: createdAt, size, owner: { id, login, type } };
}

/** When the account was made; undefined when it is another one, or no answer. */
function readAccount(data: unknown, id: number): string | undefined {
  const account = (data ?? {}) as { id?: unknown; created_at?: unknown };
  return account.id === id ? readTime(account.created_at) : undefined;
}

/** The text of a file; empty when it is no file, or too large for the service to tell what is in it; undefined when that is no answer. */
function readFile(data: unknown): string | undefined {
  if (Array.isArray(data)) return ""; // A folder of that name.
  const { type, encoding, content } = (data ?? {}) as { type?: unknown; encoding?: unknown; content?: unknown };
  if (typeof type !== "string") return undefined;
  if (type !== "file" || encoding === "none") return "";
  return encoding === "base64" && typeof content === "string"
    ? Buffer.from(content, "base64").toString("utf8")
    : undefined;
}

/** ISO 8601 in UTC, as the database takes it. */
function readTime(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)) return undefined;
  const time = new Date(value);
  return time.getTime() >= 0 ? time.toISOString() : undefined; // Also of what is no time: NaN.
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The service may be in the operator's own network; and nothing that it says leads elsewhere. */
function makeFetch(base: URL, { lookup, timeoutMilliseconds = TIMEOUT_MILLISECONDS }: RepositoryOptions): typeof fetch {
  return async (input, init) => {
    const url = new URL(String(input));
    if (url.origin !== base.origin) throw new Error(`${url.origin} is not the service that is configured`);
    return guardedFetch(url, {
      reach: isLoopbackHost(base.hostname) ? "loopback" : "network",
      headers: Object.fromEntries(new Headers(init?.headers)),
      signal: init?.signal ?? undefined,
      timeoutMilliseconds,
      bytesMax: url.pathname.endsWith(`/contents/${PROOF_FILE}`) ? FILE_ANSWER_BYTES_MAX : ANSWER_BYTES_MAX,
      lookup,
    });
  };
}
