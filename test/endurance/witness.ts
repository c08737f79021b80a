/* Who looks at the ledger from outside, all the while, and believes nobody: readers of its events who must miss none, over server-sent events and over a
   WebSocket, and a monitor that keeps every checkpoint that it was ever shown. */
import { setTimeout as sleep } from "node:timers/promises";
import canonicalize from "canonicalize";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { type Checkpoint, CompactTree, LedgerVerifier, leafHash } from "../../verifier/index.ts";
import type { Finding } from "./history.ts";

/** After so long without a word a reader looks for another gateway. */
const SILENCE_MILLISECONDS = 15_000;
const PAUSE_MILLISECONDS = 200;
const MONITOR_MILLISECONDS = 250;

/** A reader of events, who keeps the tree over all of them. */
abstract class Reader {
  readonly name: string;
  readonly tree = new CompactTree();
  readonly findings: Finding[] = [];
  connections = 0;
  readonly #gatewayUrls: readonly string[];
  protected readonly stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(name: string, gatewayUrls: readonly string[]) {
    this.name = name;
    this.#gatewayUrls = gatewayUrls;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.#running;
  }

  /** Reads until the connection ends, from the next place on. */
  protected abstract read(gatewayUrl: string): Promise<void>;

  /** Takes an entry of the ledger: the next one, and no other. */
  protected take(place: number, leaf: string): void {
    if (place < this.tree.size) return;
    if (place > this.tree.size) {
      this.findings.push({ what: "events", detail: `${this.name} was sent ${place} when ${this.tree.size} was next` });
      this.stopping.abort();
      return;
    }
    this.tree.append(leafHash(Buffer.from(leaf)));
    this.taken();
  }

  protected taken(): void {}

  async #run(): Promise<void> {
    for (let turn = 0; !this.stopping.signal.aborted; turn += 1) {
      this.connections += 1;
      await this.read(this.#gatewayUrls[turn % this.#gatewayUrls.length] ?? "").catch(() => undefined);
      await sleep(PAUSE_MILLISECONDS);
    }
  }
}

/** Reads `/events`, and remembers the root at each size. */
export class EventStreamReader extends Reader {
  /** In hex, by the size of the tree less one. */
  readonly roots: string[] = [];

  protected override taken(): void {
    this.roots.push(Buffer.from(this.tree.root()).toString("hex"));
  }

  protected override async read(gatewayUrl: string): Promise<void> {
    const ending = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, ending.signal]);
    let silence = setTimeout(() => ending.abort(), SILENCE_MILLISECONDS);
    try {
      const response = await fetch(
        `${gatewayUrl}/events${this.tree.size === 0 ? "" : `?after=${this.tree.size - 1}`}`,
        { signal },
      );
      if (!response.ok || response.body === null) return;
      let rest = "";
      for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
        clearTimeout(silence);
        silence = setTimeout(() => ending.abort(), SILENCE_MILLISECONDS);
        const messages = (rest + piece).split("\n\n");
        rest = messages.pop() ?? "";
        for (const message of messages) this.#takeMessage(message);
      }
    } finally {
      clearTimeout(silence);
    }
  }

  #takeMessage(message: string): void {
    const lines = message.split("\n");
    if (lines.some((line) => line.startsWith("event: "))) return; // The monitor reads checkpoints.
    const data = lines
      .filter((line) => line.startsWith("data: "))
      .map((line) => line.slice(6))
      .join("\n");
    if (data === "") return;
    const event = JSON.parse(data) as { id: string; data: object };
    this.take(Number(event.id), canonicalize(event.data) ?? "");
  }
}

const GREW = "subscription ($after: BigInt) { ledgerGrew(after: $after) { entries { place leaf } } }";

/** Subscribes to `ledgerGrew`. */
export class SubscriptionReader extends Reader {
  protected override async read(gatewayUrl: string): Promise<void> {
    const client = createClient({
      url: `${gatewayUrl.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      keepAlive: SILENCE_MILLISECONDS / 2,
    });
    const stop = () => void client.dispose();
    this.stopping.signal.addEventListener("abort", stop, { once: true });
    try {
      const variables = { after: String(this.tree.size - 1) };
      for await (const { data } of client.iterate<Grown>({ query: GREW, variables })) {
        for (const { place, leaf } of data?.ledgerGrew.entries ?? []) this.take(Number(place), leaf);
      }
    } finally {
      this.stopping.signal.removeEventListener("abort", stop);
      await client.dispose();
    }
  }
}

interface Grown extends Record<string, unknown> {
  readonly ledgerGrew: { readonly entries: readonly { readonly place: string; readonly leaf: string }[] };
}

/** Keeps every checkpoint that any gateway shows. */
export class CheckpointMonitor {
  readonly findings: Finding[] = [];
  /** The root by the size, in hex. */
  readonly seen = new Map<number, string>();
  latest: Checkpoint | undefined;
  readonly #gatewayUrls: readonly string[];
  readonly #vkeys: () => readonly string[];
  readonly #sizes = new Map<string, number>();
  #isOver = false;
  #running: Promise<void> = Promise.resolve();

  constructor(gatewayUrls: readonly string[], vkeys: () => readonly string[]) {
    this.#gatewayUrls = gatewayUrls;
    this.#vkeys = vkeys;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  /** That each of them is the root of one and the same history: then any two of them are consistent. Returns how many were compared. */
  compare(roots: readonly string[]): number {
    let count = 0;
    for (const [size, root] of this.seen) {
      const expected = roots[size - 1];
      if (expected === undefined)
        this.findings.push({ what: "ledger", detail: `No reader was sent the ${size} events under a checkpoint.` });
      else if (expected !== root)
        this.findings.push({
          what: "ledger",
          detail: `The root of ${size} entries was ${root}, but the events have ${expected}.`,
        });
      count += 1;
    }
    return count;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await Promise.all(this.#gatewayUrls.map((url) => this.#look(url).catch(() => undefined)));
      await sleep(MONITOR_MILLISECONDS);
    }
  }

  async #look(url: string): Promise<void> {
    const response = await fetch(`${url}/ledger/checkpoint`, { signal: AbortSignal.timeout(5_000) });
    if (response.ok) this.#take(url, await response.text());
  }

  #take(url: string, note: string): void {
    const verdicts = this.#vkeys().map((vkey) => new LedgerVerifier(vkey).verifyCheckpoint(note));
    const verdict = verdicts.find(({ isValid }) => isValid);
    if (!verdict?.isValid) {
      this.findings.push({
        what: "ledger",
        detail: `${url} shows a checkpoint that no key of the ledger signed: ${note}`,
      });
      return;
    }
    const { size, root } = verdict.checkpoint;
    const hex = Buffer.from(root).toString("hex");
    const before = this.seen.get(size);
    if (before !== undefined && before !== hex)
      this.findings.push({ what: "ledger", detail: `There are two roots of ${size} entries: ${before} and ${hex}` });
    if (size < (this.#sizes.get(url) ?? 0))
      this.findings.push({ what: "ledger", detail: `${url} showed ${this.#sizes.get(url)} entries, then ${size}` });
    this.#sizes.set(url, size);
    this.seen.set(size, hex);
    if (this.latest === undefined || size > this.latest.size) this.latest = verdict.checkpoint;
  }
}
