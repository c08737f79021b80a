import { createHash, randomBytes } from "node:crypto";
import { publicationScript, signTransaction } from "../../worker/chain/transaction.ts";
import { WalletKey } from "../../worker/chain/wallet.ts";
import { canonicalText } from "./issuer.ts";
import { ledger, SAMPLE_PLACE, sampleProof } from "./recordedCases.ts";

/* Anchors on blocks that are made here by the letter: a tree with its last node doubled, and a header that is mined for as long as its target asks. */

/** A key that is no secret. */
export const wallet = new WalletKey("01".repeat(32));

/** The checkpoint that `sampleProof` is under. */
export const note = ledger.checkpoint();

/** What a document says; each member may be another. */
export interface AnchorParts {
  readonly block: object | null;
  readonly checkpoint: string;
  readonly proof: string;
  readonly transaction: string;
  readonly txid: string;
  readonly type: string;
}

export const hash256 = (bytes: Buffer): Buffer =>
  createHash("sha256").update(createHash("sha256").update(bytes).digest()).digest();
export const reversed = (hex: string): string => Buffer.from(hex, "hex").reverse().toString("hex");

/** A transaction whose outputs have these scripts, the first of them the checkpoint's unless told otherwise. */
export function transactionOf(scripts = [scriptOf(note)]): { txid: string; raw: string } {
  const coin = { txid: "ab".repeat(32), outputIndex: 0, satoshis: 1_000 };
  const outputs = [...scripts.map((script) => ({ script, satoshis: 0 })), { script: wallet.script, satoshis: 900 }];
  return signTransaction(wallet, [coin], outputs, 100);
}

export function scriptOf(payload: string): string {
  return publicationScript({ payload, signature: null, publicKey: null });
}

/** The path of a transaction among others in a block, and the block's root, both as they are computed in a block. */
export function treeOf(txids: readonly string[], index: number): { root: Buffer; hashes: string[] } {
  let row: Buffer[] = txids.map((txid) => Buffer.from(reversed(txid), "hex"));
  const hashes: string[] = [];
  for (let place = index; row.length > 1; place >>= 1) {
    if (row.length % 2 === 1) row.push(row.at(-1) as Buffer);
    hashes.push(reversed((row[place ^ 1] as Buffer).toString("hex")));
    row = row.flatMap((node, at): Buffer[] =>
      at % 2 === 0 ? [hash256(Buffer.concat([node, row[at + 1] as Buffer]))] : [],
    );
  }
  return { root: row[0] as Buffer, hashes };
}

/** A header over a root, mined: with the target of regtest a second try is enough, as a rule. */
export function mine(root: Buffer, bits = 0x207fffff): { header: string; hash: string } {
  const header = Buffer.alloc(80);
  header.writeInt32LE(0x20000000, 0);
  root.copy(header, 36);
  header.writeUInt32LE(1_764_000_000, 68);
  header.writeUInt32LE(bits, 72);
  for (let nonce = 0; ; nonce += 1) {
    header.writeUInt32LE(nonce, 76);
    const hash = reversed(hash256(header).toString("hex"));
    if (hash < "7fffff") return { header: header.toString("hex"), hash };
  }
}

/** The block that a transaction is in, after `before` others and before `behind`. */
export function blockOf(txid: string, before = 1, behind = 2) {
  const strangers = Array.from({ length: before + behind }, () => randomBytes(32).toString("hex"));
  const txids = [...strangers.slice(0, before), txid, ...strangers.slice(before)];
  const { root, hashes } = treeOf(txids, before);
  return { ...mine(root), height: 102, merkle_path: { index: before, hashes } };
}

export function anchorOf(parts: Partial<AnchorParts> = {}): string {
  const { txid, raw } = transactionOf();
  const whole: AnchorParts = {
    block: blockOf(txid),
    checkpoint: note,
    proof: sampleProof,
    transaction: raw,
    txid,
    type: "golden-press/anchor/v1",
    ...parts,
  };
  return canonicalText({ ...whole });
}

