import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { type BeaconChain, firstRoundFrom, QUICKNET, verifyBeacon } from "./beacon.ts";
import type { BeaconTerms, DrawEntry } from "./editionEntries.ts";
import { type EditionHistory, readEditionHistory } from "./editionHistory.ts";
import type { Refusal } from "./refusal.ts";
import { drawSeed, drawWords, sampleIndex } from "./sampler.ts";

/** A checkpoint that comes later than this after a closing deserves a question. */
const CHECKPOINT_GAP_MILLISECONDS_MAX = 60_000;

/** What comes out when a draw is made again from what the ledger says of it. */
export interface RecomputedDraw {
  /** 1: the draw; 2 and more: the replacements of its winner. */
  readonly attempt: number;
  /** How it says that it was drawn. */
  readonly mode: "random_int" | "sealed" | "beacon";
  /** `void`: an operator gave it up, for a reason that is in the message, and nobody won. */
  readonly status: "drawn" | "void";
  /** Whether the ledger has all that the winner follows from. Of `random_int` and of a void draw it has not. */
  readonly isRecomputable: boolean;
  /** The number of the winning ticket by the ledger; null: nobody won. */
  readonly recorded: number | null;
  /** The number by recomputation; null: nobody, or there is nothing that could be recomputed. */
  readonly recomputed: number | null;
  /** Whether nothing contradicts the draw: where it is recomputable, that the inputs are what was promised, and give the winner. */
  readonly agrees: boolean;
  /** Sentences for people: what was found. Of a beacon's draw that agrees, also what nothing proves; with a WARNING where it looks odd. */
  readonly message: string;
}

/** The draws of an edition, made again. */
export type RecomputedDraws = { readonly isValid: true; readonly draws: readonly RecomputedDraw[] } | Refusal;

/**
 * Makes the draws of an edition again from the ledger, and compares them with what the ledger says. It checks that the
 * tickets are those of the `entries_hash`, which of them were drawn from, that the secret is the one committed to, or that
 * the round of the beacon is the one due and the beacon signed it, and every winner. Never throws, whatever it is given.
 *
 * It believes that these are the entries of the ledger: hash the whole ledger to be sure of that, see `CompactTree`.
 *
 * @param leaves - every entry that is about one edition, in the order of the ledger, each byte for byte.
 * @returns each draw in its order, none before the edition is drawn; or a refusal: INVALID_INPUT for what is no list of
 * texts, NOT_CANONICAL for an entry of another form, PROOF_INVALID for entries that are not one edition's, whole, in order and
 * without a contradiction about which ticket they mean.
 * @example
 * ```ts
 * import { recomputeDraws } from "@golden-press/verifier";
 *
 * const answer = recomputeDraws(['{"type":"edition.drawn"}']);
 * console.log(answer.isValid ? answer.draws.length : answer.reason); // NOT_CANONICAL
 * ```
 */
export function recomputeDraws(leaves: readonly string[]): RecomputedDraws {
  const history = readEditionHistory(leaves);
  if (history === undefined) return { isValid: true, draws: [] };
  if ("isValid" in history) return history;
  return { isValid: true, draws: recomputeHistory(history) };
}

/** The draws of an edition whose entries were read already. */
export function recomputeHistory(history: EditionHistory): RecomputedDraw[] {
  let left = history.entries;
  return history.draws.map((draw, index) => {
    if (draw.type === "winner.replaced") left = left.filter((number) => number !== draw.replaced_number);
    return recompute(history, draw, index + 1, left);
  });
}

function recompute(history: EditionHistory, draw: DrawEntry, attempt: number, left: readonly number[]): RecomputedDraw {
  const { mode, ticket_number: recorded } = draw;
  const isVoid = draw.type === "edition.drawn" && draw.reason !== null;
  const isRecomputable = mode !== "random_int" && !isVoid;
  const about = { attempt, mode, status: isVoid ? "void" : "drawn", isRecomputable, recorded } as const;
  const answer = (agrees: boolean, message: string, recomputed: number | null = null): RecomputedDraw => {
    return { ...about, recomputed, agrees, message };
  };
  const problem = entriesProblem(history, draw, left) ?? (isVoid ? undefined : entropyProblem(history, draw));
  if (problem !== undefined) return answer(false, problem);
  if (isVoid) return answer(true, `Nobody won, the draw is void: ${draw.reason}`);
  if (mode === "random_int") {
    const isEntry = recorded === null ? left.length === 0 : left.includes(recorded);
    if (isEntry) return answer(true, describeRandom(recorded, left.length));
    return answer(false, `${sentence(describeTicket(recorded))} is none of the ${describeEntries(left.length)}.`);
  }
  const entropy = mode === "sealed" ? draw.inputs.secret : draw.inputs.signature;
  const { edition, entries_hash: entriesHash } = history.closed;
  const words = drawWords(drawSeed({ mode, edition, entriesHash, entropy, attempt }));
  const recomputed = left.length === 0 ? null : (left[sampleIndex(left.length, words)] ?? null);
  if (recomputed !== recorded) {
    return answer(false, `The inputs give ${describeTicket(recomputed)}, not ${describeTicket(recorded)}.`, recomputed);
  }
  return answer(true, sentence(describeRecomputed(history, draw, left.length)), recomputed);
}

