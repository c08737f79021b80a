import { createHash } from "node:crypto";

/** What two streams have in common that have the same events at the same places, and no others. */
export class EventDigest {
  readonly #hash = createHash("sha256");

  add(sequence: number, subject: string, json: string | Uint8Array): void {
    this.#hash.update(`${sequence} ${subject} `).update(json).update("\n");
  }

  toString(): string {
    return this.#hash.digest("hex");
  }
}
