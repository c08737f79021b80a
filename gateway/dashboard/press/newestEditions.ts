/** Editions as the press last said them, whichever way it was said: by an answer, or by an event that overtook it. */
import type { EditionFacts, EditionStatus } from "./EditionDocuments.ts";

const RANK: Readonly<Record<EditionStatus, number>> = { draft: 0, open: 1, closed: 2, drawn: 3 };

/**
 * The later of two sayings about one edition. Its status only moves forward and its tickets only become more, so what has less of either was said
 * earlier, however late it arrived.
 */
export function later(known: EditionFacts, arrived: EditionFacts): EditionFacts {
  const [knownRank, arrivedRank] = [RANK[known.status], RANK[arrived.status]];
  if (knownRank !== arrivedRank) return knownRank > arrivedRank ? known : arrived;
  const issued = (edition: EditionFacts) => edition.cap - edition.remainingCount;
  return issued(known) > issued(arrived) ? known : arrived;
}

export class NewestEditions {
  readonly #bySlug = new Map<string, EditionFacts>();
  readonly #listeners = new Set<() => void>();

  /** Takes what was said; whoever looks at the edition sees it, if it is news. */
  put(...editions: readonly EditionFacts[]): void {
    let isNews = false;
    for (const edition of editions) {
      const known = this.#bySlug.get(edition.slug);
      const newest = known === undefined ? edition : later(known, edition);
      if (known !== undefined && isSame(known, newest)) continue;
      this.#bySlug.set(edition.slug, newest);
      isNews = true;
    }
    if (isNews) for (const listener of this.#listeners) listener();
  }

  get(slug: string): EditionFacts | undefined {
    return this.#bySlug.get(slug);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

function isSame(one: EditionFacts, other: EditionFacts): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
