import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pathProblem, readHeader, readTransaction } from "../../verifier/blockchain.ts";
import { readAnchor, verifyAnchor } from "../../verifier/index.ts";
import { readMerkleBlock } from "../../worker/chain/merkle.ts";
import { signTransaction } from "../../worker/chain/transaction.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { random, rounds, seed } from "../random.ts";
import {
  anchorOf,
  badAnchors,
  goodAnchors,
  hash256,
  note,
  reversed,
  scriptOf,
  transactionOf,
  wallet,
} from "./anchorCases.ts";
import { damage } from "./damage.ts";
import { ledger, SAMPLE_PLACE, sampleProof } from "./recordedCases.ts";

const options = { ledger: ledger.vkey };
const verify = (document: string) => verifyAnchor(document, options);

describe("an anchor", () => {
  it.each(Object.entries(goodAnchors))("holds: %s", (name, document) => {
    const isMined = !/^(not )?mined/.test(name);
    expect(verify(document)).toMatchObject({
      isValid: true,
      verdict: isMined ? "mined" : "carried",
      checkpoint: { origin: ledger.name, size: ledger.size },
    });
  });

  it("says what was verified, and what is only claimed", () => {
    const document = goodAnchors["in a block of four"] as string;
    const { block, txid } = JSON.parse(document);
    const verified = { isValid: true, place: SAMPLE_PLACE, proof: sampleProof, txid, outputIndex: 0 };
    expect(verify(document)).toMatchObject({
      ...verified,
      verdict: "mined",
      block: { hash: block.hash, time: "2025-11-24T16:00:00.000Z", work: 2 },
      claimed: { blockHeight: 102 },
    });
    expect(verify(goodAnchors["not mined"] as string)).toMatchObject({
      ...verified,
      verdict: "carried",
      claimed: null,
    });
    for (const name of ["by what the press says", "with a header alone", "with a path alone"]) {
      expect(verify(goodAnchors[`mined, ${name}`] as string)).toMatchObject({
        ...verified,
        verdict: "carried",
        claimed: { blockHash: block.hash, blockHeight: 102 },
      });
    }
    expect(verify(goodAnchors["behind other outputs"] as string)).toMatchObject({ outputIndex: 2 });
  });

  describe.each(Object.entries(badAnchors))("is refused as %s", (reason, sentences) => {
    const cases = Object.entries(sentences).flatMap(([sentence, documents]) =>
      Object.entries(documents).map(([name, document]) => [name, sentence, document] as const),
    );
    it.each(cases)("%s", (_, sentence, document) => {
      const message = expect.stringMatching(new RegExp(`^${sentence}.*\\.$`, "s"));
      expect(verify(document)).toEqual({ isValid: false, reason, message });
    });
  });

  it("is refused under the key of another ledger, and without a usable key there is no answer", () => {
    const stranger = ledger.vkey.replace("press.example", "other.example");
    expect(() => verifyAnchor(anchorOf(), { ledger: stranger })).toThrow(RangeError);
    expect(() => verifyAnchor(anchorOf(), { ledger: "no key" })).toThrow(RangeError);
    const known = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    expect(verifyAnchor(anchorOf(), { ledger: known })).toMatchObject({ isValid: false, reason: "PROOF_INVALID" });
  });

  it("is refused for what is no text, by an answer", () => {
    for (const value of [undefined, null, 1, {}, [], Symbol("a")]) {
      expect(verify(value as string)).toMatchObject({ isValid: false, reason: "INVALID_INPUT" });
    }
  });

  it("is refused with any character replaced, but for the height, which nothing here can know", {
    timeout: 120_000,
  }, () => {
    const document = goodAnchors["in a block of four"] as string;
    const height = document.indexOf('"height":102') + '"height":'.length;
    const met = new Set<string>();
    for (let place = 0; place < document.length; place += rounds(1 + random.integer(3), 1)) {
      const character = document[place] === "0" ? "1" : "0";
      const changed = document.slice(0, place) + character + document.slice(place + 1);
      const answer = verify(changed);
      if (place >= height && place < height + 3 && answer.isValid) {
        expect(answer.verdict === "mined" && answer.claimed.blockHeight).not.toBe(102);
      } else {
        expect(answer, `place ${place}, seed ${seed}`).toMatchObject({ isValid: false });
        if (!answer.isValid) met.add(answer.reason);
      }
    }
    expect([...met].sort()).toEqual(["NOT_CANONICAL", "PROOF_INVALID"]);
  });

  const count = rounds(1_000, 20_000);
  it(`is refused after ${count} random damages, or says the same (seed ${seed})`, { timeout: 120_000 }, () => {
    const documents = Object.values(goodAnchors);
    for (let round = 0; round < count; round++) {
      const original = random.pick(documents);
      let changed = original;
      for (let step = random.integer(3); step >= 0; step--) changed = damage(changed);
      const answer = verify(changed);
      if (!answer.isValid) continue;
      const before = verify(original);
      // Only what is claimed may be another.
      expect({ ...answer, claimed: 0 }, `${changed}, seed ${seed}`).toEqual({ ...before, claimed: 0 });
    }
  });
});

