/** In which ways one proves here who one is, and the way to a provider and back: the gateway goes it, and this page never sees a token. */
import { type Problem, problemOf } from "../press/problem.ts";
import type { Outcome } from "../press/untilAnswered.ts";

export interface Ways {
  /** Providers, as they name themselves: URLs. */
  readonly issuers: readonly string[];
  /** Where repositories are looked at, such as github.com; null: nowhere. */
  readonly repositoryHost: string | null;
}

/** Asks the gateway in which ways. */
export function readWays(): Promise<Outcome<Ways>> {
  return ask("GET", "/attest", null, waysOf);
}

/**
 * Begins a proof with a provider.
 *
 * @param caller whom the page shows, as session.ts says it
 * @returns where it goes on: an address of the provider
 */
export function beginAtProvider(issuer: string, caller: string): Promise<Outcome<URL>> {
  return ask("POST", "/attest/start", caller, (answer) => providerAddress(answer.location), { issuer });
}

/** Submits what the provider has said about the person who came back from it; its decision follows. */
export function finishFromProvider(caller: string): Promise<Outcome<true>> {
  return ask("POST", "/attest/finish", caller, ({ attestationId }) =>
    typeof attestationId === "string" ? true : null,
  );
}

const UNREADABLE: Problem = {
  code: "INTERNAL_ERROR",
  sentence: "The answer of the press cannot be read.",
  hint: "Load the page again, and try it once more.",
  isRetryable: true,
};

async function ask<Value>(
  method: string,
  path: string,
  caller: string | null,
  read: (answer: Readonly<Record<string, unknown>>) => Value | null,
  body?: object,
): Promise<Outcome<Value>> {
  const headers = {
    ...(caller === null ? null : { "x-press-caller": caller }),
    ...(body === undefined ? null : { "content-type": "application/json" }),
  };
  const content = body === undefined ? null : { body: JSON.stringify(body) };
  const response = await fetch(path, { method, headers, ...content, cache: "no-store" }).catch(() => null);
  if (response === null) return { problem: problemOf({ graphQLErrors: [] }) };
  const answer = (await response.json().catch(() => null)) as Record<string, unknown> | null;
  if (answer === null || typeof answer !== "object") return { problem: UNREADABLE };
  if (!response.ok)
    return { problem: Array.isArray(answer.errors) ? problemOf({ graphQLErrors: answer.errors }) : UNREADABLE };
  const value = read(answer);
  return value === null ? { problem: UNREADABLE } : { value };
}

function waysOf({ issuers, repositoryHost }: Readonly<Record<string, unknown>>): Ways | null {
  if (!Array.isArray(issuers) || !issuers.every((issuer) => typeof issuer === "string")) return null;
  return { issuers, repositoryHost: typeof repositoryHost === "string" ? repositoryHost : null };
}

/** The one address outside of this page that it goes to: of the web, and nothing that a browser would run. */
function providerAddress(text: unknown): URL | null {
  const address = typeof text === "string" ? URL.parse(text) : null;
  return address !== null && /^https?:$/.test(address.protocol) ? address : null;
}
