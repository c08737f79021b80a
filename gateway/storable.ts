/** What is said of a text that is not storable. */
export const UNSTORABLE = "A text has half of a surrogate pair, or the character U+0000; no such text can be stored.";

/** Whether PostgreSQL can store every text in the value, as it is: the driver would silently put another character in its place. */
export function isStorable(value: unknown): boolean {
  const pending = [value];
  while (pending.length > 0) {
    const item = pending.pop();
    if (typeof item === "string") {
      if (!item.isWellFormed() || item.includes("\0")) return false;
    } else if (typeof item === "object" && item !== null) {
      for (const member of Object.values(item)) pending.push(member);
    }
  }
  return true;
}
