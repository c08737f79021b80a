import { readable } from "./numbers.ts";
import type { Bench, Table } from "./row.ts";
import { median, ratiosOf, type Spread, spreadOf } from "./statistics.ts";

/** Runs for a moment and returns what it is judged by, for example tickets a second. */
export type Contestant = () => Promise<number>;

/** What contestants did, by their names: one value a round. */
export class Rates {
  readonly #values: ReadonlyMap<string, readonly number[]>;

  constructor(values: ReadonlyMap<string, readonly number[]>) {
    this.#values = values;
  }

  get names(): readonly string[] {
    return [...this.#values.keys()];
  }

  of(name: string): readonly number[] {
    const values = this.#values.get(name);
    if (values === undefined) throw new Error(`Nobody was called "${name}".`);
    return values;
  }

  spread(name: string): Spread {
    return spreadOf(this.of(name));
  }

  /** One against another, round by round. */
  ratio(ours: string, peer: string): Spread {
    return spreadOf(ratiosOf(this.of(ours), this.of(peer)));
  }

  /** The median with a unit, for example "12,300 tickets/s". */
  text(name: string, unit: string): string {
    return `${readable(median(this.of(name)))} ${unit}`;
  }

  /** Who has the greatest median. */
  best(names: readonly string[]): string {
    return names.reduce((best, name) => (median(this.of(name)) > median(this.of(best)) ? name : best));
  }

  /** Everybody's median, least and greatest, and what `more` adds to a row. */
  table(title: string, columns: readonly string[] = [], more: (name: string) => readonly string[] = () => []): Table {
    return {
      title,
      columns: ["", "median", "min", "max", ...columns],
      rows: this.names.map((name) => {
        const { median, min, max } = this.spread(name);
        return [name, readable(median), readable(min), readable(max), ...more(name)];
      }),
    };
  }
}

/**
 * Lets all contestants run in turns, round after round, so that whatever disturbs the machine disturbs all alike. Each round begins with
 * another one; warm-up rounds are not counted.
 */
export async function interleave(
  { rounds: { count, warmUps }, progress, server }: Bench,
  contestants: Readonly<Record<string, Contestant>>,
): Promise<Rates> {
  const all = Object.entries(contestants);
  const values = new Map(all.map(([name]) => [name, [] as number[]]));
  progress.steps((count + warmUps) * all.length);
  for (let round = -warmUps; round < count; round += 1) {
    const first = (round + warmUps) % all.length;
    for (const [name, run] of [...all.slice(first), ...all.slice(0, first)]) {
      progress.step(`${round < 0 ? "warming up" : `round ${round + 1} of ${count}`}, ${name}`);
      await server.checkpoint();
      const value = await run();
      if (round >= 0) values.get(name)?.push(value);
    }
  }
  return new Rates(values);
}
