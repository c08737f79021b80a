/** The states of a publication, in words, and which of them may still change. */
import type { PublicationFacts, PublicationState } from "./PublicationsDocuments.ts";

/** What each means for whoever submitted it. */
export const STATES: Readonly<Record<PublicationState, string>> = {
  queued: "It waits for a transaction.",
  processing: "A transaction with it is being made, or sent.",
  unknown: "It was sent, and nobody has said yet what became of it. The same bytes are sent again until somebody has.",
  sent: "The nodes of the chain have it.",
  failed: "It was not published.",
};

/** Blocks after which nobody waits for more of them. */
const CONFIRMATIONS_ENOUGH = 6;

/** Whether somebody waits for more of it. */
export function isUnderWay({ state, confirmations }: Pick<PublicationFacts, "state" | "confirmations">): boolean {
  return state !== "failed" && (confirmations ?? 0) < CONFIRMATIONS_ENOUGH;
}

/** Whether somebody who sees the one would see something else in the other. */
export function looksAlike(one: PublicationFacts, other: PublicationFacts): boolean {
  return (
    one.state === other.state &&
    one.txid === other.txid &&
    one.confirmations === other.confirmations &&
    one.errorCode === other.errorCode
  );
}

/** How many blocks there are, as a person says it; null where that says nothing. */
export function confirmationsOf(confirmations: number | null): string | null {
  if (confirmations === null) return null;
  if (confirmations === 0) return "in no block yet";
  return confirmations === 1 ? "1 confirmation" : `${confirmations.toLocaleString()} confirmations`;
}
