/* The front doors of the press, as its clients use them: GraphQL, HTTP, SQL. Each answer is one of three: granted, refused by name, or none that says
   anything of the outcome. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { makeToken } from "../../gateway/makeToken.ts";
import { refusalOfDatabase, refusals } from "../../gateway/refusals.ts";
import type { Way } from "./history.ts";

export type Answer<Data> =
  | { readonly is: "granted"; readonly data: Data; readonly text: string }
  | { readonly is: "refused"; readonly name: string; readonly isRetryable: boolean; readonly detail: string }
  | { readonly is: "unknown"; readonly why: string };

/** Who asks over GraphQL: a holder by their name, or an operator. */
export interface Caller {
  readonly subject: string;
  readonly isOperator: boolean;
}

export const OPERATOR: Caller = { subject: "the desk", isOperator: true };

const PATIENCE_MILLISECONDS = 25_000;
const CONNECT_MILLISECONDS = 5_000;
/** After these nothing is known of the outcome; every other name is a refusal. */
const WITHOUT_OUTCOME = new Set(["TIMEOUT", "OUTCOME_UNKNOWN", "INTERNAL_ERROR"]);
const RETRYABLE = new Map<string, boolean>(refusals.map(({ name, isRetryable }) => [name, isRetryable]));

interface GraphQLAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly detail?: string };
  }[];
}

export class Doors {
  readonly #gatewayUrls: readonly string[];
  readonly #secret: Uint8Array;
  readonly #tokens = new Map<string, Promise<string>>();
  readonly #sqlUrl: string;
  readonly #pool: pg.Pool;
  /** How often nothing was known of the outcome, by what was said instead. */
  readonly unknowns = new Map<string, number>();

  constructor(options: {
    readonly gatewayUrls: readonly string[];
    readonly secret: Uint8Array;
    readonly sqlUrl: string;
  }) {
    this.#gatewayUrls = options.gatewayUrls;
    this.#secret = options.secret;
    this.#sqlUrl = options.sqlUrl;
    this.#pool = new pg.Pool({
      connectionString: this.#sqlUrl,
      max: 30,
      connectionTimeoutMillis: CONNECT_MILLISECONDS,
      query_timeout: PATIENCE_MILLISECONDS,
    });
    this.#pool.on("error", () => undefined);
    this.#pool.on("connect", (client) => client.on("error", () => undefined));
  }

  get gatewayCount(): number {
    return this.#gatewayUrls.length;
  }

  /** One root field, whose answer this is. */
  async graphql<Data>(
    gateway: number,
    caller: Caller | undefined,
    query: string,
    variables: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer<Data>> {
    const answer = await this.#post(gateway, "/graphql", caller, { query, variables });
    if (typeof answer === "string") return this.#unknown(answer);
    const { data, errors } = answer.body as GraphQLAnswer;
    const [error] = errors ?? [];
    if (error !== undefined)
      return this.#toAnswer(error.extensions?.code ?? "no code", error.extensions?.detail ?? error.message);
    const [field] = Object.values(data ?? {});
    if (data === undefined || data === null) return this.#unknown(`HTTP ${answer.status} without data`);
    return { is: "granted", data: field as Data, text: JSON.stringify(field) };
  }

  /** A record by `POST /v1/publish`. */
  async publish<Data>(gateway: number, caller: Caller, submission: object): Promise<Answer<Data>> {
    const answer = await this.#post(gateway, "/v1/publish", caller, submission);
    if (typeof answer === "string") return this.#unknown(answer);
    if (answer.status < 300) return { is: "granted", data: answer.body as Data, text: JSON.stringify(answer.body) };
    const { code = "no code", detail = "" } = answer.body as { code?: string; detail?: string };
    return this.#toAnswer(code, detail);
  }

  /** A text that anybody may read. */
  async read(gateway: number, path: string): Promise<string | undefined> {
    try {
      const response = await fetch(`${this.#gatewayUrls[gateway]}${path}`, {
        signal: AbortSignal.timeout(CONNECT_MILLISECONDS),
      });
      return response.ok ? await response.text() : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * A statement in a transaction of its own.
   *
   * @param isKept false: it is rolled back, which is then the answer
   */
  async sql<Row extends object>(
    level: Exclude<Way, "GraphQL" | "HTTP">,
    text: string,
    values: readonly unknown[],
    isKept = true,
  ): Promise<Answer<readonly Row[]>> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      await sleep(50);
      return { is: "refused", name: "NO_CONNECTION", isRetryable: true, detail: String(error) };
    }
    let isDone = false;
    try {
      await client.query(`begin isolation level ${level}`);
      const { rows } = await client.query<Row>(text, [...values]);
      await client.query(isKept ? "commit" : "rollback");
      isDone = true;
      if (!isKept) return { is: "refused", name: "ROLLED_BACK", isRetryable: false, detail: "by its caller" };
      return { is: "granted", data: rows, text: JSON.stringify(rows) };
    } catch (error) {
      const answer = this.#answerOfDatabase(error as Error);
      if (answer.is === "refused")
        await client.query("rollback").then(
          () => {
            isDone = true;
          },
          () => undefined,
        );
      return answer;
    } finally {
      client.release(!isDone);
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #answerOfDatabase(error: Error & { code?: string; detail?: string }): Answer<never> {
    const { code = "", message, detail } = error;
    const refusal = refusalOfDatabase({ sqlState: code, message, detail });
    if (refusal !== null) return this.#toAnswer(refusal.extensions?.code ?? "", detail ?? message);
    // PostgreSQL's own, which end a transaction without a trace.
    if (code === "40001" || code === "40P01")
      return { is: "refused", name: "RETRY", isRetryable: true, detail: message };
    return this.#unknown(code === "" ? message : `SQLSTATE ${code}`);
  }

  #toAnswer(name: string, detail: string): Answer<never> {
    if (WITHOUT_OUTCOME.has(name)) return this.#unknown(name);
    const isRetryable = RETRYABLE.get(name);
    if (isRetryable === undefined) return this.#unknown(`${name}: ${detail}`);
    return { is: "refused", name, isRetryable, detail };
  }

  #unknown(why: string): Answer<never> {
    this.unknowns.set(why, (this.unknowns.get(why) ?? 0) + 1);
    return { is: "unknown", why };
  }

  /** Why there is no answer, where there is none. */
  async #post(
    gateway: number,
    path: string,
    caller: Caller | undefined,
    body: object,
  ): Promise<{ readonly status: number; readonly body: unknown } | string> {
    try {
      const response = await fetch(`${this.#gatewayUrls[gateway]}${path}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(caller && { authorization: `Bearer ${await this.#token(caller)}` }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
      });
      return { status: response.status, body: await response.json() };
    } catch (error) {
      return (error as Error).name === "TimeoutError" ? "no answer in time" : "no connection";
    }
  }

  #token({ subject, isOperator }: Caller): Promise<string> {
    const name = `${isOperator} ${subject}`;
    let token = this.#tokens.get(name);
    if (token === undefined) {
      const terms = { secret: this.#secret, audience: "golden-press", roleClaim: "role" };
      token = makeToken(terms, { subject, isOperator, expires: "12h" });
      this.#tokens.set(name, token);
    }
    return token;
  }
}
