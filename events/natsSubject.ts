import { kindOf, type Leaf, readLeaf } from "./leaf.ts";

/** Where the events go that are about no edition. No slug has an underscore, so no edition is ever called this. */
const PRESS = "_press";

/**
 * The NATS subject of an event: `<prefix>.<edition>.<verb>`, with the hyphens of the slug as underscores; for what has no edition
 * `<prefix>._press.<noun>.<verb>`.
 *
 * @param leaf as the ledger has it, or as it was read
 * @throws {Error} when the leaf is none
 */
export function natsSubject(prefix: string, leaf: string | Leaf): string {
  const about = typeof leaf === "string" ? readLeaf(leaf) : leaf;
  const { noun, verb } = kindOf(about);
  const middle = about.edition === undefined ? `${PRESS}.${noun}` : about.edition.replaceAll("-", "_");
  return `${prefix}.${middle}.${verb}`;
}
