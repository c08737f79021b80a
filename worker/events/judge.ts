import { ledgerEvent } from "../../events/ledgerEvent.ts";
import { sourceOf } from "../../events/schemas.ts";
import type { StreamEvent } from "./stream.ts";

/**
 * What a message of the stream is:
 * - `same`: the event that belongs there, byte for byte;
 * - `damaged`: nothing that a press would publish there;
 * - `foreign`: an event of another ledger;
 * - `otherForm`: the right entry, told in another way, as another version of the press might;
 * - `otherHistory`: an event of this ledger, as a press publishes it, about an entry that this database does not have there.
 */
export type Verdict = "same" | "damaged" | "foreign" | "otherForm" | "otherHistory";

/**
 * Holds a message against the event that belongs at its place. Only what is damaged may be deleted: everything else is somebody's word, and
 * may be the last that there is of it.
 *
 * @param expected undefined when the published ledger ends before the place
 * @param origin the name of the ledger
 */
export function judge(expected: StreamEvent | undefined, stored: StreamEvent, origin: string): Verdict {
  if (expected?.json === stored.json && expected.subject === stored.subject) return "same";
  const event = parseObject(stored.json);
  if (event === undefined || typeof event.source !== "string") return "damaged";
  if (event.source !== sourceOf(origin)) return "foreign";
  const leaf = JSON.stringify(event.data);
  if (expected !== undefined && leaf === JSON.stringify(parseObject(expected.json)?.data)) return "otherForm";
  return isPublishable(leaf, stored, origin) ? "otherHistory" : "damaged";
}

function isPublishable(leaf: string, { place, json }: StreamEvent, origin: string): boolean {
  try {
    return ledgerEvent(origin, place, leaf).json === json;
  } catch {
    return false; // It is no leaf.
  }
}

function parseObject(json: string): Partial<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
