/** What verifying in SQL is compared with: `@noble/ed25519` in JavaScript, in a process of its own. */
import { hash } from "node:crypto";
import { setImmediate as yieldToEvents } from "node:timers/promises";
import { hashes, verify } from "@noble/ed25519";
import { serve } from "../harness/children.ts";

/** Signatures under one key. */
export interface SignedMessages {
  readonly publicKey: Uint8Array;
  readonly messages: readonly Uint8Array[];
  readonly signatures: readonly Uint8Array[];
}

export type NobleVerifier = typeof actions;
const actions = { timeVerifying };
if (import.meta.main) serve(actions);

/** Verifies all of them again and again, and returns the milliseconds of one. */
async function timeVerifying({
  signed: { publicKey, messages, signatures },
  milliseconds,
}: {
  readonly signed: SignedMessages;
  readonly milliseconds: number;
}): Promise<number> {
  hashes.sha512 = (message) => hash("sha512", message, "buffer");
  const isValid = (message: Uint8Array, index: number) =>
    verify(signatures[index] as Uint8Array, message, publicKey, { zip215: false });
  if (!messages.every(isValid)) throw new Error("noble refuses a good signature."); // Also makes its tables.
  const since = performance.now();
  let count = 0;
  for (; performance.now() - since < milliseconds; count += messages.length) {
    messages.forEach(isValid);
    await yieldToEvents();
  }
  return (performance.now() - since) / count;
}