describe("the reading of", () => {
  it("a header finds the proof of work of a real chain: the first block there is", () => {
    const merkleRoot = "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a";
    const header = `01000000${"00".repeat(32)}${merkleRoot}29ab5f49ffff001d1dac2b7c`;
    expect(readHeader(Buffer.from(header, "hex"))).toMatchObject({
      header: {
        hash: "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
        time: "2009-01-03T18:15:05.000Z",
        work: 4_295_032_833,
      },
    });
    expect(readHeader(Buffer.from(header.replace("1dac2b7c", "1dac2b7d"), "hex"))).toEqual({
      problem: "does not meet the target that it names",
    });
  });

  it("a transaction refuses one of 64 bytes, whatever it is", () => {
    expect(readTransaction(randomBytes(64))).toEqual({ problem: "has 64 bytes, as a node of a block's tree has" });
    expect(readTransaction(randomBytes(63))).toEqual({ problem: "is no transaction" });
  });

  it("a path refuses a node that is a transaction of 64 bytes, below which anything could be hung", () => {
    // Version, one input without a script, one output with a script of four bytes.
    const shaped = (unlocking: number) =>
      Buffer.concat([
        Buffer.from("0100000001", "hex"),
        randomBytes(36),
        Buffer.of(unlocking),
        Buffer.alloc(unlocking, 0x51),
        Buffer.from("ffffffff01", "hex"),
        Buffer.alloc(8),
        Buffer.of(4 - unlocking),
        Buffer.alloc(4 - unlocking, 0x51),
        Buffer.alloc(4),
      ]);
    for (const unlocking of [0, 1, 2, 3, 4]) {
      const node = shaped(unlocking);
      expect(node.length).toBe(64);
      const below = reversed(node.subarray(32).toString("hex"));
      const path = { index: 1, hashes: [reversed(node.subarray(0, 32).toString("hex"))] };
      expect(pathProblem(below, path, hash256(node))).toEqual({ problem: "goes through a node that is a transaction" });
      node.writeUInt8(2, 4); // Two inputs, which it has no room for.
      const honest = { index: 1, hashes: [reversed(node.subarray(0, 32).toString("hex"))] };
      expect(pathProblem(below, honest, hash256(node))).toBe(undefined);
    }
  });

  it("a document keeps what it says", () => {
    const document = anchorOf();
    expect(readAnchor(document)).toEqual({ anchor: JSON.parse(document) });
  });
});

describe("on a real chain", () => {
  let node: RegtestNode;
  beforeAll(async () => {
    node = await RegtestNode.start();
  }, 60_000);
  afterAll(() => node.stop());

  it("anchors in blocks of one to nine transactions hold, each at its place, and in no other block", {
    timeout: 60_000,
  }, async () => {
    const blocks = [];
    for (let count = 1; count <= 9; count += 1) {
      const coins = await node.fund(wallet.script, 1_000, count);
      const outputs = [
        { script: scriptOf(note), satoshis: 0 },
        { script: wallet.script, satoshis: 900 },
      ];
      const sent = coins.map((coin) => signTransaction(wallet, [coin], outputs, 100));
      for (const { raw } of sent) await node.send(raw);
      const [hash = ""] = await node.mine();
      const height = await node.rpc<number>("getblockcount");
      for (const { txid, raw } of sent) {
        const proof = await node.rpc<string>("gettxoutproof", [txid], hash);
        const { header, path } = readMerkleBlock(proof, txid) ?? {};
        blocks.push({ txid, raw, block: { hash, height, header, merkle_path: path } });
      }
    }
    expect(blocks).toHaveLength(45);
    for (const [place, { txid, raw, block }] of blocks.entries()) {
      const document = anchorOf({ transaction: raw, txid, block });
      expect(verify(document)).toMatchObject({
        verdict: "mined",
        txid,
        block: { hash: block.hash },
        claimed: { blockHeight: block.height },
      });
      const other = blocks[(place + 1) % blocks.length]?.block ?? null;
      expect(verify(anchorOf({ transaction: raw, txid, block: other }))).toMatchObject({ reason: "PROOF_INVALID" });
    }
    const stranger = transactionOf();
    const [first] = blocks;
    const foreign = anchorOf({ transaction: stranger.raw, txid: stranger.txid, block: first?.block ?? null });
    expect(verify(foreign)).toMatchObject({ reason: "PROOF_INVALID", message: expect.stringContaining("The path in") });
  });
});
