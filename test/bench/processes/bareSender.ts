/**
 * What the chain costs alone: as many records in transactions of their own, built and signed by the same functions and sent in the same requests, by one who
 * keeps them in memory. Nothing is claimed, verified, stored or noted: after a death nobody would know what is out.
 */
import { setImmediate as yieldToEvents } from "node:timers/promises";
import type { SignedTransaction } from "../../../worker/chain/broadcaster.ts";
import { NodeBroadcaster } from "../../../worker/chain/node.ts";
import {
  type Coin,
  type PublicationContent,
  publicationScript,
  signTransaction,
} from "../../../worker/chain/transaction.ts";
import { wallet } from "../../worker/chain/chainOptions.ts";
import { serve } from "../harness/children.ts";

export interface BareSending {
  readonly nodeUrl: string;
  /** One for each record. */
  readonly coins: readonly Coin[];
  readonly records: readonly PublicationContent[];
}

export type BareSender = typeof actions;
const actions = { send };
if (import.meta.main) serve(actions);

/** As many as the worker makes and sends at once. */
const BATCH_SIZE = 50;
/** What the longest of these transactions pays, at 100 satoshis a kilobyte. */
const FEE_SATOSHIS = 60;

/** @returns the milliseconds from the first signature until the node has taken the last */
async function send({ nodeUrl, coins, records }: BareSending): Promise<number> {
  const node = new NodeBroadcaster({ url: nodeUrl });
  const { signal } = new AbortController();
  const since = performance.now();
  const sending: Promise<void>[] = [];
  for (let start = 0; start < records.length; start += BATCH_SIZE) {
    const batch = records.slice(start, start + BATCH_SIZE).map((record, index) => sign(record, coins[start + index]));
    sending.push(sendAll(node, batch, signal));
    await yieldToEvents();
  }
  await Promise.all(sending);
  node.close();
  return performance.now() - since;
}

function sign(record: PublicationContent, coin: Coin | undefined): SignedTransaction {
  if (coin === undefined) throw new Error("There is a coin for each record.");
  const outputs = [
    { script: publicationScript(record), satoshis: 0 },
    { script: wallet.script, satoshis: coin.satoshis - FEE_SATOSHIS },
  ];
  return signTransaction(wallet, [coin], outputs, FEE_SATOSHIS);
}

async function sendAll(node: NodeBroadcaster, batch: readonly SignedTransaction[], signal: AbortSignal): Promise<void> {
  const outcomes = await node.send(batch, signal);
  const refused = outcomes.find(({ kind }) => kind !== "accepted");
  if (refused !== undefined) throw new Error(`The node did not take a transaction: ${JSON.stringify(refused)}.`);
}
