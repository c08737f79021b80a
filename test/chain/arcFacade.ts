/* An ARC endpoint in front of a node: its REST API, its statuses and its errors, as bitcoin-sv/arc documents them. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { readMerkleBlock } from "../../worker/chain/merkle.ts";
import { parseTransaction } from "../../worker/chain/transaction.ts";
import type { NodeRpcError, RegtestNode } from "./regtestNode.ts";

interface StoredStatus {
  readonly txStatus: string;
  readonly extraInfo?: string;
  readonly competingTxs?: readonly string[];
}

/** How ARC answers a transaction that it does not take at all. */
class ArcError extends Error {
  readonly status: number;
  readonly title: string;

  constructor(status: number, title: string, detail: string) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

/** Statuses that stay: a transaction that is sent again is answered with them. */
const KEPT = ["SEEN_ON_NETWORK", "MINED", "DOUBLE_SPEND_ATTEMPTED"];

export class ArcFacade {
  readonly #node: RegtestNode;
  readonly #token: string | undefined;
  readonly #stored = new Map<string, StoredStatus>();
  readonly #server: Server;
  /** How many transactions were sent to it. */
  submissions = 0;

  private constructor(node: RegtestNode, token: string | undefined) {
    this.#node = node;
    this.#token = token;
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        ({ status, body }) =>
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
        (error: Error) =>
          response.writeHead(500).end(JSON.stringify({ status: 500, title: "Error", detail: error.message })),
      );
    });
  }

  static async start(node: RegtestNode, token?: string): Promise<ArcFacade> {
    const facade = new ArcFacade(node, token);
    await new Promise<void>((resolve) => facade.#server.listen(0, "127.0.0.1", resolve));
    return facade;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Says another status of a transaction than the node does, until it is told otherwise. */
  pretend(txid: string, status: StoredStatus): void {
    this.#stored.set(txid, status);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    if (this.#token !== undefined && request.headers.authorization !== `Bearer ${this.#token}`) {
      return { status: 401, body: { status: 401, title: "Unauthorized" } };
    }
    const { pathname } = new URL(request.url ?? "/", "http://arc");
    if (request.method === "GET" && pathname === "/v1/policy") {
      return { status: 200, body: { policy: { miningFee: { bytes: 1000, satoshis: 1 } } } };
    }
    if (request.method === "GET" && pathname.startsWith("/v1/tx/"))
      return this.#status(pathname.slice("/v1/tx/".length));
    const body = await readBody(request);
    if (request.method === "POST" && pathname === "/v1/tx") {
      const answer = await this.#submit(rawOf(request, body));
      return { status: answer.status, body: answer };
    }
    if (request.method === "POST" && pathname === "/v1/txs") {
      const answers: unknown[] = [];
      for (const { rawTx } of JSON.parse(body) as { rawTx: string }[]) answers.push(await this.#submit(rawTx));
      return { status: 200, body: answers };
    }
    return { status: 404, body: { status: 404, title: "Not found" } };
  }

  async #submit(raw: string): Promise<{ readonly status: number }> {
    this.submissions += 1;
    try {
      const txid = txidOf(raw);
      const stored = this.#stored.get(txid);
      if (stored === undefined || !KEPT.includes(stored.txStatus)) this.#stored.set(txid, await this.#send(raw));
      return { status: 200, ...(await this.#describe(txid)) };
    } catch (error) {
      if (!(error instanceof ArcError)) throw error;
      return Object.assign({ status: error.status }, { title: error.title, detail: error.message });
    }
  }

  async #send(raw: string): Promise<StoredStatus> {
    try {
      await this.#node.send(raw);
      return { txStatus: "SEEN_ON_NETWORK" };
    } catch (error) {
      const { code, message } = error as NodeRpcError;
      if (code === -27) return { txStatus: "SEEN_ON_NETWORK" };
      if (code === -22) throw new ArcError(463, "Malformed transaction", message);
      if (message.startsWith("66:")) throw new ArcError(465, "Fee too low", message);
      if (message.startsWith("16:")) throw new ArcError(461, "Malformed transaction, unlocking scripts", message);
      if (message.startsWith("258:")) {
        return { txStatus: "DOUBLE_SPEND_ATTEMPTED", competingTxs: await this.#competing(raw) };
      }
      if (code === -25) return this.#missing(raw);
      return { txStatus: "REJECTED", extraInfo: message };
    }
  }

  /** ARC looks the parents up itself, because it needs what they pay. */
  async #missing(raw: string): Promise<StoredStatus> {
    const parents = await Promise.all(parseTransaction(raw).inputs.map(({ txid }) => this.#node.transaction(txid)));
    if (parents.includes(undefined)) throw new ArcError(460, "Not extended format", "Missing parents");
    return { txStatus: "REJECTED", extraInfo: "missing inputs" };
  }

  async #competing(raw: string): Promise<string[]> {
    const coins = parseTransaction(raw).inputs.map(({ txid, outputIndex }) => `${txid}:${outputIndex}`);
    const others = await Promise.all((await this.#node.mempool()).map((txid) => this.#node.transaction(txid)));
    return others
      .filter((other) => other?.vin.some(({ txid, vout }) => coins.includes(`${txid}:${vout}`)))
      .map((other) => other?.txid ?? "");
  }

  async #status(txid: string): Promise<{ status: number; body: unknown }> {
    if (!this.#stored.has(txid)) return { status: 404, body: { status: 404, title: "Not found" } };
    return { status: 200, body: { status: 200, ...(await this.#describe(txid)) } };
  }

  async #describe(txid: string): Promise<object> {
    const stored = this.#stored.get(txid);
    const transaction = stored?.txStatus === "SEEN_ON_NETWORK" ? await this.#node.transaction(txid) : undefined;
    if (!transaction?.blockhash) return { txid, title: "OK", blockHash: "", blockHeight: 0, extraInfo: "", ...stored };
    const { height } = await this.#node.rpc<{ height: number }>("getblockheader", transaction.blockhash, true);
    const proof = await this.#node.rpc<string>("gettxoutproof", [txid], transaction.blockhash);
    return {
      txid,
      title: "OK",
      txStatus: "MINED",
      blockHash: transaction.blockhash,
      blockHeight: height,
      merklePath: toBump(height, txid, proof),
    };
  }
}

function toBump(height: number, txid: string, proof: string): string {
  const path = readMerkleBlock(proof, txid)?.path ?? { index: 0, hashes: [] };
  const leaf = (offset: number, flag: number, hash: string) =>
    count(offset) + flag.toString(16).padStart(2, "0") + Buffer.from(hash, "hex").reverse().toString("hex");
  const levels = path.hashes.map((hash, level) => {
    const place = Math.floor(path.index / 2 ** level);
    const sibling = leaf(place % 2 === 0 ? place + 1 : place - 1, 0, hash);
    return level === 0 ? `02${leaf(place, 2, txid)}${sibling}` : `01${sibling}`;
  });
  return count(height) + levels.length.toString(16).padStart(2, "0") + levels.join("");
}

function count(value: number): string {
  if (value < 0xfd) return value.toString(16).padStart(2, "0");
  const bytes = Buffer.alloc(3, 0xfd);
  bytes.writeUInt16LE(value, 1);
  return bytes.toString("hex");
}

function txidOf(raw: string): string {
  try {
    return parseTransaction(raw).txid;
  } catch {
    throw new ArcError(463, "Malformed transaction", "The transaction cannot be read");
  }
}

function rawOf(request: IncomingMessage, body: string): string {
  return request.headers["content-type"] === "text/plain" ? body : (JSON.parse(body) as { rawTx: string }).rawTx;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
