import { decodeQR } from "qr/decode.js";
import { describe, expect, it } from "vitest";
import { type QrShape, qrShape } from "../../gateway/dashboard/tickets/envelopeQr.ts";
import { goodEnvelopes } from "../verifier/cases.ts";

const PIXELS = 4;

/** Paints the path as a browser would: each piece is a run of dark modules in one row. */
function paint({ size, path }: QrShape): { width: number; height: number; data: Uint8ClampedArray } {
  const width = size * PIXELS;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1H\d+z/g)) {
    for (let row = Number(y) * PIXELS; row < (Number(y) + 1) * PIXELS; row += 1) {
      const start = (row * width + Number(x) * PIXELS) * 4;
      for (let pixel = 0; pixel < Number(length) * PIXELS; pixel += 1)
        data.fill(0, start + pixel * 4, start + pixel * 4 + 3);
    }
  }
  return { width, height: width, data };
}

function shapeOf(text: string): QrShape {
  const shape = qrShape(text);
  if (shape === null) throw new Error("The text has no QR code.");
  return shape;
}

describe("the QR code of an envelope", () => {
  it.each(Object.entries(goodEnvelopes).filter(([, envelope]) => envelope.length < 2_000))(
    "is read back to the byte: %s",
    (_, envelope) => {
      expect(decodeQR(paint(shapeOf(envelope)))).toBe(envelope);
    },
  );

  it("has a margin that scanners need", () => {
    const { size, path } = shapeOf("x");
    for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
      expect(Math.min(Number(x), Number(y))).toBeGreaterThanOrEqual(4);
      expect(Math.max(Number(x) + Number(length), Number(y) + 1)).toBeLessThanOrEqual(size - 4);
    }
  });

  it("is not there for what no QR code can hold", () => {
    expect(qrShape("x".repeat(2_953))).not.toBeNull();
    expect(qrShape("x".repeat(2_954))).toBeNull();
  });
});