/** What contradicts that the draw was made from these entries, in the mode that was promised. */
function entriesProblem({ opened, closed }: EditionHistory, draw: DrawEntry, left: readonly number[]) {
  const { entries_count: count, entries_hash: hash } = draw.inputs;
  if (draw.mode !== opened.draw_mode) return `The mode was to be ${opened.draw_mode}, and it was ${draw.mode}.`;
  if (hash !== closed.entries_hash) return "The draw has another entries_hash than the edition had when it closed.";
  if (count !== left.length) return `The draw was made from ${describeEntries(count)}, and there were ${left.length}.`;
  return undefined;
}

/** What contradicts that the entropy of the draw is the one that was promised before the sale. */
function entropyProblem({ opened, closed, draws }: EditionHistory, draw: DrawEntry): string | undefined {
  if (draw.mode === "sealed" && opened.draw_mode === "sealed") {
    const isCommitted = bytesToHex(sha256(hexToBytes(draw.inputs.secret))) === opened.draw_commitment;
    return isCommitted ? undefined : "The secret is not the one that the edition.opened committed to.";
  }
  if (draw.mode !== "beacon" || opened.draw_mode !== "beacon") return undefined;
  const { checkpoint_at: time, round, signature } = draw.inputs;
  const chain = chainOf(opened);
  if (chain.chainHash === QUICKNET.chainHash && !isQuicknet(chain)) {
    return "The edition.opened names drand's quicknet, with another key or other times than quicknet has.";
  }
  if (closed.at < opened.closes_at)
    return `The edition closed at ${closed.at}, before its closes_at, ${opened.closes_at}.`;
  if (time < closed.at) return `The checkpoint is of ${time}, before the edition closed, at ${closed.at}.`;
  const due = firstRoundFrom(chain, time, opened.draw_delay_seconds);
  if (round !== due) return `The draw took round ${round} of the beacon, and round ${due} was due.`;
  const first = draws[0];
  // Whoever could name another checkpoint for a replacement could choose its winner.
  if (first?.mode === "beacon" && first.inputs.checkpoint_at !== time) {
    return `The replacement counts from ${time}, and the draw from ${first.inputs.checkpoint_at}.`;
  }
  const isSigned = verifyBeacon({ publicKey: chain.publicKey, round, signature });
  return isSigned ? undefined : `The beacon did not sign round ${round} with this signature.`;
}

function chainOf(terms: BeaconTerms): BeaconChain {
  return {
    chainHash: terms.beacon_chain_hash,
    publicKey: terms.beacon_public_key,
    genesisAt: terms.beacon_genesis_at,
    periodSeconds: terms.beacon_period_seconds,
  };
}

function isQuicknet({ publicKey, genesisAt, periodSeconds }: BeaconChain): boolean {
  const { publicKey: key, genesisAt: genesis, periodSeconds: period } = QUICKNET;
  return publicKey === key && genesisAt === genesis && periodSeconds === period;
}

function describeRecomputed({ opened, closed }: EditionHistory, draw: DrawEntry, count: number): string {
  const source = draw.mode === "beacon" ? `round ${draw.inputs.round} of the beacon` : "the secret";
  const found = `${describeTicket(draw.ticket_number)} is what ${source} and the ${describeEntries(count)} give`;
  if (opened.draw_mode !== "beacon" || draw.mode !== "beacon") return `${found}.`;
  const caveat = describeCheckpoint(closed.at, draw.inputs.checkpoint_at);
  if (opened.beacon_chain_hash === QUICKNET.chainHash) return `${found}. ${caveat}`;
  return `${found}; the beacon is not quicknet, so compare its key with the one that its servers publish. ${caveat}`;
}

/** Which round is due follows from a time that the issuer says, and nothing in the ledger proves. */
function describeCheckpoint(closedAt: string, checkpointAt: string): string {
  const gap = Date.parse(checkpointAt) - Date.parse(closedAt);
  const word = `That the entries were fixed before the round was out is the issuer's word, by a checkpoint of ${gap / 1000} s after the closing`;
  const proof = "a checkpoint that covers the closing, and that somebody kept from before the round, proves it";
  if (gap <= CHECKPOINT_GAP_MILLISECONDS_MAX) return `${word}; ${proof}.`;
  const warning = "WARNING: that is long, a press under way needs a fraction of a second once all tickets are signed";
  return `${word}. ${warning}, and whoever waits with a checkpoint can choose the round; ${proof}.`;
}

function describeRandom(recorded: number | null, count: number): string {
  const choice = `the press says that random_int chose ${describeTicket(recorded)} of ${describeEntries(count)}`;
  return `not recomputable: ${choice}, which is fair if you trust the operator.`;
}

function describeEntries(count: number): string {
  return count === 1 ? "1 entry" : `${count} entries`;
}

function describeTicket(number: number | null): string {
  return number === null ? "no ticket" : `ticket ${number}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
