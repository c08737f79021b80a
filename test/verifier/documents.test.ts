import { describe, expect, it } from "vitest";
import {
  checkpointBody,
  envelopeHash,
  formatProof,
  parseEntryBundle,
  readCheckpoint,
  readProof,
  readTicketEntry,
  tilePath,
} from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { sample } from "./cases.ts";
import { badProofs, goodProofs, ledger, sampleProof } from "./recordedCases.ts";
import { checkpointText, ticketEntry } from "./testLedger.ts";

const root = Buffer.alloc(32, 7);

describe("checkpoints", () => {
  it.each([0, 1, 70_000, Number.MAX_SAFE_INTEGER])("are written and read at size %i", (size) => {
    const body = checkpointBody("press.example/ledger", size, root);
    expect(body).toBe(checkpointText("press.example/ledger", size, root));
    expect(readCheckpoint(body)).toEqual({
      checkpoint: { origin: "press.example/ledger", size, root: new Uint8Array(root) },
    });
  });

  it("may have any origin of one line, and extension lines", () => {
    const body = `go.sum database tree + é\n5\n${root.toString("base64")}\none\ntwo\n`;
    expect(readCheckpoint(body)).toMatchObject({ checkpoint: { origin: "go.sum database tree + é", size: 5 } });
  });

  it.each<[string, number, Buffer]>([
    ["", 1, root],
    ["a\nb", 1, root],
    [`a\n1\n${root.toString("base64")}`, 1, root],
    ["a\tb", 1, root],
    ["\ud800", 1, root],
    ["a", -1, root],
    ["a", 0.5, root],
    ["a", 2 ** 53, root],
    ["a", Number.NaN, root],
    ["a", 1, root.subarray(1)],
    ["a", 1, Buffer.concat([root, root])],
  ])("are not written of %j, %d and such a root", (origin, size, hash) => {
    expect(() => checkpointBody(origin, size, hash)).toThrow(RangeError);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["no text", ""],
    ["two lines", "a\n1\n"],
    ["no newline", checkpointText("a", 1, root).slice(0, -1)],
    ["an empty line", `${checkpointText("a", 1, root)}\n`],
    ["an empty line within", checkpointText("a", 1, root).replace("\n", "\n\n")],
    ["a size with a leading zero", checkpointText("a", "01", root)],
    ["an empty size", checkpointText("a", "", root)],
    ["a size with a space", checkpointText("a", " 1", root)],
    ["minus zero", checkpointText("a", "-0", root)],
    ["an exponent", checkpointText("a", "1e3", root)],
    ["a size beyond the safe numbers", checkpointText("a", "9007199254740992", root)],
    ["a root of 33 bytes", checkpointText("a", 1, Buffer.alloc(33))],
  ])("are refused with a problem: %s", (_, body) => {
    expect(readCheckpoint(body as string)).toEqual({ problem: expect.stringMatching(/^(is|has|does) /) });
  });
});

describe("proofs", () => {
  it.each(Object.entries(goodProofs))("are read, and written again to the byte: %s", (_, { proof: document }) => {
    const reading = readProof(document);
    expect("proof" in reading && formatProof(reading.proof)).toBe(document);
  });

  it("may lack the extra line", () => {
    const document = sampleProof.replace(/extra .*\n/, "");
    const reading = readProof(document);
    expect(reading).toMatchObject({ proof: { extra: undefined } });
    expect("proof" in reading && formatProof(reading.proof)).toBe(document);
  });

  it("have one form only: what is read is written again to the byte, or is not read", () => {
    for (const { proof: document } of Object.values(badProofs.PROOF_INVALID ?? {})) {
      const reading = readProof(document);
      if ("proof" in reading) expect(formatProof(reading.proof)).toBe(document);
      else expect(reading.problem).toMatch(/^(is|has) /);
    }
  });

  it("are not written of parts that are none", () => {
    const good = { index: 0, path: [root], checkpoint: ledger.checkpoint() };
    expect(formatProof(good)).toContain("index 0\n");
    for (const wrong of [
      { index: -1 },
      { index: 1.5 },
      { index: 2 ** 53 },
      { path: [root.subarray(1)] },
      { extra: Buffer.alloc(0) },
    ]) {
      expect(() => formatProof({ ...good, ...wrong }), JSON.stringify(wrong)).toThrow(RangeError);
    }
  });

  it("carry any bytes as extra data", () => {
    for (let length = 1; length < 200; length++) {
      const extra = random.bytes(length);
      const document = formatProof({ extra, index: 0, path: [], checkpoint: "" });
      expect(document.split("\n")[1]).toBe(`extra ${extra.toString("base64")}`);
      expect(readProof(document)).toEqual({
        proof: { extra: new Uint8Array(extra), index: 0, path: [], checkpoint: "" },
      });
    }
  });
});

