/** The engraved rosette of a ticket, as banknotes have them. Its form comes from the ticket's id, so no two tickets have the same. */

const STEPS = 720;

/**
 * Closed curves around the origin, within a circle of radius 100, as the data of SVG paths.
 *
 * @param seed hex digits; other characters do not count
 */
export function rosette(seed: string): readonly string[] {
  const digits = [...seed.replace(/[^0-9a-f]/g, "")].map((digit) => Number.parseInt(digit, 16));
  const digit = (index: number) => digits[index % Math.max(digits.length, 1)] ?? 0;
  const lobes = 7 + (digit(0) % 9);
  const waves = lobes * (2 + (digit(1) % 3));
  return [0, 1, 2, 3, 4].map((ring) => {
    const turn = ((ring + 1) * Math.PI) / lobes + digit(2 + ring) / 16;
    const [reach, depth, ripple] = [94 - ring * 17, 9 + (digit(7 + ring) % 7), 2 + (digit(12 + ring) % 4)];
    return curve(
      (angle) => reach - depth + depth * Math.cos(lobes * angle + turn) + ripple * Math.cos(waves * angle - turn),
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