const { txid, raw } = transactionOf();
const block = blockOf(txid);
const anchor = (parts: Partial<AnchorParts>) => anchorOf({ block, ...parts });
/** The anchor of another transaction, in a block that has it. */
const carriedBy = (scripts: string[], parts: Partial<AnchorParts> = {}) => {
  const other = transactionOf(scripts);
  return anchorOf({ transaction: other.raw, txid: other.txid, block: blockOf(other.txid), ...parts });
};
const otherBlock = blockOf(txid, 3, 4);
const push = (bytes: Buffer, code: number, lengthBytes: number) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([Buffer.of(code), length.subarray(0, lengthBytes), bytes]).toString("hex");
};
const [tag, noteBytes] = [push(Buffer.from("golden-press"), 12, 0), Buffer.from(note)];
/** A transaction whose input, and no output, has the script. */
const inInput = Buffer.from(raw, "hex");
const script = Buffer.from(scriptOf(note), "hex");
const lengthOf = (length: number) => Buffer.from(length < 0xfd ? [length] : [0xfd, length & 0xff, length >> 8]);
const unlocking = Buffer.concat([inInput.subarray(0, 41), lengthOf(script.length), script]);
const rest = Buffer.concat([
  Buffer.from("ffffffff", "hex"),
  Buffer.of(1),
  Buffer.alloc(8),
  Buffer.of(1, 0x51),
  Buffer.alloc(4),
]);
const hidden = Buffer.concat([unlocking, rest]);
const hiddenId = reversed(hash256(hidden).toString("hex"));

export const goodAnchors: Readonly<Record<string, string>> = {
  "in a block of four": anchor({}),
  "the only transaction of a block": anchorOf({ block: blockOf(txid, 0, 0) }),
  "the last of three, doubled": anchorOf({ block: blockOf(txid, 2, 0) }),
  "the last of five, doubled twice": anchorOf({ block: blockOf(txid, 4, 0) }),
  "among a thousand": anchorOf({ block: blockOf(txid, 700, 300) }),
  "behind other outputs": carriedBy([scriptOf("a record"), wallet.script, scriptOf(note)]),
  "an earlier place of the ledger": anchor({ proof: ledger.proof(SAMPLE_PLACE - 1) }),
  "not mined": anchor({ block: null }),
  "mined, by what the press says": anchor({ block: { ...block, header: null, merkle_path: null } }),
  "mined, with a header alone": anchor({ block: { ...block, merkle_path: null } }),
  "mined, with a path alone": anchor({ block: { ...block, header: null } }),
};

const earlier = ledger.checkpoint(SAMPLE_PLACE + 3);
const bytesOf = (hex: string, ...changes: [place: number, value: number][]) => {
  const bytes = Buffer.from(hex, "hex");
  for (const [place, value] of changes) bytes.writeUInt8(value, place);
  return bytes.toString("hex");
};
/** The header changed, and named by what it hashes to then. */
const withHeader = (...changes: [place: number, value: number][]) => {
  const header = bytesOf(block.header, ...changes);
  return anchor({ block: { ...block, header, hash: reversed(hash256(Buffer.from(header, "hex")).toString("hex")) } });
};
/** Another header of the same tree that meets the target too: half of them do. */
const sameWork = mine(Buffer.from(block.header, "hex").subarray(36, 68), 0x207ffffe);
const withPath = (index: number, hashes: readonly string[]) =>
  anchor({ block: { ...block, merkle_path: { index, hashes } } });
const { hashes } = block.merkle_path;
/** A node that looks like a transaction of 64 bytes, as somebody could have it mined; its right half stands for a transaction below it. */
const shaped = Buffer.from(
  `01000000${"01"}${"cd".repeat(32)}00000000${"02"}5151ffffffff${"01"}${"00".repeat(8)}${"02"}515100000000`,
  "hex",
);

