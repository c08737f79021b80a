/** The engraved rosette of a ticket, as banknotes have them. Its form comes from the ticket's id, so no two tickets have the same. */

const STEPS = 360;
const RADIUS = 92;

/** A closed curve around the origin, which is drawn once for each angle, turned by it: together they are woven. */
export interface Band {
  /** The data of an SVG path, within a circle of radius 100. */
  readonly path: string;
  /** In degrees. */
  readonly angles: readonly number[];
}

/** @param seed hex digits; other characters do not count */
export function rosette(seed: string): readonly Band[] {
  const digits = [...seed.replace(/[^0-9a-f]/g, "")].map((digit) => Number.parseInt(digit, 16));
  // The last digits of an id are the random ones.
  const digit = (index: number) => digits.at(-1 - (index % Math.max(digits.length, 1))) ?? 0;
  return [0, 1, 2].map((index) => {
    const lobes = 9 + 2 * (digit(index) % 8);
    const strands = 5 + (digit(3 + index) % 3);
    const [reach, depth, ripple] = [
      RADIUS * (0.86 - index * 0.25),
      0.12 + digit(6 + index) / 200,
      digit(9 + index) / 600,
    ];
    const path = curve((angle) => reach * (1 + depth * Math.cos(lobes * angle) + ripple * Math.cos(3 * lobes * angle)));
    return { path, angles: Array.from({ length: strands }, (_, strand) => (strand * 360) / (lobes * strands)) };
  });
}

function curve(radius: (angle: number) => number): string {
  const points = Array.from({ length: STEPS }, (_, step) => {
    const angle = (step / STEPS) * 2 * Math.PI;
    const length = radius(angle);
    return `${(length * Math.cos(angle)).toFixed(1)} ${(length * Math.sin(angle)).toFixed(1)}`;
  });
  return `M${points.join("L")}z`;
}
