/**
 * Brings publications to the chain. Everything is stored before it is sent, and what was stored is sent again, byte for byte, until its fate is known: so a
 * death at any point loses nothing, and nothing goes out twice. What a transaction is and what an answer means for it the database decides.
 */
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { isSignedBy } from "../../signedRecord.ts";
import type { Queryable } from "../guardedPool.ts";
import { inBackground } from "../inBackground.ts";
import type { Log } from "../log.ts";
import { oneAtATime } from "../oneAtATime.ts";
import type { Broadcaster, ChainTip, Mined, Outcome, Sighting, SignedTransaction } from "./broadcaster.ts";
import { NoAnswerError, unknownOf } from "./httpClient.ts";
import { Notices } from "./notices.ts";
import {
  failPublications,
  keysToVerify,
  type MakingOptions,
  noteVerifiedKey,
  type OutcomeReport,
  type PoolOptions,
  poolShortage,
  publicationsToSend,
  recordOutcomes,
  recordSightings,
  recordTip,
  type SightingReport,
  type StoredTransaction,
  splitToMake,
  storeTransactions,
  transactionsToLookAt,
  transactionsToSend,
  type UnsignedTransaction,
} from "./queries.ts";
import { recordProblem } from "./recordProblem.ts";
import { publicationScript, signTransaction, type TransactionOutput } from "./transaction.ts";
import type { WalletKey } from "./wallet.ts";

/** After which step the observer is called: the points at which a crash test kills the worker, or puts it to sleep. */
export type PublishingStep =
  | "transactionsClaimed"
  | "transactionsSigned"
  | "transactionsStored"
  | "transactionsSent"
  | "outcomesRecorded"
  | "transactionsSeen";

/** What a publisher needs. The observer is awaited, so that a test can hold the worker exactly between two steps. */
export interface PublisherOptions {
  readonly db: Queryable;
  readonly wallet: WalletKey;
  /** Where the wallet is paid, as people write it. */
  readonly address: string;
  readonly broadcaster: Broadcaster;
  readonly making: Omit<MakingOptions, "walletScript">;
  readonly pool: PoolOptions;
  /** For how long nobody else sends what this one is sending: longer than its broadcaster can take. */
  readonly attemptSeconds: number;
  /** How long after a look at a transaction nobody looks at it again. */
  readonly lookSeconds: number;
  readonly log: Log;
  readonly observe?: ((step: PublishingStep) => unknown) | undefined;
}

interface Signed {
  readonly unsigned: UnsignedTransaction;
  readonly signed: SignedTransaction;
}

/** Each takes the processor for about two milliseconds: others get their turn in between. */
const SIGNATURES_BETWEEN_TURNS = 4;
const TOLD_MAX = 100_000;
/** Many at once, because a block is asked for once in each look; told in parts, because coins are locked meanwhile. */
const LOOK_BATCH_SIZE = 500;
const TELL_BATCH_SIZE = 100;
const KEY_BATCH_SIZE = 100;
const DETAIL_LENGTH_MAX = 500;
/** Batches that are being stored and sent while the next is made. */
const SENDING_MAX = 3;

