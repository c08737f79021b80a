import encodeQR from "qr";

/** The quiet margin that scanners need, in modules. */
const MARGIN = 4;

/** The dark modules of a QR code, as a path in a square of `size` units: one unit is one module. */
export interface QrShape {
  readonly size: number;
  readonly path: string;
}

/**
 * The QR code of a text, to the byte.
 *
 * @returns null for a text that is too long for any QR code (about 2,900 bytes)
 */
export function qrShape(text: string): QrShape | null {
  const modules = modulesOf(text);
  if (modules === null) return null;
  const runs: string[] = [];
  modules.forEach((row, y) => {
    // One step for each run of dark modules in a row, so that the path is short and has no seams.
    for (let x = 0; x < row.length; x += 1) {
      if (!row[x] || row[x - 1]) continue;
      const end = row.indexOf(false, x);
      runs.push(`M${x} ${y}h${(end === -1 ? row.length : end) - x}v1H${x}z`);
    }
  });
  return { size: modules.length, path: runs.join("") };
}

function modulesOf(text: string): boolean[][] | null {
  try {
    return encodeQR(text, "raw", { ecc: "low", border: MARGIN });
  } catch {
    return null;
  }
}
