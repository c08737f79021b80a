/** Makes and reads transactions: BIP143 with FORKID, one key, and the same bytes for the same coins and outputs, for ever. */
import {
  encodeDataPush,
  encodeTransactionCommon,
  generateSigningSerializationBCH,
  hash256,
  hashTransactionUiOrder,
  readTransactionNonTokenAware,
  SigningSerializationType,
} from "@bitauth/libauth";
import type { SignedTransaction } from "./broadcaster.ts";
import type { WalletKey } from "./wallet.ts";

/** A transaction cannot be made, or these bytes are none. The message is one sentence. */
export class TransactionError extends Error {
  override readonly name = "TransactionError";
}

/** A coin that a transaction spends. */
export interface Coin {
  readonly txid: string;
  readonly outputIndex: number;
  readonly satoshis: number;
}

/** What a transaction pays, or publishes. */
export interface TransactionOutput {
  /** Hexadecimal. */
  readonly script: string;
  readonly satoshis: number;
}

/** A transaction as it was read. */
export interface ParsedTransaction {
  readonly txid: string;
  readonly inputs: readonly { readonly txid: string; readonly outputIndex: number }[];
  readonly outputs: readonly TransactionOutput[];
}

/** What is published: a record with its signature and its key, or a checkpoint, which is its own. */
export interface PublicationContent {
  readonly payload: string;
  /** DER, base64; null of a checkpoint. */
  readonly signature: string | null;
  /** 33 bytes, hexadecimal; null of a checkpoint. */
  readonly publicKey: string | null;
}

const TAG = Buffer.from("golden-press");
const OP_FALSE_RETURN = Buffer.from([0x00, 0x6a]);
const VERSION = 1;
const SEQUENCE = 0xffff_ffff;
const SIGHASH_ALL_FORKID = 0x41;

/** The script of the output that publishes something: `OP_FALSE OP_RETURN`, and each part pushed. */
export function publicationScript({ payload, signature, publicKey }: PublicationContent): string {
  const signed = signature === null || publicKey === null ? [] : [from(signature, "base64"), from(publicKey, "hex")];
  const pushes = [TAG, Buffer.from(payload, "utf8"), ...signed].map(encodeDataPush);
  return Buffer.concat([OP_FALSE_RETURN, ...pushes]).toString("hex");
}

/**
 * Makes and signs a transaction that spends coins of the wallet.
 *
 * @param feeSatoshis what is left for the miners, to the satoshi
 * @throws {TransactionError} when that is not what is left
 */
export function signTransaction(
  wallet: WalletKey,
  coins: readonly Coin[],
  outputs: readonly TransactionOutput[],
  feeSatoshis: number,
): SignedTransaction {
  requireFee(coins, outputs, feeSatoshis);
  const coinScript = Buffer.from(wallet.script, "hex");
  const transaction = {
    version: VERSION,
    inputs: coins.map((coin) => ({
      outpointTransactionHash: from(coin.txid, "hex"),
      outpointIndex: coin.outputIndex,
      sequenceNumber: SEQUENCE,
      unlockingBytecode: new Uint8Array(),
    })),
    outputs: outputs.map(toOutput),
    locktime: 0,
  };
  const sourceOutputs = coins.map(({ satoshis }) => ({
    lockingBytecode: coinScript,
    valueSatoshis: BigInt(satoshis),
  }));
  const inputs = transaction.inputs.map((input, inputIndex) => {
    const serialization = generateSigningSerializationBCH(
      { inputIndex, sourceOutputs, transaction },
      {
        coveredBytecode: coinScript,
        signingSerializationType: Uint8Array.of(SigningSerializationType.allOutputs),
      },
    );
    const signature = Buffer.concat([wallet.sign(hash256(serialization)), Buffer.of(SIGHASH_ALL_FORKID)]);
    const unlockingBytecode = Buffer.concat([encodeDataPush(signature), encodeDataPush(wallet.publicKey)]);
    return { ...input, unlockingBytecode };
  });
  const raw = encodeTransactionCommon({ ...transaction, inputs });
  return { txid: txidOf(raw), raw: Buffer.from(raw).toString("hex") };
}

/**
 * Reads a transaction.
 *
 * @param raw hexadecimal
 * @throws {TransactionError} when these bytes are not one transaction
 */
