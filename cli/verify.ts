import { readFile } from "node:fs/promises";
import { buffer as readAll } from "node:stream/consumers";
import {
  type AnchorVerdict,
  parsePublicKey,
  parseVkey,
  type RecordedVerdict,
  type Verdict,
  Verifier,
  verifyAnchor,
} from "../verifier/index.ts";
import { CommandError, EXIT } from "./commandError.ts";

export interface VerifyOptions {
  /** The public key that signs tickets, in hexadecimal. */
  readonly key: string;
  /** The file of a proof, or `-` for the standard input. */
  readonly proof?: string;
  /** The file of an anchor, which has a proof in it, or `-`. */
  readonly anchor?: string;
  /** The vkey of the ledger. */
  readonly ledger?: string;
  /** Somebody else has the key. */
  readonly revoked?: boolean;
}

/**
 * `golden-press verify`: says offline whether a file is a ticket that the key signed and, given a proof, whether the
 * ledger holds it; given an anchor, also in which transaction of the public chain, and what of that was verified.
 *
 * @param file its name, or `-` for the standard input
 * @returns the exit code: 0 valid, 1 not
 * @throws {CommandError} with exit code 2 when a key is no key, an option is missing or a file cannot be read
 */
export async function verify(file: string, { key, proof, anchor, ledger, revoked }: VerifyOptions): Promise<number> {
  if (proof !== undefined && anchor !== undefined) {
    throw new CommandError("An anchor has its proof in it; give --proof or --anchor.", EXIT.usage);
  }
  const shown = proof ?? anchor;
  if ((shown === undefined) !== (ledger === undefined)) {
    throw new CommandError(
      "--proof and --ledger belong together, as do --anchor and --ledger; give both, or neither.",
      EXIT.usage,
    );
  }
  if (file === "-" && shown === "-") {
    throw new CommandError("The standard input is one file; name the other.", EXIT.usage);
  }
  const verifier = makeVerifier(key, ledger, revoked);
  const ticket = await readText(file);
  if (ticket === undefined) {
    return refuse("NOT_CANONICAL: The file is not UTF-8 text; pass the envelope byte for byte as it was issued.");
  }
  // The one line feed that ends the last line of a file is not part of the envelope; nothing else is forgiven.
  const envelope = ticket.replace(/\n$/, "");
  if (shown === undefined) return report(verifier.verify(envelope));
  const document = await readText(shown);
  if (document === undefined) {
    return refuse("PROOF_INVALID: The proof is not UTF-8 text; pass it byte for byte as the press gave it.");
  }
  if (anchor === undefined) return report(verifier.verifyRecorded(envelope, document));
  const signed = verifier.verify(envelope);
  // What is not even signed is refused for that; of a key that somebody else has too the ledger decides.
  if (!signed.isValid && signed.reason !== "KEY_REVOKED") return report(signed);
  const anchored = verifyAnchor(document.replace(/\n$/, ""), { ledger: ledger ?? "" });
  if (!anchored.isValid) return report(anchored);
  return report(verifier.verifyRecorded(envelope, anchored.proof), describeAnchor(anchored));
}

/** @param anchor what else there is to say of a ticket that is good */
function report(answer: Verdict | RecordedVerdict, anchor = ""): number {
  if (!answer.isValid) return refuse(`${answer.reason}: ${answer.message}`);
  const { ticket_number: number, edition, recipient, timestamp, key_id: keyId } = answer.ticket;
  const signed = `ticket ${number} of ${edition} for ${recipient}, issued ${timestamp}, signed by the key ${keyId}`;
  console.log(`valid: ${signed}${answer.verdict === "recorded" ? describePlace(answer) : ""}${anchor}`);
  return EXIT.done;
}

function describePlace({ place, checkpoint }: Extract<RecordedVerdict, { isValid: true }>): string {
  return `, recorded at place ${place} of the ledger ${checkpoint.origin}, under its checkpoint of size ${checkpoint.size}`;
}

/** What was verified, and then what is only the press's word. */
function describeAnchor(anchor: Extract<AnchorVerdict, { isValid: true }>): string {
  const carried = `, which output ${anchor.outputIndex} of the transaction ${anchor.txid} carries`;
  if (anchor.verdict === "mined") {
    const { hash, time, work } = anchor.block;
    const block = `, in the block ${hash} of ${time}, which took ${work.toPrecision(3)} hashes to make`;
    return `${carried}${block}; that this block is one of the chain, at height ${anchor.claimed.blockHeight}, is the press's word: look there`;
  }
  if (anchor.claimed === null)
    return `${carried}; that the chain has it is the press's word, and that no block has it yet`;
  const { blockHash, blockHeight } = anchor.claimed;
  return `${carried}; that the chain has it in the block ${blockHash}, at height ${blockHeight}, is the press's word: look there`;
}

function refuse(reason: string): number {
  console.log(`invalid: ${reason}`);
  return EXIT.failed;
}

function makeVerifier(key: string, ledger: string | undefined, isRevoked = false): Verifier {
  checkOption("--key", () => parsePublicKey(key));
  if (ledger !== undefined) checkOption("--ledger", () => parseVkey(ledger));
  return new Verifier(key, { ledger, isRevoked });
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
