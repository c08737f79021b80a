import { randomBytes } from "node:crypto";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ServerResponse } from "node:http";
import { createClient, type Client as WebSocketClient } from "graphql-ws";
import { type JWTPayload, SignJWT } from "jose";
import WebSocket from "ws";
import type { JwtOptions } from "../../gateway/auth.ts";
import { type Gateway, type GatewayOptions, startGateway } from "../../gateway/server.ts";
import type { TestDatabase } from "../database.ts";

export const AUDIENCE = "golden-press";
export const SECRET = randomBytes(32);
export const JWT: JwtOptions = { key: { secret: SECRET }, audience: AUDIENCE, roleClaim: "role" };

export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code?: string;
    readonly retryable?: boolean;
    readonly hint?: string;
    readonly detail?: string;
    readonly errorId?: string;
  };
}

/** What came back; `data` is whatever the query says, so the caller names its type. */
export interface Answer<Data> {
  readonly status: number;
  readonly data: Data;
  readonly errors: readonly GraphqlError[];
  /** The whole body, to look for what must not be in it. */
  readonly text: string;
}

export interface Question {
  readonly token?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborted, the client hangs up. */
  readonly signal?: AbortSignal | undefined;
}

export class TestGateway {
  readonly #gateway: Gateway;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
  }

  get url(): string {
    return this.#gateway.url;
  }

  close(): Promise<void> {
    return this.#gateway.close();
  }

  /** Asks over HTTP, as any client would. */
  async ask<Data = Record<string, unknown>>(query: string, question: Question = {}): Promise<Answer<Data>> {
    return this.post<Data>(JSON.stringify({ query, variables: question.variables }), question);
  }

  /** Posts a body as it is. */
  async post<Data>(body: string, { token, headers, signal }: Question = {}): Promise<Answer<Data>> {
    const authorization = token === undefined ? null : { authorization: `Bearer ${token}` };
    const response = await fetch(`${this.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization, ...headers },
      body,
      ...(signal === undefined ? null : { signal }),
    });
    const text = await response.text();
    const { data, errors = [] } = JSON.parse(text) as { data: Data; errors?: readonly GraphqlError[] };
    return { status: response.status, data, errors, text };
  }

  /** A WebSocket that presents the parameters; `headers` are those of its upgrade request. */
  webSocket(connectionParams?: Record<string, unknown>, headers: Record<string, string> = {}): WebSocketClient {
    class WebSocketWithHeaders extends WebSocket {
      constructor(address: string, protocols: string | string[]) {
        super(address, protocols, { headers });
      }
    }
    return createClient({
      url: `${this.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocketWithHeaders,
      retryAttempts: 0,
      ...(connectionParams === undefined ? null : { connectionParams }),
    });
  }
}

export async function startTestGateway(
  database: Pick<TestDatabase, "url">,
  options: Partial<GatewayOptions> = {},
): Promise<TestGateway> {
  const gateway = await startGateway({
    databaseUrl: database.url("press_gateway"),
    host: "127.0.0.1",
    port: 0,
    jwt: JWT,
    allowedOrigins: [],
    graphiql: false,
    logLevel: "silent",
    development: true,
    ...options,
  });
  return new TestGateway(gateway);
}

/** Asks over the WebSocket and answers as HTTP does; `more` is what the request has beside the document. */
export async function askOver<Data = Record<string, unknown>>(
  client: WebSocketClient,
  query: string,
  more: object = {},
): Promise<Omit<Answer<Data>, "status">> {
  const result = await new Promise<unknown>((resolve, reject) => {
    client.subscribe(
      { query, ...more },
      { next: resolve, error: resolve, complete: () => reject(new Error("no answer")) },
    );
  });
  if (isClosing(result)) throw new Error(`The socket was closed with ${result.code}.`);
  const text = JSON.stringify(result);
  // A refused operation comes as a bare list of errors.
  if (Array.isArray(result)) return { data: null as Data, errors: result as GraphqlError[], text };
  const { data, errors = [] } = result as { data: Data; errors?: readonly GraphqlError[] };
  return { data, errors, text };
}

function isClosing(result: unknown): result is { code: number } {
  return typeof result === "object" && result !== null && "wasClean" in result && "code" in result;
}

/** A token as the issuer would make it; `claims` changes or, with undefined, removes one. */
export function makeToken(subject: string, claims: JWTPayload = {}): Promise<string> {
  const inAnHour = Math.floor(Date.now() / 1000) + 3600;
  return new SignJWT({ sub: subject, aud: AUDIENCE, exp: inAnHour, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(SECRET);
}

export function makeOperatorToken(subject = "olga"): Promise<string> {
  return makeToken(subject, { role: "operator" });
}

/** Makes an edition and opens it, by the front door. */
export async function openEdition(
  gateway: TestGateway,
  edition: { slug: string; cap: number; perHolderLimit?: number },
): Promise<void> {
  const token = await makeOperatorToken();
  const { errors } = await gateway.ask(
    `mutation ($edition: CreateEditionInput!, $slug: String!) {
       createEdition(input: $edition) { edition { slug } }
       openEdition(input: { editionSlug: $slug }) { edition { isOpen } }
     }`,
    { token, variables: { edition: { title: "A title", ...edition }, slug: edition.slug } },
  );
  if (errors.length > 0) throw new Error(errors[0]?.message);
}

export async function closeEdition(gateway: TestGateway, slug: string): Promise<void> {
  const token = await makeOperatorToken();
  const query = `mutation { closeEdition(input: { editionSlug: "${slug}" }) { edition { status } } }`;
  const { errors } = await gateway.ask(query, { token });
  if (errors.length > 0) throw new Error(errors[0]?.message);
}

export interface IssuedTicket {
  readonly rowId: string;
  readonly ticketNumber: number;
}

/** `issueTicket` as one client sends it. */
export function issueTicket(
  gateway: TestGateway,
  token: string | undefined,
  input: { editionSlug: string; requestKey?: string; recipient?: string },
  signal?: AbortSignal,
): Promise<Answer<{ issueTicket: { ticket: IssuedTicket } | null }>> {
  return gateway.ask(
    "mutation ($input: IssueTicketInput!) { issueTicket(input: $input) { ticket { rowId ticketNumber } } }",
    { token, variables: { input }, signal },
  );
}

/** Notes the answers that the gateway, which runs in this process, has begun to owe: one for each request that has reached it. */
export function noteArrivals(): { readonly arrived: readonly ServerResponse[]; stop(): void } {
  const arrived: ServerResponse[] = [];
  const note = (message: unknown) => arrived.push((message as { response: ServerResponse }).response);
  subscribe("http.server.request.start", note);
  return { arrived, stop: () => unsubscribe("http.server.request.start", note) };
}

/** The codes of all errors, in their order. */
export function codesOf({ errors }: { readonly errors: readonly GraphqlError[] }): (string | undefined)[] {
  return errors.map(({ extensions }) => extensions.code);
}
