import { inSpan } from "../tracing/spans.ts";
import {
  type Checkpoint,
  CompactTree,
  checkpointBody,
  equalHashes,
  formatVkey,
  noteSignatureLine,
  verifyConsistency,
} from "../verifier/index.ts";
import type { CheckpointStore, KnownCheckpoint, SignedCheckpoint } from "./checkpointStore.ts";
import type { Queryable } from "./guardedPool.ts";
import type { SigningKey } from "./keys.ts";
import {
  adoptLedger,
  type LedgerView,
  latestCheckpoint,
  ledgerRoot,
  type PublishedTree,
  publishCheckpoint,
  stopPress,
  type Tree,
  viewLedger,
} from "./ledgerQueries.ts";
import type { Log } from "./log.ts";

/** After which step of a checkpoint the observer is called: the points at which a crash test kills the worker. */
export type CheckpointStep = "checkpointSigned" | "checkpointStored" | "checkpointPublished";

/** What is needed to sign checkpoints. */
export interface CheckpointsOptions {
  /** A key that signs checkpoints and nothing else. */
  readonly key: SigningKey;
  /** The name of the ledger. */
  readonly origin: string;
  readonly store: CheckpointStore;
  readonly log: Log;
  readonly observe?: ((step: CheckpointStep) => unknown) | undefined;
}

/** Nothing may be signed. The message is one sentence that says why and what to do. */
export class LedgerError extends Error {
  override readonly name: string = "LedgerError";
}

/** The ledger of the database is not the one whose checkpoint is in the store. The press was stopped. */
export class LedgerMismatchError extends LedgerError {
  override readonly name = "LedgerMismatchError";
}

/** What the database answers to a checkpoint under a name that it does not know. */
const INVALID_INPUT = "PRINV";

const WAYS_OUT =
  'Operators: bring back the right database, or accept the loss with "golden-press ledger adopt"; then "golden-press ledger start".';

/**
 * Signs the ledger's checkpoints: each is signed, kept in the store, and only then published, so that the store always knows at least what
 * anybody else may have seen. Before each signature the store is compared with the database, and the new tree must contain the old one:
 * whatever a database says, one key never signs two histories.
 */
export class Checkpoints {
  readonly #key: SigningKey;
  readonly #origin: string;
  readonly #store: CheckpointStore;
  readonly #log: Log;
  readonly #observe: (step: CheckpointStep) => unknown;
  /** The verifier key of these checkpoints. */
  readonly vkey: string;
  #isStoreInUse = false;

  constructor({ key, origin, store, log, observe }: CheckpointsOptions) {
    this.#key = key;
    this.#origin = origin;
    this.#store = store;
    this.#log = log;
    this.#observe = observe ?? (() => undefined);
    this.vkey = formatVkey(origin, Buffer.from(key.publicKey, "hex"));
  }

  /**
   * Refuses a database whose ledger does not begin with what the checkpoint in the store says, and stops the press then.
   *
   * @returns whether there is a checkpoint in the store
   * @throws {LedgerMismatchError} after the press was stopped
   * @throws {LedgerError} when the store is of another ledger, or has disappeared
   * @throws {CheckpointStoreError} when it cannot be read
   */
  async requireSameLedger(db: Queryable): Promise<boolean> {
    const known = await this.#readStore();
    if (known !== undefined) await this.#requireRoot(db, known, await ledgerRoot(db, known.checkpoint.size));
    return known !== undefined;
  }

  /**
   * What a worker does when it starts: as {@link requireSameLedger}, but a mismatch, which has stopped the press, is no error: the worker
   * waits for the operator.
   *
   * @param adopt whether an empty store may be filled with what the database says
   * @throws {LedgerError} when the store is empty, the database has checkpoints, and nothing was said about adopting it, or they have another
   *   name
   * @throws {CheckpointStoreError} when it cannot be written
   */
  async begin(db: Queryable, { adopt }: { readonly adopt: boolean }): Promise<void> {
    await this.#store.requireWritable();
    let published: PublishedTree | undefined;
    try {
      if (await this.requireSameLedger(db)) return;
      published = await latestCheckpoint(db);
      if (published === undefined || (await this.requireSameLedger(db))) return; // It is another worker's too, who wrote it before that checkpoint was published.
    } catch (error) {
      if (error instanceof LedgerMismatchError) return;
      throw error;
    }
    if (!adopt) {
      throw new LedgerError(
        `The ${this.#store.name} is empty, but the ledger in the database has been published: correct CHECKPOINT_STORE or put the file back; or, if you know that this database is the latest, start with --adopt.`,
      );
    }
    if (published.origin !== this.#origin) {
      throw new LedgerError(
        `The ledger in the database was published as ${published.origin}, but LEDGER_ORIGIN is ${this.#origin}: set it to ${published.origin}; or, to give the ledger another name for ever, run "golden-press ledger adopt" first.`,
      );
    }
    await this.adopt(db, "The checkpoint store was empty, and the worker was started with --adopt.");
  }

