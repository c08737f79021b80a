/** A whole number from 0 in decimal digits, without leading zeros; null for whatever else. */
export function parseWhole(text: unknown): number | null {
  const number = Number(text);
  return Number.isSafeInteger(number) && number >= 0 && String(number) === text ? number : null;
}