/** Any number of publishers work beside each other: a claim is one's own, and what was slept through changes nothing. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #making: MakingOptions;
  readonly #observe: (step: PublishingStep) => unknown;
  readonly #stopping = new AbortController();
  readonly #notices: Notices;
  #tip: ChainTip | undefined;
  /** In which block the database was told that a transaction is, and whether with what proves it. */
  readonly #toldBlocks = new Map<string, string>();

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#making = { ...options.making, walletScript: options.wallet.script };
    this.#observe = options.observe ?? (() => undefined);
    this.#notices = new Notices(options);
  }

  /** Publishes until nothing is due. A call while it runs makes it look once more. */
  readonly drain = oneAtATime(() => this.#publishDue());

  /** Sends what was stored and may not have arrived. */
  readonly sendAgain = oneAtATime(() => this.#sendAgain());

  /** Looks for what was sent, and where the chain ends. */
  readonly look = oneAtATime(() => this.#look());

  /** Makes small coins of large ones when few are left. */
  async split(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const claims = await splitToMake(this.#options.db, this.#making, this.#options.pool);
    if (claims.length > 0) await this.#storeAndSend(await this.#make(claims));
  }

  /** Says once why records wait for coins and what to do about it, and once that they do not any more. */
  async tellOfPool(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#notices.tellOfPool(await poolShortage(this.#options.db, this.#making.walletScript));
  }

  /** Waits for no broadcaster any more, takes nothing new, and returns when what is in hand is noted. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.allSettled([this.drain(), this.sendAgain(), this.look()]);
    this.#options.broadcaster.close();
  }

  /** Whose key waits to be looked at, as when somebody has locked its row, keeps nobody else waiting. */
  async #publishDue(): Promise<void> {
    const verifying = inBackground(this.#verifyKeys());
    try {
      await this.#publishClaimable();
    } finally {
      await Promise.allSettled([verifying]); // Nothing goes on behind the back of whoever awaits the drain.
    }
    if ((await verifying) > 0) await this.#publishClaimable();
  }

  /** While batches are stored and sent the next ones are claimed and signed. */
  async #publishClaimable(): Promise<void> {
    const sending = new Set<Promise<void>>();
    try {
      let claims = await this.#claim();
      while (claims.length > 0) {
        const isFull = claims.length === this.#making.batchSize;
        const ahead = isFull && !this.#stopping.signal.aborted ? inBackground(this.#claim()) : Promise.resolve([]);
        const signed = await this.#make(claims);
        const sent = inBackground(this.#storeAndSend(signed)).finally(() => sending.delete(sent));
        sending.add(inBackground(sent));
        claims = await ahead;
        if (sending.size >= SENDING_MAX) await Promise.race(sending);
      }
      await Promise.all(sending);
    } finally {
      await Promise.allSettled(sending); // Nothing goes on behind the back of whoever awaits the drain.
    }
  }

  async #claim(): Promise<UnsignedTransaction[]> {
    if (this.#stopping.signal.aborted) return [];
    return publicationsToSend(this.#options.db, this.#making);
  }

  async #make(claims: readonly UnsignedTransaction[]): Promise<Signed[]> {
    await this.#observe("transactionsClaimed");
    const signed = await this.#sign(claims);
    await this.#observe("transactionsSigned");
    return signed;
  }

  async #storeAndSend(signed: readonly Signed[]): Promise<void> {
    if (signed.length > 0) await this.#send(await this.#store(signed));
  }

  /** @returns what was stored, and is to be sent: in no other case may anything be */
  async #store(signed: readonly Signed[]): Promise<StoredTransaction[]> {
    const storings = await storeTransactions(this.#options.db, signed, this.#options.attemptSeconds);
    await this.#observe("transactionsStored");
    const byId = new Map(signed.map((made) => [made.unsigned.transactionId, made.signed]));
    return storings.flatMap(({ transactionId, outcome, detail }) => {
      const transaction = byId.get(transactionId);
      if (outcome === "invalid") {
        this.#options.log.error(
          { transactionId, reason: detail },
          "The database refused a transaction: it is not the one that was asked for.",
        );
      }
      return outcome === "stored" && transaction !== undefined ? [{ ...transaction, transactionId, attempt: 1 }] : [];
    });
  }

  async #sign(claims: readonly UnsignedTransaction[]): Promise<Signed[]> {
    const signed: Signed[] = [];
    for (const [index, claim] of claims.entries()) {
      for (const unsigned of await this.#withoutBad(claim)) signed.push(this.#signOne(unsigned));
      if (index % SIGNATURES_BETWEEN_TURNS === SIGNATURES_BETWEEN_TURNS - 1) await yieldToEvents();
    }
    return signed;
  }

  /** Nothing goes out that the press itself could not verify: the rest of its transaction goes without it. */
  async #withoutBad(claim: UnsignedTransaction): Promise<readonly UnsignedTransaction[]> {
    const problems = claim.publications.flatMap((publication) => {
      const problem = recordProblem(publication);
      return problem === undefined ? [] : [{ id: publication.id, ...problem }];
    });
    if (problems.length === 0) return [claim];
    this.#options.log.error(
      { publications: problems.map(({ id }) => id) },
      "Not published: a record is not what its key has signed.",
    );
    return failPublications(this.#options.db, claim, problems);
  }

  #signOne(unsigned: UnsignedTransaction): Signed {
    const { script } = this.#options.wallet;
    const { splitCount, splitSatoshis, changeSatoshis } = unsigned;
    const outputs: TransactionOutput[] = [
      ...unsigned.publications.map((publication) => ({ script: publicationScript(publication), satoshis: 0 })),
      ...Array.from({ length: splitCount }, () => ({ script, satoshis: splitSatoshis })),
      ...(changeSatoshis > 0 ? [{ script, satoshis: changeSatoshis }] : []),
    ];
    const signed = signTransaction(this.#options.wallet, unsigned.coins, outputs, unsigned.feeSatoshis);
    return { unsigned, signed };
  }

  async #send(transactions: readonly StoredTransaction[]): Promise<void> {
    if (transactions.length === 0) return;
    const { broadcaster, db } = this.#options;
    const { signal } = this.#stopping;
    const outcomes = await broadcaster.send(transactions, signal);
    if (!signal.aborted) this.#notices.tellOfReach("send", outcomes);
    await this.#observe("transactionsSent");
    const sightings = await this.#lookWhereRefused(transactions, outcomes, signal);
    const reports = transactions.map((transaction, index) =>
      toOutcomeReport(transaction, outcomes[index] ?? NO_ANSWER, sightings.get(transaction.txid)),
    );
    await recordOutcomes(db, reports);
    this.#tellOf(reports);
    await this.#observe("outcomesRecorded");
  }

  /** Whoever refuses a transaction may have it all the same. */
  async #lookWhereRefused(
    transactions: readonly StoredTransaction[],
    outcomes: readonly Outcome[],
    signal: AbortSignal,
  ): Promise<Map<string, Sighting>> {
    const refused = transactions.flatMap(({ txid }, index) => (takesAway(outcomes[index]) ? [txid] : []));
    if (refused.length === 0) return new Map();
    const sightings = await this.#options.broadcaster.look(refused, signal);
    return new Map(refused.map((txid, index) => [txid, sightings[index] ?? NO_SIGHTING]));
  }

  async #sendAgain(): Promise<void> {
    const { db, attemptSeconds } = this.#options;
    let size = this.#making.batchSize;
    while (size === this.#making.batchSize && !this.#stopping.signal.aborted) {
      const due = await transactionsToSend(db, size, attemptSeconds);
      size = due.length;
      await this.#send(due);
    }
  }

  async #look(): Promise<void> {
    const { db, broadcaster, lookSeconds } = this.#options;
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    if (!(await this.#noteTip(signal))) return;
    let size = LOOK_BATCH_SIZE;
    while (size === LOOK_BATCH_SIZE && !signal.aborted) {
      const due = await transactionsToLookAt(db, size, lookSeconds);
      size = due.length;
      if (size === 0) return;
      const txids = due.map(({ txid }) => txid);
      const sightings = await broadcaster.look(txids, signal);
      if (!signal.aborted) this.#notices.tellOfReach("look", sightings);
      const news = due.flatMap(({ transaction_id, state }, index) => {
        const sighting = sightings[index] ?? NO_SIGHTING;
        return this.#isNews(transaction_id, state, sighting) ? [{ transactionId: transaction_id, sighting }] : [];
      });
      for (let start = 0; start < news.length; start += TELL_BATCH_SIZE) {
        const part = news.slice(start, start + TELL_BATCH_SIZE);
        await recordSightings(
          db,
          part.map(({ transactionId, sighting }) => toSightingReport(transactionId, sighting)),
        );
        for (const { transactionId, sighting } of part) this.#noteTold(transactionId, sighting);
      }
      this.#tellOfProblems(sightings);
      if (this.#toldBlocks.size > TOLD_MAX) this.#toldBlocks.clear(); // Then it is told once more.
      await this.#observe("transactionsSeen");
    }
  }

  /** That a transaction is where it was is none, and by far the most that there is to say. */
  #isNews(transactionId: string, state: string, sighting: Sighting): boolean {
    if (state === "accepted" && sighting.kind === "mempool") return false;
    return state !== "mined" || sighting.kind !== "mined" || this.#toldBlocks.get(transactionId) !== toldOf(sighting);
  }

  #noteTold(transactionId: string, sighting: Sighting): void {
    if (sighting.kind === "mined") this.#toldBlocks.set(transactionId, toldOf(sighting));
    else this.#toldBlocks.delete(transactionId);
  }

  /** Whoever says that a block has a transaction and cannot prove it is believed until a block says otherwise; but it is said. */
  #tellOfProblems(sightings: readonly Sighting[]): void {
    const problems = sightings.flatMap((sighting) => (sighting.kind === "mined" ? (sighting.problem ?? []) : []));
    for (const reason of new Set(problems)) {
      this.#options.log.warn(
        { reason },
        "That a transaction is in a block was not proved; it is asked again with the next block.",
      );
    }
  }

  /** @returns whether anybody could be asked */
  async #noteTip(signal: AbortSignal): Promise<boolean> {
    let tip: ChainTip | undefined;
    try {
      tip = await this.#options.broadcaster.tip(signal);
      this.#notices.tellOfReach("tip", []);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      if (!signal.aborted) this.#notices.tellOfReach("tip", [unknownOf(error)]);
      return false;
    }
    if (tip === undefined || tip.hash === this.#tip?.hash) return true;
    await recordTip(this.#options.db, tip);
    this.#tip = tip;
    return true;
  }

  /**
   * The first record of a key goes out when its holder was seen to have it.
   *
   * @returns how many keys it was noted of
   * @throws the first failure, when all have been tried
   */
  async #verifyKeys(): Promise<number> {
    const { db } = this.#options;
    const failures: unknown[] = [];
    const keys = await keysToVerify(db, KEY_BATCH_SIZE);
    for (const key of keys) {
      try {
        await noteVerifiedKey(db, key, isSignedBy(key.text, key.signature, key.publicKey));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return keys.length;
  }

  #tellOf(reports: readonly OutcomeReport[]): void {
    const { log } = this.#options;
    const accepted = reports.filter(({ outcome }) => outcome === "accepted").length;
    if (accepted > 0) log.info({ transactions: accepted }, "Transactions were taken by the chain's nodes.");
    for (const { transaction_id: transactionId, outcome, detail } of reports) {
      if (outcome === "accepted") continue;
      const level = outcome === "unknown" ? "debug" : "warn";
      log[level]({ transactionId, outcome, reason: detail }, "A transaction was not taken.");
    }
  }
}

