/* bcash, a node of a chain like Bitcoin's, as far as the tests use it: it has no types, and is run without what it would have compiled. */
import { createPublicKey, hash, verify } from "node:crypto";
import { createRequire } from "node:module";

/** A transaction, as bcash has read it. */
export interface BcashTransaction {
  readonly inputs: { readonly prevout: { readonly hash: Buffer; readonly index: number } }[];
  readonly outputs: { readonly value: number; readonly script: { toRaw(): Buffer } }[];
  hash(): Buffer;
  txid(): string;
  toRaw(): Buffer;
  getFee(view: unknown): number;
  getSize(): number;
  hasCoins(view: unknown): boolean;
  verify(view: unknown, flags?: number): boolean;
}

/** One that is being made. */
export interface BcashDraft {
  addOutput(output: { script: unknown; value: number }): void;
  addCoin(coin: unknown): void;
  addInput(input: unknown): void;
  sign(ring: unknown): number;
  toTX(): BcashTransaction;
  readonly outputs: object[];
  readonly view: { addOutput(prevout: unknown, output: unknown): void };
}

export interface BcashBlock {
  readonly txs: BcashTransaction[];
  readonly prevBlock: Buffer;
  rhash(): string;
  toRaw(): Buffer;
}

interface BcashJob {
  readonly attempt: { pushTX(transaction: BcashTransaction): boolean; sort(): void };
  refresh(): void;
  mineAsync(): Promise<BcashBlock>;
}

/** A block in its chain. */
export interface BcashEntry {
  readonly hash: Buffer;
  readonly height: number;
  rhash(): string;
}

type Call = (params: unknown[]) => Promise<unknown>;

/** A whole node. */
export interface BcashNode {
  http: unknown;
  readonly chain: {
    readonly tip: BcashEntry;
    readonly height: number;
    add(block: BcashBlock): Promise<BcashEntry | null>;
    getEntryByHeight(height: number): Promise<BcashEntry>;
    getBlock(hash: Buffer): Promise<BcashBlock>;
    on(event: "connect", listener: (entry: BcashEntry, block: BcashBlock) => void): void;
  };
  readonly mempool: {
    readonly options: object;
    addTX(transaction: BcashTransaction, peer: number): Promise<Buffer[] | null>;
    removeOrphan(hash: Buffer): unknown;
    hasOrphan(hash: Buffer): boolean;
    getCoinView(transaction: BcashTransaction): Promise<unknown>;
    has(hash: Buffer): boolean;
    isSpent(hash: Buffer, index: number): boolean;
  };
  readonly miner: {
    readonly options: object;
    mempool: unknown;
    addAddress(address: unknown): void;
    createJob(tip?: BcashEntry): Promise<BcashJob>;
  };
  readonly rpc: {
    readonly calls: Record<string, Call>;
    call(body: unknown): Promise<unknown>;
    on(event: "error", listener: (error: Error) => void): void;
  };
  on(event: "error", listener: (error: Error) => void): void;
  open(): Promise<void>;
  close(): Promise<void>;
  getMeta(hash: Buffer): Promise<{ readonly tx: BcashTransaction; readonly height: number } | null>;
}

/** What of bcash is used. */
export interface Bcash {
  readonly FullNode: new (options: object) => BcashNode;
  readonly TX: { fromRaw(bytes: Buffer): BcashTransaction };
  readonly Block: { fromRaw(bytes: Buffer): BcashBlock };
  readonly MTX: new () => BcashDraft;
  readonly Coin: { fromTX(transaction: BcashTransaction, index: number, height: number): unknown };
  readonly Outpoint: { fromTX(transaction: BcashTransaction, index: number): unknown };
  readonly CoinView: new () => { addTX(transaction: BcashTransaction, height: number): void };
  readonly Script: {
    fromRaw(bytes: Buffer): unknown;
    fromAddress(address: unknown): { toRaw(): Buffer };
    readonly flags: { readonly STANDARD_VERIFY_FLAGS: number };
  };
  readonly KeyRing: {
    fromPrivate(key: Buffer, isCompressed: boolean): { getAddress(form?: string, network?: string): unknown };
    generate(isCompressed: boolean): { getAddress(form?: string, network?: string): unknown };
  };
  readonly RPCError: new (code: number, message: string) => Error;
}

/** Of bcash's arithmetic, what takes its time. */
interface Hash256 {
  digest(bytes: Buffer): Buffer;
}
interface Secp256k1 {
  verifyDER(digest: Buffer, signature: Buffer, key: Buffer): boolean;
}

/** What stands before a compressed point of secp256k1 in a SubjectPublicKeyInfo. */
const KEY_PREFIX = Buffer.from("3036301006072a8648ce3d020106052b8104000a032200", "hex");

/**
 * Has Node's OpenSSL verify signatures, in a fifth of the time, as a node's own C would. It wants what was hashed, while bcash gives it the hash: of a hash
 * of a hash it is given the inner one. What it does not take for good bcash judges itself.
 */
function verifyQuickly(hash256: Hash256, secp256k1: Secp256k1): void {
  const innerHashes = new WeakMap<Buffer, Buffer>();
  hash256.digest = (bytes) => {
    const inner = hash("sha256", bytes, "buffer");
    const outer = hash("sha256", inner, "buffer");
    innerHashes.set(outer, inner);
    return outer;
  };
  const verifySlowly = secp256k1.verifyDER.bind(secp256k1);
  secp256k1.verifyDER = (digest, signature, key) => {
    const inner = innerHashes.get(digest);
    return (inner !== undefined && isGood(inner, signature, key)) || verifySlowly(digest, signature, key);
  };
}

function isGood(message: Buffer, signature: Buffer, key: Buffer): boolean {
  try {
    const spki = createPublicKey({ key: Buffer.concat([KEY_PREFIX, key]), format: "der", type: "spki" });
    return verify("sha256", message, spki, signature);
  } catch {
    return false; // It throws for what is no compressed point.
  }
}

/**
 * Loads it without the parts that are compiled where it is installed: LevelDB, which a chain in memory does not need, and the arithmetic in C, which
 * is there in JavaScript too, and in Node.
 */
export function loadBcash(): Bcash {
  process.env.NODE_BACKEND = "js";
  const load = createRequire(import.meta.url);
  const level = load.resolve("bdb/lib/level.js");
  load.cache[level] = Object.assign(Object.create(null), {
    id: level,
    filename: level,
    loaded: true,
    exports: class {},
  });
  verifyQuickly(load("bcrypto/lib/hash256"), load("bcrypto/lib/secp256k1"));
  return {
    FullNode: load("bcash/lib/node/fullnode"),
    TX: load("bcash/lib/primitives/tx"),
    Block: load("bcash/lib/primitives/block"),
    MTX: load("bcash/lib/primitives/mtx"),
    Coin: load("bcash/lib/primitives/coin"),
    Outpoint: load("bcash/lib/primitives/outpoint"),
    CoinView: load("bcash/lib/coins/coinview"),
    Script: load("bcash/lib/script/script"),
    KeyRing: load("bcash/lib/primitives/keyring"),
    RPCError: load("bweb").RPCError,
  };
}
