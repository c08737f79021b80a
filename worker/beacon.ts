/** Fetches rounds of drand beacons, and believes none of the servers: a round is what the chain's key has signed. */
import { verifyBeacon } from "../verifier/index.ts";

/** A round that was asked for. */
export interface BeaconRoundAsked {
  readonly chainHash: string;
  /** The key of the chain: 192 lower-case hexadecimal characters. */
  readonly publicKey: string;
  readonly round: number;
}

/** A round that was fetched and verified. */
export interface FetchedRound {
  /** 96 lower-case hexadecimal characters. */
  readonly signature: string;
  /** What says by how much another clock differs from that of the server that gave it; undefined where it told no time. */
  readonly clock: ServerClock | undefined;
}

/** The time of a server. It is not signed, so that nothing but a warning follows from it. */
export interface ServerClock {
  /** Of the server. */
  readonly host: string;
  /** The server's time now, in milliseconds, to a second or so. */
  now(): number;
}

const TIMEOUT_MILLISECONDS = 5_000;
/** A round is some 300 bytes. */
const ANSWER_BYTES_MAX = 16_384;

/**
 * Fetches a round from the first server that has it, and verifies it.
 *
 * @param urls what the paths of drand's HTTP API are put behind: `https://api.drand.sh`
 * @returns the round, and what time it was by that server
 * @throws {Error} one sentence that says why no server gave it
 */
export async function fetchRound(urls: readonly string[], asked: BeaconRoundAsked): Promise<FetchedRound> {
  const problems: string[] = [];
  for (const url of urls) {
    try {
      return await fetchFrom(url, asked);
    } catch (error) {
      problems.push(`${new URL(url).host}: ${problemOf(error)}`);
    }
  }
  const reason = problems.length === 0 ? "BEACON_URLS names no server" : problems.join("; ");
  throw new Error(`Round ${asked.round} of the beacon ${asked.chainHash.slice(0, 8)} could not be had (${reason}).`);
}

async function fetchFrom(url: string, { chainHash, publicKey, round }: BeaconRoundAsked): Promise<FetchedRound> {
  const response = await fetch(`${url.replace(/\/$/, "")}/${chainHash}/public/${round}`, {
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
  });
  const clock = clockOf(new URL(url).host, response.headers);
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`answers ${response.status}`);
  }
  const answer = JSON.parse(await readText(response)) as { round?: unknown; signature?: unknown } | null;
  const { signature } = answer ?? {};
  if (answer?.round !== round || typeof signature !== "string") throw new Error("answers with something else");
  if (!verifyBeacon({ publicKey, round, signature })) throw new Error("gives a signature that does not verify");
  return { signature, clock };
}

/** A round never changes, so a cache may give it: then the answer is as old as its Age says. */
function clockOf(host: string, headers: Headers): ServerClock | undefined {
  const since = performance.now();
  const time = Date.parse(headers.get("date") ?? "") + Number(headers.get("age") ?? 0) * 1000;
  return Number.isNaN(time) ? undefined : { host, now: () => time + performance.now() - since };
}

/** The text of an answer that is no longer than one of a beacon can be. */
async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) throw new Error("answers at too great a length");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What fetch says is "fetch failed"; why is in its cause. */
function problemOf(error: unknown): string {
  const { name, message, cause } = error as Error;
  if (name === "TimeoutError") return `has not answered for ${TIMEOUT_MILLISECONDS / 1000} seconds`;
  if (error instanceof SyntaxError) return "answers with something else";
  return cause instanceof Error ? cause.message : message;
}
