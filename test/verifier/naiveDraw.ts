import { createHash } from "node:crypto";
import { canonicalText } from "./issuer.ts";

/* Draws as their description writes them down, without the SDK: hashes by node's crypto, numbers as BigInt. */

export type Members = Record<string, unknown>;

export const sha256Hex = (data: string | Buffer): string => createHash("sha256").update(data).digest("hex");

/** SHA-256 of a line for each ticket.issued, by number. */
export function naiveEntriesHash(leaves: readonly Members[]): string {
  const issued = leaves.filter(({ type }) => type === "ticket.issued");
  const sorted = issued.toSorted((a, b) => Number(a.ticket_number) - Number(b.ticket_number));
  return sha256Hex(sorted.map((leaf) => `${leaf.ticket_number} ${leaf.envelope_hash}\n`).join(""));
}

/** The tickets that are drawn from, without the winners who were replaced. */
export function naiveEntries(leaves: readonly Members[], replaced: readonly unknown[] = []): number[] {
  const end = leaves.findIndex(({ type }) => type === "edition.closed");
  const numbersOf = (wanted: string) =>
    leaves.slice(0, end).flatMap(({ type, ticket_number }) => (type === wanted ? [Number(ticket_number)] : []));
  const out = [...numbersOf("ticket.revoked"), ...replaced];
  return numbersOf("ticket.issued")
    .filter((number) => !out.includes(number))
    .sort((a, b) => a - b);
}

/** The winner that entries and entropy give; null where there are no entries. */
export function naiveWinner(
  entries: readonly number[],
  {
    mode,
    edition,
    entriesHash,
    entropy,
    attempt,
  }: Record<"mode" | "edition" | "entriesHash" | "entropy", string> & { attempt: number },
): number | null {
  if (entries.length === 0) return null;
  const text = `golden-press/draw/v1\n${mode}\n${edition}\n${entriesHash}\n${entropy}\n${attempt}\n`;
  const seed = createHash("sha256").update(text, "utf8").digest();
  const n = BigInt(entries.length);
  for (let i = 0n; ; i++) {
    const counter = Buffer.from(i.toString(16).padStart(16, "0"), "hex");
    const word = createHash("sha256")
      .update(Buffer.concat([seed, counter]))
      .digest()
      .readBigUInt64BE();
    if (word < (2n ** 64n / n) * n) return entries[Number(word % n)] ?? null;
  }
}

/** The first round whose time is not before the checkpoint and the delay: counted up, one by one. */
export function naiveRound(
  genesisAt: string,
  periodSeconds: number,
  checkpointAt: string,
  delaySeconds: number,
): number {
  const wanted = Date.parse(checkpointAt) + delaySeconds * 1000;
  let round = 1;
  for (let time = Date.parse(genesisAt); time < wanted; time += periodSeconds * 1000) round++;
  return round;
}

export const leaf = (members: Members): string => canonicalText(members);
