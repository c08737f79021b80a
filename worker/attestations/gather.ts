/**
 * Finds out what evidence proves, and has the database decide. What is gathered is worth nothing until then, so that a death at any point loses
 * nothing but time: the claim ends with its lease, and whoever comes next asks again.
 */

import { OutsideError } from "../../network/guardedFetch.ts";
import type { Queryable } from "../guardedPool.ts";
import { inTurn } from "../inTurn.ts";
import { errorDetails, type Log } from "../log.ts";
import { retried } from "../retried.ts";
import type { Gather, Problem, Proof } from "./evidence.ts";

/** What evidence can be. */
export type AttestationKind = "oidc" | "repository";

/** After which step the observer is called: the points at which a crash test kills the worker. */
export type AttestationStep = "attestationClaimed" | "evidenceGathered" | "attestationDecided";

/** What a gatherer needs. The observer is awaited, so that a test can hold the worker exactly between two steps. */
export interface GathererOptions {
  readonly db: Queryable;
  readonly kind: AttestationKind;
  readonly gather: Gather;
  readonly log: Log;
  readonly observe?: ((step: AttestationStep) => unknown) | undefined;
  /** For how many seconds no other worker takes what this one has claimed: it is renewed while others are asked. */
  readonly leaseSeconds?: number | undefined;
}

interface Claim {
  readonly attestation_id: string;
  readonly evidence: string;
  readonly nonce: string | null;
  readonly tries: number;
  readonly submitted_at: Date;
}

/** Attestations in hand at once: a provider that is slow keeps some of them waiting, and no other kind. */
const IN_HAND_MAX = 16;
/** A claim of a worker that died ends soon. */
const LEASE_SECONDS = 5;
/** Who does not answer is asked again after so long, then after twice as long, and so on. */
const PAUSE_SECONDS = 5;
const PAUSE_SECONDS_MAX = 900;
/** The database refuses so what another worker has decided: ALREADY_VERIFIED and EVIDENCE_REJECTED. */
const DECIDED = ["PRVRF", "PREVD"];

/** Gathers evidence of one kind. Any number of workers do this: an attestation is decided once. */
export class Gatherer {
  readonly #options: GathererOptions;
  readonly #observe: (step: AttestationStep) => unknown;
  readonly #stopping = new AbortController();
  readonly #inHand = new Set<Promise<void>>();
  /** It is others that are waited for here: one connection is enough for what the database is told. */
  readonly #inTurn = inTurn();
  /** What was said already of those that do not answer. */
  readonly #said = new Set<string>();

  constructor(options: GathererOptions) {
    this.#options = options;
    this.#observe = options.observe ?? (() => undefined);
  }

  /** Takes what waits in hand, and does not wait for it. */
  async look(): Promise<void> {
    const room = IN_HAND_MAX - this.#inHand.size;
    if (room === 0 || this.#stopping.signal.aborted) return;
    const claims = await this.#claim(room);
    if (claims.length > 0) await this.#observe("attestationClaimed");
    for (const claim of claims) {
      const working = this.#check(claim).finally(() => this.#inHand.delete(working));
      this.#inHand.add(working);
    }
  }

  /** Takes nothing more in hand, waits for nobody outside any more, and gives back what is not decided. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#inHand);
  }

  async #claim(batchSize: number): Promise<Claim[]> {
    const { db, kind, leaseSeconds } = this.#options;
    const { rows } = await this.#inTurn(() =>
      retried(() =>
        db.query<Claim>({
          name: "attestations_to_verify",
          text: `select attestation_id, evidence, nonce, tries, submitted_at
                 from press_worker.attestations_to_verify($1, $2, $3)`,
          values: [[kind], batchSize, leaseSeconds ?? LEASE_SECONDS],
        }),
      ),
    );
    return rows;
  }

  async #check(claim: Claim): Promise<void> {
    try {
      const found = await this.#gather(claim);
      if (found === undefined) return;
      await this.#observe("evidenceGathered");
      await this.#decide(claim, found);
      await this.#observe("attestationDecided");
    } catch (error) {
      // Its lease ends, and then it is claimed again.
      this.#say(
        { attestationId: claim.attestation_id, ...errorDetails(error) },
        "An attestation could not be decided yet.",
      );
    }
  }

  /** Undefined: others have not answered, and the attestation was postponed. */
  async #gather(claim: Claim): Promise<Proof | Problem | undefined> {
    const { evidence: text, nonce, tries, submitted_at: submittedAt } = claim;
    const { signal } = this.#stopping;
    try {
      const found = await this.#keeping(claim, () => this.#options.gather({ text, nonce, submittedAt, signal }));
      this.#said.clear();
      return found;
    } catch (error) {
      if (signal.aborted) {
        await this.#postpone(claim, 1);
        return undefined;
      }
      const usual = Math.min(PAUSE_SECONDS * 2 ** (tries - 1), PAUSE_SECONDS_MAX);
      const seconds = (error instanceof OutsideError ? error.retryAfterSeconds : undefined) ?? usual;
      this.#say(
        { kind: this.#options.kind, ...errorDetails(error) },
        "Evidence could not be checked yet: it is tried again.",
      );
      await this.#postpone(claim, seconds);
      return undefined;
    }
  }

