/* A beacon as drand's servers serve it, with a key of its own, over HTTP on loopback: it tells a round when that is due, and not before. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestDatabase } from "./database.ts";
import { createBeacon } from "./verifier/testBeacon.ts";

/** A beacon at work. */
export interface BeaconServer {
  /** What BEACON_URLS has to name. */
  readonly url: string;
  readonly chainHash: string;
  /** 192 hex characters. */
  readonly publicKey: string;
  readonly genesisAt: Date;
  readonly periodSeconds: number;
  /** The rounds that it was asked for, in their order. */
  readonly asked: readonly number[];
  /** Gives its rounds to nobody until this is false again. */
  isWithheld: boolean;
  /** What its answers say of the time; that of this machine where there is nothing. */
  timeHeaders: () => Readonly<Record<string, string>>;
  sign(round: number): string;
  /** Makes the chain known to a database, so that editions can name it. */
  addTo(database: TestDatabase): Promise<void>;
  close(): Promise<void>;
}

/** Starts a beacon whose rounds are a second apart, the first an hour ago. */
export async function startBeacon(): Promise<BeaconServer> {
  const { publicKey, sign } = createBeacon();
  const chainHash = randomBytes(32).toString("hex");
  const genesisAt = new Date((Math.floor(Date.now() / 1000) - 3600) * 1000);
  const periodSeconds = 1;
  const asked: number[] = [];

  const server = createServer((request, response) => {
    const round = Number(new RegExp(`^/${chainHash}/public/(\\d+)$`).exec(request.url ?? "")?.[1]);
    asked.push(round);
    const isDue = Date.now() >= genesisAt.getTime() + (round - 1) * periodSeconds * 1000;
    if (!isDue || beacon.isWithheld) {
      response.writeHead(isDue ? 404 : 425).end();
      return;
    }
    response.setHeader("content-type", "application/json");
    for (const [name, value] of Object.entries(beacon.timeHeaders())) response.setHeader(name, value);
    response.end(JSON.stringify({ round, randomness: "", signature: sign(round) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  const beacon: BeaconServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    chainHash,
    publicKey,
    genesisAt,
    periodSeconds,
    asked,
    isWithheld: false,
    timeHeaders: () => ({}),
    sign,
    async addTo(database) {
      const text =
        "insert into press.beacon_chains (chain_hash, public_key, genesis_at, period_seconds) values ($1, $2, $3, $4)";
      await database.pool("owner").query(text, [chainHash, publicKey, genesisAt, periodSeconds]);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return beacon;
}