export function parseTransaction(raw: string): ParsedTransaction {
  const bytes = from(raw, "hex");
  const { parsed, end } = readTransaction(bytes, 0);
  if (end !== bytes.length) throw new TransactionError("There is something behind the transaction.");
  return parsed;
}

/**
 * Looks for the transaction of a block that spends a coin.
 *
 * @param block the whole block, hexadecimal
 * @returns its txid; undefined when none of them does
 * @throws {TransactionError} when these bytes are no block
 */
export function findSpenderInBlock(block: string, coin: Omit<Coin, "satoshis">): string | undefined {
  // Almost no block has it, and text is searched faster than it is taken apart.
  if (!block.includes(outpointHex(coin))) return undefined;
  const bytes = from(block, "hex");
  const { value: count, end } = readCount(bytes, HEADER_BYTES);
  let position = end;
  for (let index = 0; index < count; index += 1) {
    const read = readTransaction(bytes, position);
    if (spends(read.parsed, coin)) return read.parsed.txid;
    position = read.end;
  }
  return undefined;
}

/** Whether a transaction spends a coin. */
export function spends({ inputs }: ParsedTransaction, { txid, outputIndex }: Omit<Coin, "satoshis">): boolean {
  return inputs.some((input) => input.txid === txid && input.outputIndex === outputIndex);
}

/** How an input names its coin, as it is written in a transaction: the bytes of the txid turned round, then the index. */
export function outpointHex({ txid, outputIndex }: Omit<Coin, "satoshis">): string {
  const index = Buffer.alloc(4);
  index.writeUInt32LE(outputIndex);
  return reversed(txid) + index.toString("hex");
}

/** The same bytes the other way round: as people write a hash, or as it is in a block. */
export function reversed(hex: string): string {
  return Buffer.from(hex, "hex").reverse().toString("hex");
}

const HEADER_BYTES = 80;

function requireFee(coins: readonly Coin[], outputs: readonly TransactionOutput[], feeSatoshis: number): void {
  const sum = (items: readonly { readonly satoshis: number }[]) =>
    items.reduce((total, { satoshis }) => total + satoshis, 0);
  const left = sum(coins) - sum(outputs);
  if (coins.length > 0 && left === feeSatoshis && left >= 0) return;
  throw new TransactionError(`${left} satoshis are left for the miners, not ${feeSatoshis}: nothing was signed.`);
}

function toOutput({ script, satoshis }: TransactionOutput) {
  return { lockingBytecode: from(script, "hex"), valueSatoshis: BigInt(satoshis) };
}

function txidOf(raw: Uint8Array): string {
  return Buffer.from(hashTransactionUiOrder(raw)).toString("hex");
}

function readTransaction(bin: Uint8Array, index: number): { parsed: ParsedTransaction; end: number } {
  const read = readTransactionNonTokenAware({ bin, index });
  if (typeof read === "string") throw new TransactionError("These bytes are no transaction.");
  const { inputs, outputs } = read.result;
  const end = read.position.index;
  return {
    parsed: {
      txid: txidOf(bin.subarray(index, end)),
      inputs: inputs.map(({ outpointTransactionHash, outpointIndex }) => ({
        txid: Buffer.from(outpointTransactionHash).toString("hex"),
        outputIndex: outpointIndex,
      })),
      outputs: outputs.map(({ lockingBytecode, valueSatoshis }) => ({
        script: Buffer.from(lockingBytecode).toString("hex"),
        satoshis: Number(valueSatoshis),
      })),
    },
    end,
  };
}

/** A number as transactions and blocks write how many there are of something. */
export function readCount(bytes: Uint8Array, start: number): { value: number; end: number } {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    const first = view.readUInt8(start);
    if (first < 0xfd) return { value: first, end: start + 1 };
    if (first === 0xfd) return { value: view.readUInt16LE(start + 1), end: start + 3 };
    if (first === 0xfe) return { value: view.readUInt32LE(start + 1), end: start + 5 };
    return { value: Number(view.readBigUInt64LE(start + 1)), end: start + 9 };
  } catch {
    throw new TransactionError("The bytes end too early.");
  }
}

function from(text: string, encoding: "hex" | "base64"): Uint8Array {
  return new Uint8Array(Buffer.from(text, encoding));
}
