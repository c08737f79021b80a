/** Makes the draws of an edition again in the browser, from the entries of the ledger, and shows how. Loaded when somebody asks for it. */
import { bytesToHex } from "@noble/hashes/utils.js";
import { type RecomputedDraw, recomputeDraws } from "../../../verifier/draws.ts";
import type { DrawEntry } from "../../../verifier/editionEntries.ts";
import { type EditionHistory, readEditionHistory } from "../../../verifier/editionHistory.ts";
import { drawSeed, drawWords, sampleIndex } from "../../../verifier/sampler.ts";

/** One step of a computation: what it is, what came out, and why. */
export interface Step {
  readonly name: string;
  readonly value: string;
  readonly why: string;
}

export interface ShownDraw {
  readonly verdict: RecomputedDraw;
  /** Empty where there is nothing to compute. */
  readonly steps: readonly Step[];
}

export type Recomputation = { readonly draws: readonly ShownDraw[] } | { readonly refusal: string };

/** @param leaves everything that the ledger has of the edition, in its order */
export function recompute(leaves: readonly string[]): Recomputation {
  const answer = recomputeDraws(leaves);
  if (!answer.isValid) return { refusal: answer.message };
  const history = readEditionHistory(leaves);
  if (history === undefined || "isValid" in history) return { draws: [] };
  let left = history.entries;
  return {
    draws: answer.draws.map((verdict, index) => {
      const draw = history.draws[index];
      if (draw?.type === "winner.replaced") left = left.filter((number) => number !== draw.replaced_number);
      return { verdict, steps: draw === undefined ? [] : stepsOf(history, draw, verdict, left) };
    }),
  };
}

function stepsOf(
  { closed }: EditionHistory,
  draw: DrawEntry,
  { isRecomputable, attempt }: RecomputedDraw,
  left: readonly number[],
): readonly Step[] {
  const entries: readonly Step[] = [
    { name: "Entries", value: `${left.length}`, why: entriesReason(attempt) },
    {
      name: "Their hash",
      value: closed.entries_hash,
      why: "SHA-256 over every number and the hash of its ticket, fixed when the edition closed.",
    },
  ];
  if (!isRecomputable || draw.mode === "random_int" || left.length === 0) return entries;
  const entropy = draw.mode === "sealed" ? draw.inputs.secret : draw.inputs.signature;
  const seed = drawSeed({
    mode: draw.mode,
    edition: closed.edition,
    entriesHash: closed.entries_hash,
    entropy,
    attempt,
  });
  const { index, words } = sample(left.length, seed);
  return [
    ...entries,
    {
      name: draw.mode === "sealed" ? "The secret" : `Round ${draw.inputs.round} of the beacon`,
      value: entropy,
      why:
        draw.mode === "sealed"
          ? "Its SHA-256 was published before the edition opened."
          : "The beacon's signature, published after the closing was recorded, and checked against the beacon's key.",
    },
    {
      name: "Seed",
      value: bytesToHex(seed),
      why: "SHA-256 over the mode, the edition, the hash, the entropy and the attempt.",
    },
    {
      name: words.length === 1 ? "Word" : "Words",
      value: words.map(String).join(", "),
      why: wordsReason(words.length),
    },
    { name: "Index", value: `${index}`, why: `The last word, modulo ${left.length}; counted from 0.` },
    { name: "Winner", value: `ticket ${left[index]}`, why: `The entry at index ${index}, by number.` },
  ];
}

function sample(count: number, seed: Uint8Array): { index: number; words: readonly bigint[] } {
  const source = drawWords(seed);
  const words: bigint[] = [];
  const next = () => {
    const word = source.next();
    words.push(word);
    return word;
  };
  return { index: sampleIndex(count, { bits: source.bits, next }), words };
}

function entriesReason(attempt: number): string {
  return attempt === 1
    ? "The tickets that were issued and not revoked before the edition closed."
    : "The same without the winners that were replaced.";
}

function wordsReason(count: number): string {
  const how = "The first 8 bytes of SHA-256 over the seed and a counter";
  return count === 1 ? `${how}.` : `${how}; words that would favour low numbers are thrown away.`;
}
