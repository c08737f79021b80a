/* Chance that can be had again: the same seed and the same name give the same throws, whatever others throw meanwhile. */
import { createHash } from "node:crypto";

export class Dice {
  #state: number;

  /** @param name of who throws: two of one run do not take each other's throws */
  constructor(seed: number, name: string) {
    this.#state = createHash("sha256").update(`${seed} ${name}`).digest().readInt32BE();
  }

  /** From 0 to below `limit`. */
  integer(limit: number): number {
    return this.#next() % limit;
  }

  /** From `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.integer(most - least + 1);
  }

  /** Whether it happens that happens in so many of a hundred cases. */
  chance(percent: number): boolean {
    return this.integer(100) < percent;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.integer(items.length)] as Item;
  }

  /** So many of them, none twice; all, where there are fewer. */
  some<Item>(items: readonly Item[], count: number): Item[] {
    const left = [...items];
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(this.integer(left.length), 1)).flat();
  }

  /** By their weights. */
  weighted<Item>(items: ReadonlyMap<Item, number>): Item {
    const sum = [...items.values()].reduce((total, weight) => total + weight, 0);
    let left = this.integer(sum);
    for (const [item, weight] of items) {
      left -= weight;
      if (left < 0) return item;
    }
    throw new Error("There is nothing to choose from.");
  }

  /** mulberry32, as in test/random.ts. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
