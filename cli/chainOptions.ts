import { access } from "node:fs/promises";
import { type Configuration, ConfigurationError, variableName } from "../configuration.ts";
import { readSecretFile } from "../secretFile.ts";
import { readUrl } from "../urls.ts";
import type { Broadcaster } from "../worker/chain/broadcaster.ts";
import type { ChainOptions } from "../worker/chain/chain.ts";
import type { WalletKey } from "../worker/chain/wallet.ts";
import { embeddedHome } from "./connection.ts";

/**
 * How the worker gets records and checkpoints onto the public chain.
 *
 * @param create whether the wallet key is made when its file does not exist
 * @throws {ConfigurationError} when a file cannot be read, or a token is for nobody
 * @throws {WalletKeyError} when the key cannot be used
 */
export async function readChainOptions(configuration: Configuration, create = false): Promise<ChainOptions> {
  const broadcaster = await makeBroadcaster(configuration);
  return {
    wallet: await findWalletKey(configuration, create && broadcaster !== undefined),
    broadcaster,
    network: configuration.chainNetwork,
    feeSatoshisPerKilobyte: configuration.chainFeeSatoshisPerKb,
    windowMilliseconds: configuration.publishWindowSeconds * 1_000,
    transactionBytesMax: configuration.publishMaxTransactionBytes,
    poolTarget: configuration.utxoPoolTarget,
    satoshisEach: configuration.utxoSatoshis,
    anchorSeconds: configuration.anchorIntervalSeconds,
  };
}

/**
 * The wallet key: from its variable, from the file that a variable names, or from the folder of the embedded press.
 *
 * @param create whether a file that does not exist is made
 * @returns undefined when none is set, or made yet
 * @throws {WalletKeyError} when it cannot be used
 */
export async function findWalletKey(configuration: Configuration, create = false): Promise<WalletKey | undefined> {
  const { walletKey: text, walletKeyFile } = configuration;
  const home = text === undefined && walletKeyFile === undefined ? await embeddedHome(configuration) : undefined;
  const file = walletKeyFile ?? home?.walletKeyFile;
  const isWanted =
    text !== undefined || walletKeyFile !== undefined || create || (file !== undefined && (await isThere(file)));
  if (!isWanted) return undefined;
  const { createWalletKey, readWalletKey, WalletKey: Key } = await import("../worker/chain/wallet.ts");
  if (text !== undefined) {
    delete process.env[variableName("walletKey")]; // So that no child process ever inherits it.
    return new Key(text);
  }
  if (file === undefined) return undefined;
  return create && !(await isThere(file)) ? createWalletKey(file) : readWalletKey(file);
}

/** Sent to ARC where there is one; looked for at the node where there is one, because it alone knows every block. */
async function makeBroadcaster(configuration: Configuration): Promise<Broadcaster | undefined> {
  const { arcUrl } = configuration;
  const nodeUrl = await readUrl(configuration, "chainNodeUrl");
  const node =
    nodeUrl === undefined
      ? undefined
      : new (await import("../worker/chain/node.ts")).NodeBroadcaster({
          url: nodeUrl,
          network: configuration.chainNetwork,
        });
  if (arcUrl === undefined) {
    for (const key of ["arcToken", "arcTokenFile"] as const) requireNone(configuration, key);
    return node;
  }
  const token = configuration.arcToken ?? (await readToken(configuration.arcTokenFile));
  const arc = new (await import("../worker/chain/arc.ts")).ArcBroadcaster({ url: arcUrl, token });
  if (node === undefined) return arc;
  return {
    name: `${arc.name} and ${node.name}`,
    send: (transactions, signal) => arc.send(transactions, signal),
    look: (txids, signal) => node.look(txids, signal),
    tip: (signal) => node.tip(signal),
    close() {
      arc.close();
      node.close();
    },
  };
}

function requireNone(configuration: Configuration, key: "arcToken" | "arcTokenFile"): void {
  if (configuration[key] === undefined) return;
  throw new ConfigurationError(
    `${variableName(key)} is set, but ARC_URL is not: set it too, or nothing is sent there.`,
  );
}

/** An empty file is no token: containers have one whether there is a token or not. */
async function readToken(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const token = await readSecretFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError(
      `The file of ${variableName("arcTokenFile")} cannot be read: ${file} (${error.code}).`,
    );
  });
  return token === "" ? undefined : token;
}

function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
