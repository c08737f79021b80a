/* How long it takes, once everything is healed, until each kind of work works again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Finding } from "./history.ts";

export interface Recovery {
  readonly name: string;
  readonly milliseconds: number;
}

const RETRY_MILLISECONDS = 50;
/** For so much longer than it may take it is waited for: how late it is says more than that it is. */
const PATIENCE_MILLISECONDS = 60_000;

export class Recoveries {
  readonly findings: Finding[] = [];
  readonly #all: Recovery[] = [];
  readonly #bound: number;

  /** @param bound in milliseconds: what takes longer is a finding */
  constructor(bound: number) {
    this.#bound = bound;
  }

  get slowest(): Recovery | undefined {
    return slowestOf(this.#all);
  }

  get names(): string[] {
    return [...new Set(this.#all.map(({ name }) => name))];
  }

  /** In milliseconds: of all, or of one kind of work; which part of a hundred took no longer. */
  percentile(percent: number, name?: string): number {
    const sorted = this.#all
      .filter((recovery) => name === undefined || recovery.name === name)
      .map(({ milliseconds }) => milliseconds)
      .sort((one, other) => one - other);
    return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
  }

  /** Does each of these until it has succeeded once, all at the same time; tells which was the last. */
  async measure(probes: ReadonlyMap<string, () => Promise<void>>, healedAt: number): Promise<Recovery> {
    const recoveries = await Promise.all(
      [...probes].map(async ([name, probe]) => {
        const failure = await withPatience(probe, this.#bound + PATIENCE_MILLISECONDS);
        const recovery = { name, milliseconds: performance.now() - healedAt };
        if (failure !== undefined || recovery.milliseconds > this.#bound) {
          const took = `${(recovery.milliseconds / 1_000).toFixed(1)} s after everything was healed`;
          this.findings.push({
            what: "not alive",
            detail: `${name}: ${failure === undefined ? "" : `not yet, ${failure}, `}${took}`,
          });
        }
        return recovery;
      }),
    );
    this.#all.push(...recoveries);
    return slowestOf(recoveries) as Recovery;
  }
}

/** What was the matter when it had not succeeded by the end. */
async function withPatience(probe: () => Promise<void>, milliseconds: number): Promise<string | undefined> {
  let failure = "no answer";
  const isOver = AbortSignal.timeout(milliseconds);
  const trying = (async () => {
    while (!isOver.aborted) {
      try {
        await probe();
        return true;
      } catch (error) {
        failure = (error as Error).message;
        await sleep(RETRY_MILLISECONDS);
      }
    }
    return false;
  })();
  const gaveUp = new Promise<false>((resolve) =>
    isOver.addEventListener("abort", () => resolve(false), { once: true }),
  );
  return (await Promise.race([trying, gaveUp])) ? undefined : failure;
}

function slowestOf(recoveries: readonly Recovery[]): Recovery | undefined {
  return recoveries.reduce<Recovery | undefined>(
    (slowest, recovery) => (slowest === undefined || recovery.milliseconds > slowest.milliseconds ? recovery : slowest),
    undefined,
  );
}