  /**
   * Signs and publishes a checkpoint if the ledger has grown; keeps up the store with what other workers published.
   *
   * @throws {LedgerMismatchError} after the press was stopped
   * @throws {LedgerError | CheckpointStoreError} when the store cannot be used
   */
  async advance(db: Queryable): Promise<void> {
    const known = await this.#readStore();
    const view = await viewLedger(db, known?.checkpoint.size ?? 0);
    if (known !== undefined) await this.#requireRoot(db, known, view.knownRoot);
    const isNews = (view.latest?.size ?? 0) > (known?.checkpoint.size ?? 0);
    const tree = view.next ?? (isNews ? view.latest : undefined);
    if (tree === undefined) return;
    const attributes = { "golden_press.entries": tree.size };
    await inSpan("sign a checkpoint", { isRoot: true, attributes }, () => this.#advanceTo(db, tree, known, view));
  }

  async #advanceTo(db: Queryable, tree: Tree, known: KnownCheckpoint | undefined, view: LedgerView): Promise<void> {
    await this.#requireExtension(db, known, tree, view.path);
    const note = this.#sign(tree);
    await this.#observe("checkpointSigned");
    if (note !== known?.note) {
      // A worker that shares the store was quicker, or somebody adopted another ledger: what was signed just now is shown to nobody.
      if ((await this.#store.read())?.note !== known?.note) return this.advance(db);
      await this.#keep(note, known?.former ?? []);
    }
    await this.#observe("checkpointStored");
    if (view.next === undefined) return;
    await this.#publish(db, tree, note);
    await this.#observe("checkpointPublished");
  }

  /**
   * Goes on with a ledger that is not the one of the store, at an operator's word: under another name if it does not begin with what was
   * published, so that nobody is shown two histories of one name; or under any new name if it does, or if the store is empty. Names that the
   * store remembers are never taken again: a database from a backup may have forgotten them.
   *
   * @param reason what the database keeps about it: 1 to 500 characters
   * @returns what is in the store now
   * @throws {LedgerError} when there is nothing to adopt, or the name must be another one
   */
  async adopt(db: Queryable, reason: string): Promise<Checkpoint> {
    const known = await this.#store.read();
    const published = await latestCheckpoint(db);
    const isContinued =
      known !== undefined && isSame(await ledgerRoot(db, known.checkpoint.size), known.checkpoint.root);
    if (known !== undefined) this.#requireNameToAdopt(known, isContinued, published?.origin);
    const tree = published ?? { size: 0, root: new CompactTree().root() };
    const { size, root } = isContinued && known.checkpoint.size > tree.size ? known.checkpoint : tree;
    await adoptLedger(db, this.#origin, reason);
    await this.#keep(this.#sign({ size, root }), known === undefined ? [] : this.#formerOf(known));
    this.#log.warn({ origin: this.#origin, size, reason }, "Adopted the ledger of the database.");
    return { origin: this.#origin, size, root };
  }

  #requireNameToAdopt(known: KnownCheckpoint, isContinued: boolean, publishedOrigin: string | undefined): void {
    const { origin, size } = known.checkpoint;
    if (isFormer(known, this.#origin)) {
      throw new LedgerError(
        `The ledger was published as ${this.#origin} before, with entries that this database may not have, and a name never stands for two histories: set LEDGER_ORIGIN to a name that it never had, for every worker.`,
      );
    }
    if (origin !== this.#origin) return;
    if (!isContinued) {
      throw new LedgerError(
        `The ledger ${origin} was published with ${size} entries that this database does not have, and a name never stands for two histories: set LEDGER_ORIGIN to a new name, for every worker.`,
      );
    }
    // A database from a backup of before the adoption has forgotten the name, and is told it again.
    if (publishedOrigin !== origin) return;
    throw new LedgerError(
      `The ledger ${origin} in the database is the one in the ${this.#store.name}: there is nothing to adopt.`,
    );
  }

  /** What the store keeps of earlier names when the next checkpoint is under the present one. */
  #formerOf({ vkey, note, checkpoint, former }: KnownCheckpoint): readonly SignedCheckpoint[] {
    return checkpoint.origin === this.#origin ? former : [{ vkey, note }, ...former];
  }

  async #readStore(): Promise<KnownCheckpoint | undefined> {
    const known = await this.#store.read();
    if (known === undefined && !this.#isStoreInUse) return undefined;
    if (known === undefined) {
      throw new LedgerError(`The ${this.#store.name} has disappeared, so nothing is signed: put the file back.`);
    }
    this.#isStoreInUse = true;
    if (known.checkpoint.origin === this.#origin) return known;
    const is = `The ${this.#store.name} is of the ledger ${known.checkpoint.origin}, but LEDGER_ORIGIN is ${this.#origin}`;
    throw new LedgerError(
      isFormer(known, this.#origin)
        ? `${is}, which was its name before and never is again: set it to ${known.checkpoint.origin}, or to a name that it never had, and then "golden-press ledger adopt".`
        : `${is}: set it back, or go on under the new name with "golden-press ledger adopt".`,
    );
  }

  async #requireRoot(db: Queryable, { checkpoint }: KnownCheckpoint, root: LedgerView["knownRoot"]): Promise<void> {
    if (isSame(root, checkpoint.root)) return;
    const lack = root === undefined ? "has fewer than" : "does not begin with";
    await this.#stopPress(db, `This database ${lack} the ${checkpoint.size} ledger entries that were published.`);
  }

  /** The tree is what the database says; that it contains the known one is shown by a proof, which is verified here. */
  async #requireExtension(
    db: Queryable,
    known: KnownCheckpoint | undefined,
    tree: Tree,
    path: LedgerView["path"],
  ): Promise<void> {
    if (known === undefined || known.checkpoint.size === 0) return;
    const { size, root } = known.checkpoint;
    if (verifyConsistency(size, tree.size, root, tree.root, path)) return;
    await this.#stopPress(
      db,
      `The ledger of ${tree.size} entries in this database does not continue the one of ${size} that was published.`,
    );
  }

  async #stopPress(db: Queryable, problem: string): Promise<never> {
    const reason = `${problem} ${WAYS_OUT}`;
    if (await stopPress(db, reason)) this.#log.error({ store: this.#store.name, reason }, "Stopped the press.");
    throw new LedgerMismatchError(reason);
  }

  #sign({ size, root }: Tree): string {
    const body = checkpointBody(this.#origin, size, root);
    const message = Buffer.from(body, "utf8");
    const signature = this.#key.sign(message);
    if (!this.#key.check(message, signature)) {
      throw new LedgerError("The signature of a checkpoint does not verify, so it is not published: make another key.");
    }
    return `${body}\n${noteSignatureLine(this.#origin, Buffer.from(this.#key.publicKey, "hex"), signature)}`;
  }

  /** Also what this worker only heard of is kept under its own signature, so that the store can be verified without asking anybody. */
  async #keep(note: string, former: readonly SignedCheckpoint[]): Promise<void> {
    await this.#store.write({ vkey: this.vkey, note, former });
    this.#isStoreInUse = true;
  }

  async #publish(db: Queryable, tree: Tree, note: string): Promise<void> {
    try {
      await publishCheckpoint(db, this.#key.keyId, tree, note);
    } catch (error) {
      // Two workers with two keys, as while keys are changed: the other one was quicker with the same tree.
      const latest = await latestCheckpoint(db);
      if (latest?.origin !== this.#origin && (error as { code?: unknown }).code === INVALID_INPUT) {
        throw new LedgerError(
          `The ledger of this database is not called ${this.#origin}: if it is a backup of before it was, run "golden-press ledger adopt" again.`,
        );
      }
      if (latest?.size !== tree.size || !equalHashes(latest.root, tree.root)) throw error;
    }
    this.#log.debug({ size: tree.size }, "Published a checkpoint.");
  }
}

function isSame(root: Uint8Array | undefined, other: Uint8Array): boolean {
  return root !== undefined && equalHashes(root, other);
}

/** Whether the ledger of the store had this name before. */
function isFormer({ former }: KnownCheckpoint, origin: string): boolean {
  return former.some(({ checkpoint }) => checkpoint.origin === origin);
}
