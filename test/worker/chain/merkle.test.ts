/* What an ARC endpoint says of a block (BRC-74), whole and damaged. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { MerkleTree, readBump, rootOfPath } from "../../../worker/chain/merkle.ts";

const txids = Array.from({ length: 5 }, () => randomBytes(32).toString("hex"));
const tree = await MerkleTree.over(txids);
const reversed = (hash: string) => Buffer.from(hash, "hex").reverse().toString("hex");
const byte = (value: number) => value.toString(16).padStart(2, "0");

function varInt(value: bigint): string {
  if (value < 253n) return byte(Number(value));
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return `ff${bytes.toString("hex")}`;
}

/**
 * The BUMP of a transaction: at the bottom itself and the hash beside it, above that the hash beside what they lead to.
 *
 * @param said where it says that the transaction is
 */
function bumpOf(place: number, said = BigInt(place)): string {
  const { hashes } = tree.pathOf(txids[place] as string) ?? { hashes: [] };
  const levels = hashes.map((hash, level) => {
    const beside = `${varInt((said >> BigInt(level)) ^ 1n)}00${reversed(hash)}`;
    return level === 0 ? `02${varInt(said)}02${reversed(txids[place] as string)}${beside}` : `01${beside}`;
  });
  return `64${byte(levels.length)}${levels.join("")}`;
}

test.each([0, 1, 2, 3, 4])("the path of transaction %i leads to the root", (place) => {
  const txid = txids[place] as string;
  const path = readBump(bumpOf(place), txid);
  expect(path).toEqual(tree.pathOf(txid));
  expect(path && rootOfPath(txid, path)).toBe(tree.root);
});

test("cut off anywhere it says nothing", () => {
  const bump = bumpOf(2);
  for (let length = 0; length < bump.length; length += 2) {
    expect(readBump(bump.slice(0, length), txids[2] as string), `${length / 2} bytes`).toBeUndefined();
  }
});

test.each([8n, 1n << 40n, 1n << 63n])("so does a place beyond the end of its tree: %i", (said) => {
  expect(readBump(bumpOf(0, said), txids[0] as string)).toBeUndefined();
});
