import { readFile } from "node:fs/promises";
import { buffer as readAll } from "node:stream/consumers";
import { parsePublicKey, parseVkey, type RecordedVerdict, type Verdict, Verifier } from "../verifier/index.ts";
import { CommandError, EXIT } from "./commandError.ts";

export interface VerifyOptions {
  /** The public key that signs tickets, in hexadecimal. */
  readonly key: string;
  /** The file of a proof, or `-` for the standard input. */
  readonly proof?: string;
  /** The vkey of the ledger. */
  readonly ledger?: string;
}

/**
 * `golden-press verify`: says offline whether a file is a ticket that the key signed and, given a proof, whether the
 * ledger holds it.
 *
 * @param file its name, or `-` for the standard input
 * @returns the exit code: 0 valid, 1 not
 * @throws {CommandError} with exit code 2 when a key is no key, an option is missing or a file cannot be read
 */
export async function verify(file: string, { key, proof, ledger }: VerifyOptions): Promise<number> {
  if ((proof === undefined) !== (ledger === undefined)) {
    throw new CommandError("--proof and --ledger belong together; give both, or neither.", EXIT.usage);
  }
  if (file === "-" && proof === "-") {
    throw new CommandError("The standard input is one file; name the other.", EXIT.usage);
  }
  const verifier = makeVerifier(key, ledger);
  const ticket = await readText(file);
  if (ticket === undefined) {
    return refuse("NOT_CANONICAL: The file is not UTF-8 text; pass the envelope byte for byte as it was issued.");
  }
  // The one line feed that ends the last line of a file is not part of the envelope; nothing else is forgiven.
  const envelope = ticket.replace(/\n$/, "");
  if (proof === undefined) return report(verifier.verify(envelope));
  const document = await readText(proof);
  if (document === undefined) {
    return refuse("PROOF_INVALID: The proof is not UTF-8 text; pass it byte for byte as the press gave it.");
  }
  return report(verifier.verifyRecorded(envelope, document));
}

function report(answer: Verdict | RecordedVerdict): number {
  if (!answer.isValid) return refuse(`${answer.reason}: ${answer.message}`);
  const { ticket_number: number, edition, recipient, timestamp, key_id: keyId } = answer.ticket;
  const signed = `ticket ${number} of ${edition} for ${recipient}, issued ${timestamp}, signed by the key ${keyId}`;
  console.log(`valid: ${signed}${answer.verdict === "recorded" ? describePlace(answer) : ""}`);
  return EXIT.done;
}

function describePlace({ place, checkpoint }: Extract<RecordedVerdict, { isValid: true }>): string {
  return `, recorded at place ${place} of the ledger ${checkpoint.origin}, under its checkpoint of size ${checkpoint.size}`;
}

function refuse(reason: string): number {
  console.log(`invalid: ${reason}`);
  return EXIT.failed;
}

function makeVerifier(key: string, ledger: string | undefined): Verifier {
  checkOption("--key", () => parsePublicKey(key));
  if (ledger !== undefined) checkOption("--ledger", () => parseVkey(ledger));
  return new Verifier(key, { ledger });
}

function checkOption(option: string, parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    throw new CommandError(`${option}: ${(error as Error).message}`, EXIT.usage);
  }
}

/** The text of a file, or undefined when it is not UTF-8; a byte order mark is a part of it. */
async function readText(file: string): Promise<string | undefined> {
  const bytes = await readBytes(file);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  if (file === "-") return readAll(process.stdin);
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read (${error.code}).`, EXIT.usage);
  });
}
