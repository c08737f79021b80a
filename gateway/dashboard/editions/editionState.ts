import type { EditionFacts } from "../press/EditionDocuments.ts";

export type EditionState = "draft" | "waiting" | "open" | "sold out" | "over" | "closed" | "drawn";

/** In a word how an edition stands: its status, judged with its window and what is left. */
export function editionState(
  { status, isOpen, remainingCount, opensAt }: EditionFacts,
  now = Date.now(),
): EditionState {
  if (status !== "open") return status;
  if (remainingCount === 0) return "sold out";
  if (isOpen) return "open";
  return opensAt !== null && Date.parse(opensAt) > now ? "waiting" : "over";
}