const NO_ANSWER: Outcome = { kind: "unknown", detail: "There was no answer." };
const NO_SIGHTING: Sighting = { kind: "unknown", detail: "There was no answer." };

const OUTCOME_NAMES = {
  accepted: "accepted",
  unknown: "unknown",
  conflict: "conflict",
  missingInputs: "missing_inputs",
  feeTooLow: "fee_too_low",
  rejected: "rejected",
} as const satisfies Record<Outcome["kind"], OutcomeReport["outcome"]>;

function toldOf({ blockHash, merklePath }: Mined): string {
  return `${blockHash} ${merklePath !== undefined}`;
}

function takesAway(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && outcome.kind !== "accepted" && outcome.kind !== "unknown";
}

function toOutcomeReport(
  { transactionId, attempt }: StoredTransaction,
  outcome: Outcome,
  sighting: Sighting | undefined,
): OutcomeReport {
  const { kind } = outcome;
  const conflict = kind === "conflict" ? outcome : undefined;
  return {
    transaction_id: transactionId,
    attempt,
    outcome: OUTCOME_NAMES[kind],
    detail: kind === "accepted" ? undefined : storable(outcome.detail),
    competing_txid: conflict?.competingTxid,
    is_final: conflict?.isFinal,
    is_seen: isSeen(sighting),
    outpoints: conflict?.outpoints,
  };
}

/** Anybody may have written it, and no database keeps every character that JSON can name. */
function storable(detail: string): string {
  return detail
    .slice(0, DETAIL_LENGTH_MAX)
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, " ");
}

/** Who has it beside another one that spends the same coins has it: either may be mined. */
function isSeen(sighting: Sighting | undefined): boolean | undefined {
  if (sighting === undefined || sighting.kind === "unknown") return undefined;
  return sighting.kind !== "unseen";
}

function toSightingReport(transactionId: string, sighting: Sighting): SightingReport {
  const report = { transaction_id: transactionId, sighting: sighting.kind };
  if (sighting.kind === "mined") {
    return {
      ...report,
      block_hash: sighting.blockHash,
      block_height: sighting.blockHeight,
      header: sighting.header,
      merkle_index: sighting.merklePath?.index,
      merkle_hashes: sighting.merklePath?.hashes,
    };
  }
  if (sighting.kind !== "conflicted") return report;
  return { ...report, competing_txid: sighting.competingTxid, competing_is_mined: sighting.isFinal };
}
