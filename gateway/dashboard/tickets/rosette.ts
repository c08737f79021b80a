/** The engraved rosette of a ticket, as banknotes have them. Its form comes from the ticket's id, so no two tickets have the same. */

const STEPS = 540;
const RINGS = 14;

/**
 * Closed curves around the origin, within a circle of radius 100, as the data of SVG paths.
 *
 * @param seed hex digits; other characters do not count
 */
export function rosette(seed: string): readonly string[] {
  const digits = [...seed.replace(/[^0-9a-f]/g, "")].map((digit) => Number.parseInt(digit, 16));
  const digit = (index: number) => digits[index % Math.max(digits.length, 1)] ?? 0;
  const lobes = 8 + (digit(0) % 9);
  const waves = lobes * (2 + (digit(1) % 2));
  const [depth, ripple, twist] = [0.08 + digit(2) / 200, 0.02 + digit(3) / 500, 0.25 + digit(4) / 20];
  return Array.from({ length: RINGS }, (_, ring) => {
    const reach = 90 * 0.9 ** ring;
    const turn = ring * twist;
    return curve(
      (angle) => reach * (1 + depth * Math.cos(lobes * angle + turn) + ripple * Math.cos(waves * angle - 2 * turn)),
    );
  });
}

function curve(radius: (angle: number) => number): string {
  const points = Array.from({ length: STEPS }, (_, step) => {
    const angle = (step / STEPS) * 2 * Math.PI;
    const length = Math.min(radius(angle), 100);
    return `${(length * Math.cos(angle)).toFixed(1)} ${(length * Math.sin(angle)).toFixed(1)}`;
  });
  return `M${points.join("L")}z`;
}
