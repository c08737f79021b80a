const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 with padding (RFC 4648, section 4), written out because Node and browsers have no function for it in common. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 3) {
    const [first = 0, second = 0, third = 0] = bytes.subarray(start, start + 3);
    const group = (first << 16) | (second << 8) | third;
    for (const shift of [18, 12, 6, 0]) text += DIGITS.charAt((group >> shift) & 63);
  }
  const padding = (3 - (bytes.length % 3)) % 3;
  return text.slice(0, text.length - padding) + "=".repeat(padding);
}

/** The bytes of the only Base64 text that `encodeBase64` writes for them; undefined for any other text. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let bitCount = 0;
  for (const digit of text) {
    if (digit === "=") break;
    bits = ((bits << 6) | DIGITS.indexOf(digit)) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes.push((bits >> bitCount) & 0xff);
  }
  const decoded = Uint8Array.from(bytes);
  // The round trip refuses foreign characters, missing padding and bits that are left over.
  return encodeBase64(decoded) === text ? decoded : undefined;
}

/** The bytes of Base64 with the alphabet for URLs and without padding (RFC 4648, section 5); undefined for any other text. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  if (/[^A-Za-z0-9_-]/.test(text)) return undefined;
  const padding = "=".repeat((4 - (text.length % 4)) % 4);
  return decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/") + padding);
}

/** The 32 bytes of a SHA-256 hash in Base64; undefined for anything else. */
export function decodeHash(text: unknown): Uint8Array | undefined {
  if (typeof text !== "string" || text.length !== 44) return undefined;
  const hash = decodeBase64(text);
  return hash?.length === 32 ? hash : undefined;
}
