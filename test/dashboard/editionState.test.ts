import { describe, expect, it } from "vitest";
import { editionState, nextMoment } from "../../gateway/dashboard/editions/editionState.ts";
import type { EditionFacts } from "../../gateway/dashboard/press/EditionDocuments.ts";

const OPENS = Date.parse("2026-03-01T09:00:00Z");
const CLOSES = Date.parse("2026-03-01T17:00:00Z");

const EDITION: EditionFacts = {
  rowId: 1,
  slug: "summer-raffle",
  title: "Summer raffle",
  cap: 10,
  perHolderLimit: 2,
  remainingCount: 10,
  status: "open",
  isOpen: false,
  drawMode: "none",
  opensAt: new Date(OPENS).toISOString(),
  closesAt: new Date(CLOSES).toISOString(),
  openedAt: "2026-02-01T00:00:00Z",
  closedAt: null,
  requiredTrustLevel: 0,
  requiredKind: null,
};

describe("an edition that does not issue", () => {
  it("waits before its window and is over after it, also by a clock that is a minute wrong", () => {
    for (const wrong of [-60_000, 0, 60_000]) {
      expect(editionState(EDITION, OPENS + wrong)).toBe("waiting");
      expect(editionState(EDITION, CLOSES + wrong)).toBe("over");
    }
  });

  it("is never over without an end, and does not wait without a beginning", () => {
    expect(editionState({ ...EDITION, closesAt: null }, OPENS + 1)).toBe("waiting");
    expect(editionState({ ...EDITION, opensAt: null }, CLOSES - 1)).toBe("over");
  });
});

describe("the next moment", () => {
  it("is the opening, then the end, then none", () => {
    expect(nextMoment(EDITION, OPENS - 1)).toBe(OPENS);
    expect(nextMoment({ ...EDITION, isOpen: true }, OPENS + 1)).toBe(CLOSES);
    expect(nextMoment(EDITION, CLOSES + 1)).toBeNull();
  });

  it("does not come where nothing is settled, or nothing can change", () => {
    expect(nextMoment({ ...EDITION, isOpen: true, closesAt: null }, OPENS + 1)).toBeNull();
    for (const status of ["draft", "closed", "drawn"] as const)
      expect(nextMoment({ ...EDITION, status }, OPENS - 1)).toBeNull();
  });
});
