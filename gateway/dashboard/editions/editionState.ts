import type { EditionFacts } from "../press/EditionDocuments.ts";

export type EditionState = "draft" | "waiting" | "open" | "sold out" | "over" | "closed" | "drawn";

type Window = Pick<EditionFacts, "opensAt" | "closesAt">;

/** In a word how an edition stands: its status, judged with its window and what is left. */
export function editionState(edition: EditionFacts, now = Date.now()): EditionState {
  const { status, isOpen, remainingCount } = edition;
  if (status !== "open") return status;
  if (remainingCount === 0) return "sold out";
  if (isOpen) return "open";
  return isBefore(edition, now) ? "waiting" : "over";
}

/** At which moment, in milliseconds since 1970, the press will judge the edition anew though nothing happens to it; null for never. */
export function nextMoment(edition: EditionFacts, now = Date.now()): number | null {
  const { status, isOpen, opensAt, closesAt } = edition;
  if (status !== "open") return null;
  const moment = isOpen ? closesAt : isBefore(edition, now) ? opensAt : null;
  return moment === null ? null : Date.parse(moment);
}

/**
 * Of an edition that the press said is outside its window: whether it has yet to open. The reader's clock may be wrong by a little, so it only
 * decides which end of the window is nearer, and what has no end is never over.
 */
function isBefore({ opensAt, closesAt }: Window, now: number): boolean {
  if (opensAt === null) return false;
  return closesAt === null || now < (Date.parse(opensAt) + Date.parse(closesAt)) / 2;
}
