/** Clients who mean harm: each sends one hostile request after the other, as fast as it is answered, and looks whether the server bore it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type HostileRequest, hostileRequests } from "../../gateway/hostile/documents.ts";
import { serve } from "../harness/children.ts";

export interface HostileRun {
  readonly url: string;
  /** Of somebody who may ask. */
  readonly token: string;
  /** How many requests are under way at a time. */
  readonly clients: number;
}

export interface HostileResult {
  readonly answers: number;
  /** Until the slowest was answered. */
  readonly millisecondsMax: number;
}

export type HostileClients = typeof actions;
const actions = { start, stop };
if (import.meta.main) serve(actions);

/** Made before the clock starts: whoever makes them has the same cores as the server. */
const OF_EACH_KIND = 100;
/** What a server says that bore it: it did as it was asked, or refused by name. */
const BORNE = [200, 400, 401, 403, 406, 413, 415];
const AT_FAULT = ["INTERNAL_ERROR", "OUTCOME_UNKNOWN", "OVERLOADED"];

let isOver = false;
let running: Promise<HostileResult> | undefined;

/** Begins, and returns at once. */
async function start({ url, token, clients }: HostileRun): Promise<void> {
  const requests = hostileRequests(OF_EACH_KIND);
  isOver = false;
  running = attack(requests, clients, (request) => send(url, token, request));
  running.catch(() => undefined); // Whoever stops it hears of it.
}

/** @throws {Error} what the server did not bear */
async function stop(): Promise<HostileResult> {
  isOver = true;
  if (running === undefined) throw new Error("Nobody has begun.");
  return running;
}

async function attack(
  requests: readonly HostileRequest[],
  clients: number,
  how: (request: HostileRequest) => Promise<void>,
): Promise<HostileResult> {
  let answers = 0;
  let millisecondsMax = 0;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (!isOver) {
        const since = performance.now();
        await how(requests[answers++ % requests.length] as HostileRequest);
        millisecondsMax = Math.max(millisecondsMax, performance.now() - since);
        await sleep(0);
      }
    }),
  );
  return { answers, millisecondsMax };
}

async function send(url: string, token: string, { kind, body, headers }: HostileRequest): Promise<void> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}`, ...headers },
    body,
  });
  const text = await response.text();
  const fault = AT_FAULT.find((code) => text.includes(`"${code}"`));
  if (!BORNE.includes(response.status) || fault !== undefined)
    throw new Error(`${kind} was answered with ${response.status}: ${text.slice(0, 500)}`);
}
