/**
 * What the worker remembers of the ledger outside the database: the last checkpoint that it signed. A database that was restored from an
 * older backup forgets what was published; the store does not, so it must never be restored together with the database.
 */
import { readFile, rename } from "node:fs/promises";
import { writeDurably } from "../durableFile.ts";
import { type Checkpoint, LedgerVerifier } from "../verifier/index.ts";

/** A signed checkpoint, with the key that verifies it. */
export interface SignedCheckpoint {
  /** The verifier key of c2sp.org/signed-note. */
  readonly vkey: string;
  /** The signed note (c2sp.org/tlog-checkpoint). */
  readonly note: string;
}

/** What a store keeps. */
export interface StoredCheckpoint extends SignedCheckpoint {
  /** The last checkpoint under each name that the ledger had before, latest first: a name is never taken again. */
  readonly former: readonly SignedCheckpoint[];
}

/** A checkpoint that was verified. */
export interface VerifiedCheckpoint extends SignedCheckpoint {
  readonly checkpoint: Checkpoint;
}

/** What a store keeps, verified. */
export interface KnownCheckpoint extends VerifiedCheckpoint {
  readonly former: readonly VerifiedCheckpoint[];
}

/** Keeps the last checkpoint: a file here; whatever survives the database and never goes back can be another. */
export interface CheckpointStore {
  /** What a person calls it, after an article: `checkpoint store /var/lib/press/checkpoint`. */
  readonly name: string;
  /**
   * The checkpoint; undefined when the store is empty.
   *
   * @throws {CheckpointStoreError} also when what is in it does not verify
   */
  read(): Promise<KnownCheckpoint | undefined>;
  /**
   * Finds out whether it can be written, and changes nothing.
   *
   * @throws {CheckpointStoreError}
   */
  requireWritable(): Promise<void>;
  /**
   * Replaces the checkpoint. It is on the disk when this returns; a crash leaves the old one or the new one, whole.
   *
   * @throws {CheckpointStoreError}
   */
  write(stored: StoredCheckpoint): Promise<void>;
}

/** The store cannot be read or written. The message is one sentence that says what to do. */
export class CheckpointStoreError extends Error {
  override readonly name = "CheckpointStoreError";
}

/** Anybody may read it: what is in it is published. */
const MODE = 0o644;

const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "give the worker the right to use it",
  EPERM: "give the worker the right to use it",
  EROFS: "its disk is read-only; put it on another",
  ENOSPC: "its disk is full; make room",
  EDQUOT: "its disk is full; make room",
  EISDIR: "it is a folder; name a file in it",
  ENOENT: "its folder does not exist; make it",
  ENOTDIR: "its folder is a file; name another",
};

/**
 * A checkpoint store in a file: the vkey on the first line, and then the signed note as it was published; after it the same of each name
 * that the ledger had before.
 */
export class CheckpointFile implements CheckpointStore {
  readonly name: string;
  readonly #file: string;
  /** What was read last, and what it said: a signature is verified once. */
  #last: { readonly text: string; readonly known: KnownCheckpoint } | undefined;

  constructor(file: string) {
    this.#file = file;
    this.name = `checkpoint store ${file}`;
  }

  async read(): Promise<KnownCheckpoint | undefined> {
    const text = await readFile(this.#file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw this.#failure("read", error);
    });
    if (text === undefined) return undefined;
    if (this.#last?.text !== text) this.#last = { text, known: this.#parse(text) };
    return this.#last.known;
  }

  requireWritable(): Promise<void> {
    return this.#write("", async () => undefined);
  }

  write(stored: StoredCheckpoint): Promise<void> {
    return this.#write(formatStored(stored), (draft) => rename(draft, this.#file));
  }

  async #write(text: string, place: (draft: string) => Promise<void>): Promise<void> {
    await writeDurably(this.#file, text, MODE, place).catch((error: NodeJS.ErrnoException) => {
      throw this.#failure("written", error);
    });
  }

  #parse(text: string): KnownCheckpoint {
    const known = parseStored(text);
    if (known !== undefined) return known;
    throw new CheckpointStoreError(
      `The ${this.name} is damaged, so nothing is signed: put its last good copy back; or, if you know that this database is the latest, move the file away and start with --adopt.`,
    );
  }

  #failure(what: "read" | "written", { code }: NodeJS.ErrnoException): CheckpointStoreError {
    const advice = ADVICE[code ?? ""] ?? "see to its disk";
    return new CheckpointStoreError(`The ${this.name} cannot be ${what} (${code}): ${advice}.`);
  }
}

/** The text that {@link parseStored} reads. */
export function formatStored({ vkey, note, former }: StoredCheckpoint): string {
  return [{ vkey, note }, ...former].map((signed) => `${signed.vkey}\n${signed.note}`).join("");
}

/** Reads what is kept; undefined when any of its checkpoints does not verify. */
export function parseStored(text: string): KnownCheckpoint | undefined {
  const [latest, ...former] = text.split(AFTER_SIGNATURE).map(verifyCheckpoint);
  if (latest === undefined || former.some((one) => one === undefined)) return undefined;
  return { ...latest, former: former.filter((one) => one !== undefined) };
}

/** The signature is the last line of a note. */
const AFTER_SIGNATURE = /(?<=\n\n— .+\n)(?=.)/;

function verifyCheckpoint(text: string): VerifiedCheckpoint | undefined {
  const end = Math.max(text.indexOf("\n"), 0);
  const [vkey, note] = [text.slice(0, end), text.slice(end + 1)];
  try {
    const verdict = new LedgerVerifier(vkey).verifyCheckpoint(note);
    return verdict.isValid ? { vkey, note, checkpoint: verdict.checkpoint } : undefined;
  } catch {
    return undefined; // It throws for a vkey of another form.
  }
}