describe("ticket entries", () => {
  it("are read when they are canonical", () => {
    const entry = ticketEntry(sample);
    expect(readTicketEntry(entry)).toEqual({ entry: JSON.parse(entry) });
    expect(JSON.parse(entry).envelope_hash).toBe(envelopeHash(sample));
  });

  it.each(["at", "edition", "envelope_hash", "holder", "ticket_id", "ticket_number", "type"])(
    "are refused without %s, or with another form of it",
    (name) => {
      expect(readTicketEntry(ticketEntry(sample, { [name]: undefined }))).toEqual({
        problem: `lacks the member "${name}"`,
      });
      for (const value of [null, "", true, [], -1, "A B"]) {
        const problem = expect.stringContaining(`has a member "${name}" that is not `);
        expect(readTicketEntry(ticketEntry(sample, { [name]: value }))).toEqual({ problem });
      }
    },
  );
});

describe("tilePath", () => {
  // From the text of c2sp.org/tlog-tiles: its example of an index, and the tiles of a tree of 70,000 leaves.
  it.each<[Parameters<typeof tilePath>, string]>([
    [[0, 1_234_067], "tile/0/x001/x234/067"],
    [[0, 0], "tile/0/000"],
    [[0, 272], "tile/0/272"],
    [[0, 273, 112], "tile/0/273.p/112"],
    [[1, 1, 17], "tile/1/001.p/17"],
    [[2, 0, 1], "tile/2/000.p/1"],
    [["entries", 999], "tile/entries/999"],
    [["entries", 1000, 5], "tile/entries/x001/000.p/5"],
    [[63, Number.MAX_SAFE_INTEGER], "tile/63/x009/x007/x199/x254/x740/991"],
  ])("of %j is %s", (args, path) => {
    expect(tilePath(...args)).toBe(path);
  });

  it.each([
    [-1, 0],
    [64, 0],
    [0.5, 0],
    [0, -1],
    [0, 0.5],
    [0, 2 ** 53],
    [0, 0, 0],
    [0, 0, 257],
    [Number.NaN, 0],
  ])("of (%d, %d, %d) does not exist", (level, index, width?: number) => {
    expect(() => tilePath(level, index, width)).toThrow(RangeError);
  });
});

describe("parseEntryBundle", () => {
  const bundleOf = (entries: readonly Buffer[]) =>
    Buffer.concat(entries.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 0xff), entry]));

  const count = rounds(200, 2_000);
  it(`reads ${count} random bundles, and none whose last entry is cut (seed ${seed})`, () => {
    for (let round = 0; round < count; round++) {
      const length = random.integer(random.pick([3, 256]));
      const entries = Array.from({ length }, () => random.bytes(random.integer(600)));
      const bundle = bundleOf(entries);
      expect(
        parseEntryBundle(bundle)?.map((entry) => Buffer.from(entry)),
        `seed ${seed}`,
      ).toEqual(entries);
      const last = entries.at(-1);
      if (last === undefined) continue;
      const cut = bundle.subarray(0, bundle.length - 1 - random.integer(last.length + 1));
      expect(parseEntryBundle(cut), `seed ${seed}`).toBeUndefined();
    }
  });

  it("reads the longest entry, an empty one and an empty bundle", () => {
    const entries = [Buffer.alloc(65_535, 1), Buffer.alloc(0)];
    expect(parseEntryBundle(bundleOf(entries))?.map(({ length }) => length)).toEqual([65_535, 0]);
    expect(parseEntryBundle(new Uint8Array())).toEqual([]);
  });

  it.each([undefined, null, "\0\0", [0, 0], {}])("answers undefined for %j, which is no bytes", (bundle) => {
    expect(parseEntryBundle(bundle as Uint8Array)).toBeUndefined();
  });
});