  async #decide({ attestation_id: attestationId }: Claim, found: Proof | Problem): Promise<void> {
    const { db, log } = this.#options;
    const { proof, nonce, facts } =
      "problem" in found ? { proof: null, nonce: null, facts: { ...found.facts, problem: found.problem } } : found;
    try {
      const { rows } = await this.#inTurn(() =>
        retried(() =>
          db.query<{ status: string }>({
            name: "verify_attestation",
            text: "select status from press_worker.verify_attestation($1, $2, $3, $4, $5)",
            values: [
              attestationId,
              proof,
              nonce,
              JSON.stringify(facts),
              "problem" in found ? "evidence_invalid" : null,
            ],
          }),
        ),
      );
      log.info({ attestationId, status: rows[0]?.status }, "An attestation was decided.");
    } catch (error) {
      if (!DECIDED.includes((error as { code?: string }).code ?? "")) throw error;
      log.debug({ attestationId }, "An attestation was decided by another worker.");
    }
  }

  /** Renews the claim while others are asked, so that no other worker asks the same meanwhile. */
  async #keeping<Found>(claim: Claim, ask: () => Promise<Found>): Promise<Found> {
    const seconds = this.#options.leaseSeconds ?? LEASE_SECONDS;
    // What cannot be renewed is claimed by another worker as well, which does no harm.
    const renewing = setInterval(() => this.#postpone(claim, seconds).catch(() => undefined), seconds * 400);
    try {
      return await ask();
    } finally {
      clearInterval(renewing);
    }
  }

  async #postpone({ attestation_id: attestationId }: Claim, seconds: number): Promise<void> {
    await this.#inTurn(() =>
      retried(() =>
        this.#options.db.query({
          name: "postpone_attestation",
          text: "select press_worker.postpone_attestation($1, $2)",
          values: [attestationId, seconds],
        }),
      ),
    );
  }

  /** Once for each reason, until evidence can be checked again: what waits is tried again and again. */
  #say(details: { readonly reason: string; [more: string]: unknown }, sentence: string): void {
    if (this.#said.has(details.reason)) return;
    this.#said.add(details.reason);
    this.#options.log.warn(details, sentence);
  }
}

/** Removes what is kept of network addresses for an hour, and nonces that have expired. */
export async function forgetAddresses(db: Queryable): Promise<void> {
  await db.query({ name: "forget_addresses", text: "select press_worker.forget_addresses()" });
}

/** Rejects what nobody could check within a week, or for thirty days no worker has asked about. */
export async function rejectUnchecked(db: Queryable): Promise<void> {
  await db.query({ name: "reject_unchecked", text: "select press_worker.reject_unchecked()" });
}