/** By reason, and by how the sentence begins. */
export const badAnchors: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>> = {
  INVALID_INPUT: {
    "An anchor is well-formed text": { "a lone surrogate": "\ud800", "endless text": "x".repeat(21_000_001) },
  },
  NOT_CANONICAL: {
    "The anchor (is not|has|lacks) ": {
      nothing: "",
      "a list": "[]",
      "an empty object": "{}",
      "another type": anchor({ type: "golden-press/anchor/v2" }),
      "a space": anchor({}).replace(",", ", "),
      "a member too many": anchor({}).replace('"txid"', '"seen":true,"txid"'),
      "a member too few": anchor({}).replace(/"checkpoint":"(\\.|[^"\\])*",/, ""),
      "a lone surrogate in an escape": anchor({}).replace('"checkpoint":"', '"checkpoint":"\\ud800'),
      "an empty checkpoint": anchor({ checkpoint: "" }),
      "bytes in capitals": anchor({ transaction: raw.toUpperCase() }),
      "half a byte": anchor({ transaction: raw.slice(1) }),
      "a short txid": anchor({ txid: txid.slice(2) }),
      "a short header": anchor({ block: { ...block, header: block.header.slice(2) } }),
      "a block without a height": anchor({ block: { ...block, height: null } }),
      "a negative place": withPath(-1, hashes),
      "a hash that is none": withPath(1, [...hashes, "x"]),
      "a tree of forty levels": withPath(
        1,
        Array.from({ length: 40 }, () => "00".repeat(32)),
      ),
    },
  },
  PROOF_INVALID: {
    "The proof is not of the form": {
      "no proof": anchor({ proof: "proof" }),
    },
    "The proof is under another checkpoint": {
      "a proof under an earlier checkpoint": anchor({ proof: ledger.proof(SAMPLE_PLACE, SAMPLE_PLACE + 3) }),
      "an earlier checkpoint": anchor({ checkpoint: earlier }),
      "a checkpoint without its signature": anchor({ checkpoint: note.replace(/— .*\n/, "") }),
      "a fork of the ledger": anchor({ proof: ledger.fork(["another"]).proof(0) }),
    },
    "No output of the transaction is this checkpoint": {
      "a checkpoint that was not published, with its proof": anchor({
        checkpoint: earlier,
        proof: ledger.proof(SAMPLE_PLACE, SAMPLE_PLACE + 3),
      }),
      "a transaction of another record": carriedBy([scriptOf("a record")]),
      "a transaction of an earlier checkpoint": carriedBy([scriptOf(earlier)]),
      "the script in an input": anchor({ transaction: hidden.toString("hex"), txid: hiddenId, block: null }),
      "another tag": carriedBy([scriptOf(note).replace(tag, push(Buffer.from("silver-press"), 12, 0))]),
      "no tag": carriedBy([scriptOf(note).replace(tag, "")]),
      "no OP_FALSE": carriedBy([scriptOf(note).slice(2)]),
      "a longer push": carriedBy([`006a${tag}${push(noteBytes, 0x4e, 4)}`]),
      "something behind the note": carriedBy([`${scriptOf(note)}0101`]),
      "a part of the note": carriedBy([scriptOf(note.slice(0, -1))]),
    },
    "The transaction is no transaction": {
      "no bytes": anchor({ transaction: "" }),
      "a transaction that ends too early": anchor({ transaction: raw.slice(0, -2) }),
      "a transaction with something behind it": anchor({ transaction: `${raw}00` }),
      "a transaction without inputs": anchor({ transaction: "010000000001000000000000000001510000000000" }),
      "a length that is written too long": anchor({ transaction: raw.replace(/^0100000001/, "01000000fd0100") }),
      "a length of nine bytes": anchor({ transaction: raw.replace(/^0100000001/, "01000000ff0100000000000000") }),
    },
    "The transaction has 64 bytes": {
      "64 bytes": anchor({ transaction: shaped.subarray(0, 64).toString("hex") }),
    },
    "The transaction is [0-9a-f]{64}, not the one": {
      "another txid": anchor({ txid: txid.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) }),
      "the txid turned round": anchor({ txid: reversed(txid) }),
    },
    "The header is that of the block [0-9a-f]{64}, not of the one": {
      "another hash of the block": anchor({ block: { ...block, hash: otherBlock.hash } }),
      "a header that was changed": anchor({ block: { ...block, header: sameWork.header } }),
    },
    "The header of the block does not meet the target": {
      "a header without its work": withHeader([74, 0], [73, 1], [72, 0], [75, 0x10]),
    },
    "The header of the block names no target": {
      "a target of zero": withHeader([72, 0], [73, 0], [74, 0]),
      "a negative target": withHeader([74, 0xff]),
      "a target that every hash meets": withHeader([75, 0xff]),
    },
    "The path in the block does not lead": {
      "another block": anchor({ block: { ...otherBlock, merkle_path: block.merkle_path } }),
      "a path of another place": withPath(0, hashes),
      "a path that is too short": withPath(1, hashes.slice(0, -1)),
      "a path that is too long": withPath(1, [...hashes, hashes[0] as string]),
      "no path": withPath(0, []),
      "a path turned round": withPath(1, hashes.toReversed()),
    },
    "The path in the block has a place that is in no tree": {
      "a place beyond the tree": withPath(1 + 2 ** hashes.length, hashes),
    },
    "The path in the block has a place beyond the end": {
      "the doubled place of the last": anchorOf({ block: doubled(blockOf(txid, 2, 0)) }),
    },
  },
};

/** The path of the last transaction of three, as if it stood once more behind itself. */
function doubled(odd: ReturnType<typeof blockOf>): object {
  return { ...odd, merkle_path: { ...odd.merkle_path, index: odd.merkle_path.index + 1 } };
}
