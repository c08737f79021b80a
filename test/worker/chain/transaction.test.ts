import { expect, test } from "vitest";
import {
  parseTransaction,
  publicationScript,
  signTransaction,
  TransactionError,
} from "../../../worker/chain/transaction.ts";
import { WalletKey } from "../../../worker/chain/wallet.ts";
import { loadBcash } from "../../chain/bcash.ts";
import { random, seed } from "../../random.ts";

const { TX, Script, MTX } = loadBcash();
const wallet = new WalletKey("01".repeat(32));
const CHECKPOINT = { payload: "golden-press.local/ledger\n3\nhash\n", signature: null, publicKey: null };

test("the script of a checkpoint, to the byte", () => {
  const [tag, payload] = ["golden-press", "a"].map((text) => Buffer.from(text).toString("hex"));
  expect(publicationScript({ ...CHECKPOINT, payload: "a" })).toBe(`006a0c${tag}01${payload}`);
});

test("a record is pushed with its signature and its key; longer payloads take the longer pushes", () => {
  const record = { payload: "b".repeat(80), signature: Buffer.from("3006020101020101", "hex").toString("base64") };
  const script = publicationScript({ ...record, publicKey: "02".repeat(33) });
  expect(script).toBe(`006a0c${hex("golden-press")}4c50${hex("b".repeat(80))}08300602010102010121${"02".repeat(33)}`);
  expect(publicationScript({ ...CHECKPOINT, payload: "c".repeat(300) })).toContain(`4d2c01${hex("c".repeat(300))}`);
});

test("a transaction is the same bytes for the same coins and outputs, for ever", () => {
  const outputs = [
    { script: publicationScript(CHECKPOINT), satoshis: 0 },
    { script: wallet.script, satoshis: 970 },
  ];
  const coin = { txid: "ab".repeat(32), outputIndex: 1, satoshis: 1000 };
  const made = signTransaction(wallet, [coin], outputs, 30);
  expect(signTransaction(wallet, [coin], outputs, 30)).toEqual(made);
  expect(made.txid).toBe("1cde8aeead553db6e2a39667c2b70380f2a554fd96d77ec62df05459dbaed1b5");
  expect(parseTransaction(made.raw)).toEqual({
    txid: made.txid,
    inputs: [{ txid: coin.txid, outputIndex: 1 }],
    outputs,
  });
});

test(`bcash verifies any transaction and no other amount, coin or key (seed ${seed})`, () => {
  for (let round = 0; round < 20; round += 1) {
    const coins = Array.from({ length: 1 + random.integer(4) }, () => ({
      txid: random.bytes(32).toString("hex"),
      outputIndex: random.integer(3),
      satoshis: 1_000 + random.integer(1_000_000),
    }));
    const total = coins.reduce((sum, { satoshis }) => sum + satoshis, 0);
    const publications = Array.from({ length: random.integer(4) }, () => ({
      script: publicationScript({ ...CHECKPOINT, payload: random.text(1 + random.integer(600)) }),
      satoshis: 0,
    }));
    const outputs = [...publications, { script: wallet.script, satoshis: total - 500 }];
    const { raw, txid } = signTransaction(wallet, coins, outputs, 500);
    const transaction = TX.fromRaw(Buffer.from(raw, "hex"));
    expect(transaction.txid()).toBe(txid);
    expect(transaction.toRaw().toString("hex")).toBe(raw);
    expect(isValid(raw, coins, wallet)).toBe(true);
    const [first, ...rest] = coins as [(typeof coins)[number], ...typeof coins];
    expect(isValid(raw, [{ ...first, satoshis: first.satoshis + 1 }, ...rest], wallet)).toBe(false);
    expect(isValid(raw, coins, new WalletKey("02".repeat(32)))).toBe(false);
    // An input of one signature and one key is 148 bytes at most.
    const scripts = outputs.reduce((sum, { script }) => sum + 8 + pushSize(script.length / 2) + script.length / 2, 0);
    expect(transaction.getSize()).toBeLessThanOrEqual(10 + coins.length * 148 + scripts);
    expect(transaction.getSize()).toBeGreaterThan(10 + coins.length * 143 + scripts - 1);
  }
});

test("nothing is signed that leaves another fee than was meant", () => {
  const coin = { txid: "ab".repeat(32), outputIndex: 1, satoshis: 1000 };
  const outputs = [{ script: wallet.script, satoshis: 970 }];
  expect(() => signTransaction(wallet, [coin], outputs, 31)).toThrow(TransactionError);
  expect(() => signTransaction(wallet, [], [], 0)).toThrow(TransactionError);
});

test("bytes that are no transaction, or more than one, are refused", () => {
  expect(() => parseTransaction("00")).toThrow(TransactionError);
  const coin = { txid: "ab".repeat(32), outputIndex: 1, satoshis: 1000 };
  const { raw } = signTransaction(wallet, [coin], [{ script: wallet.script, satoshis: 970 }], 30);
  expect(() => parseTransaction(`${raw}00`)).toThrow(TransactionError);
});

interface SpentCoin {
  readonly txid: string;
  readonly outputIndex: number;
  readonly satoshis: number;
}

/** Whether bcash takes it as a spend of these coins of this wallet. */
function isValid(raw: string, coins: readonly SpentCoin[], { script }: WalletKey): boolean {
  const transaction = TX.fromRaw(Buffer.from(raw, "hex"));
  const draft = new MTX();
  transaction.inputs.forEach(({ prevout }, index) => {
    const output = { script: Script.fromRaw(Buffer.from(script, "hex")), value: coins[index]?.satoshis };
    draft.addOutput(output as { script: unknown; value: number });
    draft.view.addOutput(prevout, draft.outputs.at(-1));
  });
  return transaction.verify(draft.view, Script.flags.STANDARD_VERIFY_FLAGS);
}

function pushSize(length: number): number {
  return length < 0xfd ? 1 : 3;
}

function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}
