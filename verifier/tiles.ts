import { isBytes } from "@noble/hashes/utils.js";

/**
 * The path at which a ledger serves a tile of 256 hashes, or a bundle of 256 entries (c2sp.org/tlog-tiles), relative to
 * the URL of the ledger with a slash at its end.
 *
 * @param level - of the tile, from 0 to 63, or `entries` for a bundle of entries.
 * @param index - of the tile or bundle within its level, from 0.
 * @param width - how many it holds: 256, or fewer at the right end of the tree.
 * @throws RangeError when there can be no such tile.
 * @example
 * ```ts
 * import { tilePath } from "@golden-press/verifier";
 *
 * console.log(tilePath(0, 1234067)); // tile/0/x001/x234/067
 * console.log(tilePath("entries", 273, 112)); // tile/entries/273.p/112
 * ```
 */
export function tilePath(level: number | "entries", index: number, width = 256): string {
  const isTile = (level === "entries" || isWithin(0, level, 63)) && isWithin(0, index, Number.MAX_SAFE_INTEGER);
  if (!isTile || !isWithin(1, width, 256)) {
    throw new RangeError("A tile has a level from 0 to 63, an index from 0 and a width from 1 to 256.");
  }
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").replace(/\d{3}(?=\d)/g, "x$&/");
  return `tile/${level}/${groups}${width === 256 ? "" : `.p/${width}`}`;
}

/**
 * Reads a bundle of entries (c2sp.org/tlog-tiles): each has its length before it, two bytes, the high one first. Hash
 * each with `leafHash` to check it against the tree. Never throws.
 *
 * @returns the entries in the order of the ledger; undefined when the bytes end within an entry.
 * @example
 * ```ts
 * import { parseEntryBundle } from "@golden-press/verifier";
 *
 * console.log(parseEntryBundle(Uint8Array.of(0, 2, 123, 125))); // [ Uint8Array(2) [ 123, 125 ] ]
 * console.log(parseEntryBundle(Uint8Array.of(0, 2, 123))); // undefined
 * ```
 */
export function parseEntryBundle(bundle: Uint8Array): Uint8Array[] | undefined {
  if (!isBytes(bundle)) return undefined;
  const entries: Uint8Array[] = [];
  for (let start = 0; start < bundle.length; ) {
    const [high, low] = bundle.subarray(start, start + 2);
    if (high === undefined || low === undefined) return undefined;
    const end = start + 2 + high * 256 + low;
    if (end > bundle.length) return undefined;
    entries.push(bundle.subarray(start + 2, end));
    start = end;
  }
  return entries;
}

function isWithin(min: number, value: number, max: number): boolean {
  return Number.isSafeInteger(value) && min <= value && value <= max;
}
