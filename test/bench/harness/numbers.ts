/** How numbers are written for people: as many digits as mean something, thousands apart. */

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 31,415 · 314 · 31.4 · 3.14 · 0.314 */
export function readable(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || value === 0) return whole.format(value);
  if (size >= 10) return value.toFixed(1);
  if (size >= 0.995) return value.toFixed(2);
  return value.toFixed(3);
}

/** 10, 1,000, 10k, 1M: for the ticks of an axis. */
export function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  if (value >= 1e4) return `${value / 1e3}k`;
  return value >= 1 ? whole.format(value) : String(value);
}
