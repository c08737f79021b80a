import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CompactTree, equalHashes, formatProof, LedgerVerifier, leafHash } from "../../verifier/index.ts";
import { random, seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { createLedger } from "./testLedger.ts";

const entries = Array.from({ length: 100 }, (_, index) => `{"n":${index}}`);
const ledger = createLedger("press.example/ledger", entries);
const verifier = new LedgerVerifier(ledger.vkey);
const wrong = { isValid: false, reason: "PROOF_INVALID", message: expect.stringMatching(/^\w.{20,}\.$/) };

testRequiring("VECTORS_DIR")(
  "a log of 70,000 entries that Go's tlog verified: checkpoints, both proofs, both roots",
  () => {
    const file = join(process.env.VECTORS_DIR ?? "", "tlog/selfmade-70000-go-verified.json");
    const log: SelfmadeLog = JSON.parse(readFileSync(file, "utf8"));
    const reader = new LedgerVerifier(log.vkey);
    const [older, newer] = [reader.verifyCheckpoint(log.cpOld), reader.verifyCheckpoint(log.cpNew)];
    if (!older.isValid || !newer.isValid) throw new Error("its checkpoints are not valid");
    expect([older.checkpoint.size, newer.checkpoint.size]).toEqual([54_321, 70_000]);

    const path = log.incl.map((hash) => Buffer.from(hash, "base64"));
    const parts = { extra: Buffer.from(log.leaf), index: log.index, path, checkpoint: log.cpNew };
    expect(reader.verifyEntry(formatProof(parts))).toMatchObject({
      verdict: "included",
      entry: log.leaf,
      place: log.index,
    });
    expect(reader.verifyEntry(formatProof({ ...parts, checkpoint: log.cpOld }))).toEqual(wrong);
    expect(reader.verifyEntry(formatProof({ ...parts, index: log.index ^ 1 }))).toEqual(wrong);
    expect(reader.verifyConsistency(log.cpOld, log.cpNew, log.cons)).toMatchObject({ verdict: "consistent" });
    expect(reader.verifyConsistency(log.cpNew, log.cpOld, log.cons)).toEqual(wrong);

    const tree = new CompactTree();
    for (let n = 0; n < 70_000; n++) {
      if (n === 54_321) expect(equalHashes(tree.root(), older.checkpoint.root)).toBe(true);
      tree.append(leafHash(Buffer.from(`{"n":${n}}`)));
    }
    expect(equalHashes(tree.root(), newer.checkpoint.root)).toBe(true);
  },
);

interface SelfmadeLog {
  vkey: string;
  cpOld: string;
  cpNew: string;
  index: number;
  leaf: string;
  incl: string[];
  cons: string[];
}

describe("verifyCheckpoint", () => {
  it("answers published for a checkpoint of any size", () => {
    for (const size of [0, 1, 99, 100]) {
      const published = { isValid: true, verdict: "published", checkpoint: { origin: ledger.name, size } };
      expect(verifier.verifyCheckpoint(ledger.checkpoint(size))).toMatchObject(published);
    }
    expect(verifier.origin).toBe(ledger.name);
  });

  it("refuses a signed note that is no checkpoint, or one of another ledger", () => {
    const other = createLedger("other.example", entries);
    for (const note of [
      ledger.note("text\n"),
      other.checkpoint(),
      ledger.checkpoint().replace("\n100\n", "\n99\n"),
      "",
    ]) {
      expect(verifier.verifyCheckpoint(note)).toEqual(wrong);
    }
  });
});

describe("verifyEntry", () => {
  it("answers included for every place, with the entry", () => {
    for (const [place, entry] of entries.entries()) {
      expect(verifier.verifyEntry(ledger.proof(place))).toMatchObject({ verdict: "included", entry, place });
    }
  });

  it("gives entries beyond ASCII as text", () => {
    const texts = ["é \u{10ffff}\u2028\ufeff", "\ufeff", '{"reason":"😀"}'];
    const other = createLedger("other.example", texts);
    const reader = new LedgerVerifier(other.vkey);
    for (const [place, entry] of texts.entries()) {
      expect(reader.verifyEntry(other.proof(place))).toMatchObject({ verdict: "included", entry });
    }
  });

  it.each(["ff", "c0af", "eda080", "f4908080", "e282"])(
    "refuses an entry of the bytes %s, which are not UTF-8",
    (bytes) => {
      const other = createLedger("other.example", [Buffer.from(bytes, "hex")]);
      expect(new LedgerVerifier(other.vkey).verifyEntry(other.proof(0))).toEqual(wrong);
    },
  );
});

describe("verifyConsistency", () => {
  it(`answers consistent for every checkpoint with the next, and for 500 random pairs (seed ${seed})`, () => {
    const pairs = Array.from({ length: 500 }, () =>
      [random.integer(100) + 1, random.integer(100) + 1].sort((a, b) => a - b),
    );
    for (const [size1 = 0, size2 = 0] of [...entries.keys()]
      .slice(1)
      .map((size) => [size, size + 1])
      .concat(pairs)) {
      const answer = verifier.verifyConsistency(
        ledger.checkpoint(size1),
        ledger.checkpoint(size2),
        ledger.consistency(size1, size2),
      );
      expect(answer).toMatchObject({ verdict: "consistent", older: { size: size1 }, newer: { size: size2 } });
    }
  });

  it("shows two readers that they were given different ledgers", () => {
    const rewritten = ledger.fork(["another", ...entries.slice(1)]);
    const [ours, theirs] = [ledger.checkpoint(50), rewritten.checkpoint(50)];
    for (const [first, second] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const answer = verifier.verifyConsistency(first, second, []);
      expect(answer).toMatchObject({
        reason: "PROOF_INVALID",
        message: expect.stringMatching(/signed two histories of 50 entries; keep both/),
      });
    }
    for (const hashes of [ledger.consistency(50, 80), rewritten.consistency(50, 80), []]) {
      expect(verifier.verifyConsistency(ours, rewritten.checkpoint(80), hashes)).toEqual(wrong);
    }
  });

  it("refuses a proof for other sizes, damaged, or too long", () => {
    const [older, newer, hashes] = [ledger.checkpoint(37), ledger.checkpoint(90), ledger.consistency(37, 90)];
    expect(verifier.verifyConsistency(older, newer, hashes)).toMatchObject({ isValid: true });
    for (const damaged of [
      [],
      hashes.slice(1),
      hashes.toReversed(),
      [...hashes, hashes[0]],
      ["", ...hashes],
      ["?", ...hashes.slice(1)],
    ]) {
      expect(verifier.verifyConsistency(older, newer, damaged as string[])).toEqual(wrong);
    }
    expect(verifier.verifyConsistency(newer, older, hashes)).toEqual(wrong);
    expect(verifier.verifyConsistency(older, newer, ledger.consistency(36, 90))).toEqual(wrong);
    expect(verifier.verifyConsistency(ledger.checkpoint(0), newer, [])).toEqual(wrong);
  });

  it("answers PROOF_INVALID for whatever is no text or list of texts, and throws for nothing", () => {
    const note = ledger.checkpoint();
    const hostile = new Proxy({}, { get: () => expect.unreachable("the verifier looked inside") });
    for (const value of [undefined, null, 7, {}, hostile, Symbol("note"), Buffer.from(note)]) {
      expect(verifier.verifyCheckpoint(value as string)).toEqual(wrong);
      expect(verifier.verifyEntry(value as string)).toEqual(wrong);
      expect(verifier.verifyConsistency(value as string, note, [])).toEqual(wrong);
      expect(verifier.verifyConsistency(note, value as string, [])).toEqual(wrong);
      expect(verifier.verifyConsistency(note, note, value as string[])).toEqual(wrong);
      expect(verifier.verifyConsistency(note, note, [value as string])).toEqual(wrong);
    }
  });
});
