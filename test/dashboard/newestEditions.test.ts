import { expect, it } from "vitest";
import type { EditionFacts } from "../../gateway/dashboard/press/EditionDocuments.ts";
import { later, NewestEditions } from "../../gateway/dashboard/press/newestEditions.ts";
import { random } from "../random.ts";

const EDITION: EditionFacts = {
  rowId: 1,
  slug: "summer-raffle",
  title: "The summer raffle",
  cap: 100,
  perHolderLimit: 2,
  remainingCount: 100,
  status: "open",
  isOpen: true,
  drawMode: "none",
  opensAt: null,
  closesAt: null,
  openedAt: "2026-03-01T09:00:00.000Z",
  closedAt: null,
  requiredTrustLevel: 0,
  requiredKind: null,
};
const left = (remainingCount: number, more: Partial<EditionFacts> = {}) => ({ ...EDITION, remainingCount, ...more });

/** Each of them twice, in any order. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  const left = [...items, ...items];
  return Array.from({ length: left.length }, () => left.splice(random.integer(left.length), 1)[0] as Item);
}

it("never counts up, in whatever order it is told", () => {
  const course = [
    ...Array.from({ length: 60 }, (_, index) => left(100 - index)),
    left(41, { status: "closed", isOpen: false }),
    left(41, { status: "drawn", isOpen: false }),
  ];
  const editions = new NewestEditions();
  const shown: EditionFacts[] = [];
  editions.subscribe(() => shown.push(editions.get(EDITION.slug) as EditionFacts));
  for (const told of shuffled(course)) editions.put(told);
  expect(shown.map(({ remainingCount }) => remainingCount)).toEqual(
    shown.map(({ remainingCount }) => remainingCount).toSorted((one, other) => other - one),
  );
  expect(editions.get(EDITION.slug)).toEqual(course.at(-1));
});

it("believes the later of two that say the same of its tickets, such as that its window has begun", () => {
  expect(later(left(7, { isOpen: false }), left(7))).toEqual(left(7));
});

it("tells nobody what is no news", () => {
  const editions = new NewestEditions();
  let count = 0;
  editions.subscribe(() => {
    count += 1;
  });
  editions.put(left(7));
  editions.put(left(7));
  editions.put(left(8));
  expect(count).toBe(1);
});
