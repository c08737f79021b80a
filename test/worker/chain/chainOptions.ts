/* How workers of tests publish: with a wallet whose key is no secret, each record at once and alone, unless a test says otherwise. */
import type { ChainOptions } from "../../../worker/chain/chain.ts";
import { NodeBroadcaster } from "../../../worker/chain/node.ts";
import { WalletKey } from "../../../worker/chain/wallet.ts";

/** What a test spends by hand with. */
export const WALLET_KEY = "01".repeat(32);
export const wallet = new WalletKey(WALLET_KEY);

/** @param url the node's, with its user and password */
export function chainOptions(url: string, options: Partial<ChainOptions> = {}): ChainOptions {
  return {
    wallet,
    broadcaster: new NodeBroadcaster({ url }),
    network: "regtest",
    feeSatoshisPerKilobyte: 100,
    windowMilliseconds: 0,
    transactionBytesMax: 100_000,
    poolTarget: 1,
    satoshisEach: 1_000,
    anchorSeconds: 0,
    lookSeconds: 1,
    ...options,
  };
}
