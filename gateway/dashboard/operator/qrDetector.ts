/** Reads QR codes from pictures: by the browser itself where it can, else by a decoder that is loaded then. */

/** The text of a QR code in the picture; null where none is seen. */
export type Detect = (picture: HTMLVideoElement | ImageBitmap) => Promise<string | null>;

interface DetectorClass {
  new (options: {
    formats: ["qr_code"];
  }): {
    detect(picture: ImageBitmapSource): Promise<readonly { rawValue: string }[]>;
  };
  getSupportedFormats(): Promise<readonly string[]>;
}

export async function makeDetector(): Promise<Detect> {
  const Detector =
    (await ownDetector()) ?? ((await import("qr/decode.js")).BarcodeDetector as unknown as DetectorClass);
  const detector = new Detector({ formats: ["qr_code"] });
  // A picture in which it sees nothing is an error to some decoders.
  return async (picture) => (await detector.detect(picture).catch(() => []))[0]?.rawValue ?? null;
}

async function ownDetector(): Promise<DetectorClass | null> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: DetectorClass };
  if (BarcodeDetector === undefined) return null;
  const formats = await BarcodeDetector.getSupportedFormats().catch((): string[] => []);
  return formats.includes("qr_code") ? BarcodeDetector : null;
}
