/**
 * A Redis that really keeps what it has acknowledged: every write is synced before it is answered. Its tickets are counted by a Lua script,
 * which runs alone, as its users would write it; and asked for by clients in node, as services are, and by redis-benchmark, its own load
 * generator in C.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../db/freePort.ts";
import { execute, findProgram } from "./programs.ts";

/** What must be installed for it. */
export const REDIS_PROGRAMS = ["redis-server", "redis-cli", "redis-benchmark"] as const;

/** The programs that are missing. */
export function missingRedisPrograms(): string[] {
  return REDIS_PROGRAMS.filter((name) => findProgram(name) === undefined);
}

/** KEYS: count, tickets by number, tickets by holder. ARGV: cap, limit per holder, holder, request key. */
const SCRIPT = `
local issued = tonumber(redis.call('GET', KEYS[1]) or '0')
if issued >= tonumber(ARGV[1]) then return 'CAP_REACHED' end
local held = tonumber(redis.call('HGET', KEYS[3], ARGV[3]) or '0')
if held >= tonumber(ARGV[2]) then return 'HOLDER_LIMIT_REACHED' end
local number = redis.call('INCR', KEYS[1])
redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
redis.call('HSET', KEYS[2], number, ARGV[3] .. ' ' .. ARGV[4])
return number`;

const ANSWER_SECONDS = 10;

/** The terms of every edition: a cap that nobody reaches, and one ticket a holder. */
const TERMS = ["1000000000", "1"];

/** How one edition is asked for: the SHA of the script, its keys, and what of its arguments is always the same. */
export interface RedisEdition {
  readonly script: string;
  readonly keys: readonly string[];
  readonly terms: readonly string[];
}

export class Redis {
  readonly port: number;
  readonly #process: ChildProcess;
  #script = "";
  #editions = 0;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  /** Starts a server with its data in a folder of its own. */
  static async start(home: string): Promise<Redis> {
    const folder = join(home, "redis");
    await mkdir(folder);
    const port = await freePort();
    const settings = {
      port: String(port),
      bind: "127.0.0.1",
      dir: folder,
      appendonly: "yes",
      appendfsync: "always",
      save: "",
    };
    const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const redis = new Redis(spawn(findProgram("redis-server") as string, options, { stdio: "ignore" }), port);
    await redis.#untilItAnswers();
    redis.#script = await redis.#ask("SCRIPT", "LOAD", SCRIPT);
    return redis;
  }

  async version(): Promise<string> {
    return /redis_version:(\S+)/.exec(await this.#ask("INFO", "server"))?.[1] ?? "unknown";
  }

  /** An edition that nobody has asked for yet. */
  newEdition(): RedisEdition {
    this.#editions += 1;
    const keys = ["count", "tickets", "holders"].map((what) => `edition-${this.#editions}:${what}`);
    return { script: this.#script, keys, terms: TERMS };
  }

  /** Lets redis-benchmark ask so many times; returns tickets a second. Each request has a holder and a key of its own. */
  async benchmark(clients: number, requests: number): Promise<number> {
    const { script, keys, terms } = this.newEdition();
    const random = "__rand_int__"; // Twelve digits, drawn anew by redis-benchmark for each request.
    const { stdout } = await execute(findProgram("redis-benchmark") as string, [
      ...["-p", String(this.port), "-c", String(clients), "-n", String(requests), "-r", "2000000000", "--csv"],
      ...["EVALSHA", script, String(keys.length), ...keys, ...terms, `holder-${random}`, `${random}${random}`],
    ]);
    const perSecond = Number(/^".*?","([\d.]+)"/m.exec(stdout.split("\n")[1] ?? "")?.[1]);
    const granted = await this.requireComplete(keys);
    // Two draws may be the same holder, who is then refused; hardly ever.
    if (granted > requests || granted < requests * 0.999) throw new Error(`Redis granted ${granted} of ${requests}.`);
    return perSecond * (granted / requests);
  }

  /** The same laws as ours, as far as they apply: as many tickets and holders as the count says. Returns the count. */
  async requireComplete([counter, tickets, holders]: readonly string[]): Promise<number> {
    const count = Number(await this.#ask("GET", counter as string));
    const numbers = Number(await this.#ask("HLEN", tickets as string));
    const people = Number(await this.#ask("HLEN", holders as string));
    if (count === numbers && count === people) return count;
    throw new Error(`Redis counts ${count}, and has ${numbers} tickets of ${people} holders.`);
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
  }

  async #untilItAnswers(): Promise<void> {
    const end = Date.now() + ANSWER_SECONDS * 1000;
    for (;;) {
      try {
        await this.#ask("PING");
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
        await sleep(50);
      }
    }
  }

  async #ask(...command: string[]): Promise<string> {
    const { stdout } = await execute(findProgram("redis-cli") as string, ["-e", "-p", String(this.port), ...command]);
    return stdout.trim();
  }
}
