/** The wallet that publishing is paid from: its key is a file of the worker's, its coins are the pool in the database. */
import { type Configuration, ConfigurationError } from "../configuration.ts";
import { readUrl } from "../urls.ts";
import { JsonRpc } from "../worker/chain/jsonRpc.ts";
import { type ParsedTransaction, parseTransaction } from "../worker/chain/transaction.ts";
import { createWalletKey, readWalletKey, type WalletKey } from "../worker/chain/wallet.ts";
import { findWalletKey } from "./chainOptions.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { explaining } from "./refusal.ts";
import { formatTable } from "./table.ts";
import { withPress } from "./withPress.ts";

export interface FundOptions {
  /** The bytes of the transaction in hexadecimal; unless they are given the node is asked for them. */
  readonly raw?: string;
}

/** An output that pays the wallet. */
interface Payment {
  readonly outputIndex: number;
  readonly satoshis: number;
}

const NODE_MILLISECONDS = 10_000;

/** `golden-press wallet create`: makes a wallet's key in a new file, and prints its public half. */
export async function createWallet(file: string): Promise<void> {
  const { publicKey } = await createWalletKey(file);
  console.error(
    `Wrote the private key ${file} (mode 0600). Whoever has it has the coins, and without it nobody has them: keep a copy, or shares (\`golden-press keys split\`).`,
  );
  console.log(Buffer.from(publicKey).toString("hex"));
}

/**
 * `golden-press wallet address`: prints where coins are sent to for the wallet, in the form of CHAIN_NETWORK.
 *
 * @param file of another wallet than that of WALLET_KEY_FILE
 */
export async function showAddress(configuration: Configuration, file: string | undefined): Promise<void> {
  const wallet = file === undefined ? await requireWallet(configuration) : await readWalletKey(file);
  console.log(wallet.address(configuration.chainNetwork));
}

/** `golden-press wallet health`: the coins of the pool by what becomes of them, and what waits for one. */
export async function showPool(configuration: Configuration): Promise<void> {
  const url = await databaseUrl(configuration, "operator");
  const { coins, waiting } = await withPress(url, async (client) => ({
    coins: await client.query<[string, string, string]>({
      rowMode: "array",
      text: "select state::text, utxo_count::text, satoshis::text from press.utxo_pool_health order by state",
    }),
    waiting: await client.query<{ count: number }>(
      "select count(*)::integer as count from press.publications where state = 'queued' and error_code = 'POOL_EMPTY'",
    ),
  }));
  const columns = [{ name: "state" }, { name: "coins", isNumeric: true }, { name: "satoshis", isNumeric: true }];
  console.log(formatTable(columns, coins.rows));
  const count = waiting.rows[0]?.count ?? 0;
  if (count === 0) return;
  console.error(
    `${count} ${count === 1 ? "publication waits" : "publications wait"} for coins: pay some to the address of the wallet, and make them known with \`golden-press wallet fund TXID\`.`,
  );
}

/**
 * `golden-press wallet fund`: adds the outputs of a transaction that pay the wallet to the pool. What the transaction pays, and whom, is read from its
 * bytes, not believed.
 *
 * @param outpoint a txid, or one with the index of an output behind a colon
 */
export async function fundPool(configuration: Configuration, outpoint: string, options: FundOptions): Promise<void> {
  const [, txid, index] = /^([0-9a-f]{64})(?::(\d{1,9}))?$/.exec(outpoint) ?? [];
  if (txid === undefined) {
    throw new CommandError(
      "An output is a txid of 64 lower-case hexadecimal characters, like TXID or TXID:0.",
      EXIT.usage,
    );
  }
  const wallet = await requireWallet(configuration);
  const transaction = parseTransaction(options.raw ?? (await fetchTransaction(configuration, txid)));
  const payments = paymentsTo(wallet, transaction, txid, index === undefined ? undefined : Number(index));
  const url = await databaseUrl(configuration, "operator");
  await withPress(url, async (client) => {
    for (const { outputIndex, satoshis } of payments) {
      await explaining(
        client.query("select from press.fund_pool($1, $2, $3, $4)", [txid, outputIndex, satoshis, wallet.script]),
      );
      console.log(`funded: ${txid}:${outputIndex} with ${satoshis} satoshis`);
    }
  });
}

function paymentsTo(
  { script }: WalletKey,
  transaction: ParsedTransaction,
  txid: string,
  index: number | undefined,
): readonly Payment[] {
  if (transaction.txid !== txid) {
    throw new CommandError(`These are the bytes of the transaction ${transaction.txid}, not of ${txid}.`);
  }
  const payments = transaction.outputs
    .map((output, outputIndex) => ({ ...output, outputIndex }))
    .filter((output) => output.script === script && (index === undefined || output.outputIndex === index));
  if (payments.length > 0) return payments;
  const which = index === undefined ? "No output of it pays" : `Output ${index} of it does not pay`;
  throw new CommandError(`${which} this wallet: compare the address with that of \`golden-press wallet address\`.`);
}

async function requireWallet(configuration: Configuration): Promise<WalletKey> {
  const wallet = await findWalletKey(configuration);
  if (wallet !== undefined) return wallet;
  throw new ConfigurationError(
    "There is no wallet: make its key with `golden-press wallet create FILE`, and set WALLET_KEY_FILE to it.",
  );
}

async function fetchTransaction(configuration: Configuration, txid: string): Promise<string> {
  const url = await readUrl(configuration, "chainNodeUrl");
  if (url === undefined) {
    throw new CommandError(
      "Give the bytes of the transaction with --raw, or set CHAIN_NODE_URL to a node that knows it.",
      EXIT.usage,
    );
  }
  const rpc = new JsonRpc(url, NODE_MILLISECONDS);
  try {
    const [answer] = await rpc.ask(
      [{ method: "getrawtransaction", params: [txid] }],
      AbortSignal.timeout(NODE_MILLISECONDS),
    );
    if (typeof answer?.result === "string") return answer.result;
    const said = answer?.error?.message ?? "nothing";
    throw new CommandError(
      `${rpc.server} does not know the transaction ${txid}: it says "${said}". Give its bytes with --raw.`,
    );
  } finally {
    rpc.close();
  }
}
