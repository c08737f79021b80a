/* bcash, a node of a chain like Bitcoin's, as far as the tests use it: it has no types, and is run without what it would have compiled. */
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

/**
 * Loads it without the parts that are compiled where it is installed: LevelDB, which a chain in memory does not need, and the arithmetic in C, which
 * is there in JavaScript too.
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
