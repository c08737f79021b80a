/* The worker's part in a few lines, through the functions that a worker has: what is pending is signed, what is in the inbox gets its place,
   and a checkpoint is published, when a test says so. */
import { checkpointBody, formatVkey, keyIdOf, noteSignatureLine } from "../verifier/index.ts";
import { SigningKey } from "../worker/keys.ts";
import type { TestDatabase } from "./database.ts";
import { TestSigner } from "./gateway/signing.ts";
import { makePem } from "./worker/support.ts";

/** A ticket in the hands of its holder. */
export interface HeldTicket {
  readonly id: string;
  readonly ticketNumber: number;
  readonly recipient: string;
  readonly envelope: string;
  readonly proof: string;
}

/** Signs tickets and checkpoints of a test's database, each with a key of its own. */
export class TestWorker {
  readonly origin: string;
  readonly checkpointKey = new SigningKey(makePem());
  /** The verifier key of the ledger. */
  readonly vkey: string;
  readonly #database: TestDatabase;
  #signer: TestSigner;

  private constructor(database: TestDatabase, origin: string) {
    this.origin = origin;
    this.#database = database;
    this.#signer = new TestSigner(database.pool("press_worker"));
    this.vkey = formatVkey(origin, Buffer.from(this.checkpointKey.publicKey, "hex"));
  }

  /** Makes two keys and registers them. */
  static async start(database: TestDatabase, origin = "press.test/ledger"): Promise<TestWorker> {
    const worker = new TestWorker(database, origin);
    await worker.#signer.register();
    await worker.#call("register_signing_key($1, 'checkpoint')", [worker.checkpointKey.publicKey]);
    return worker;
  }

  /** 64 hex characters: verifies the tickets that are signed from now on. */
  get publicKey(): string {
    return this.#signer.publicKey;
  }

  /** Retires the key of the tickets, and goes on with another. */
  async rotate(): Promise<void> {
    await this.#call("retire_signing_key($1)", [keyIdOf(Buffer.from(this.publicKey, "hex"))]);
    this.#signer = new TestSigner(this.#database.pool("press_worker"));
    await this.#signer.register();
  }

  /** Signs everything that is pending, and tells how many tickets that were. */
  async signPending(): Promise<number> {
    let count = 0;
    for (let signed = -1; signed !== 0; count += signed) signed = await this.#signer.signPending();
    return count;
  }

  /** Gives everything in the inbox its place, edition.closed included. */
  async integrate(): Promise<void> {
    await this.#call("editions_to_record() as e(id) cross join lateral press_worker.record_closed_edition(e.id)");
    while ((await this.#call<{ count: string }>("integrate_ledger(10000) as r(count)"))[0]?.count !== "0");
  }

  /** Publishes a checkpoint of all that has a place, and returns its note; undefined when the ledger has not grown. */
  async publish(): Promise<string | undefined> {
    const [next] = await this.#call<{ tree_size: string; root_hash: Buffer }>("checkpoint_to_sign()");
    if (next === undefined) return undefined;
    const note = this.note(Number(next.tree_size), next.root_hash);
    const { keyId } = this.checkpointKey;
    await this.#call("publish_checkpoint($1, $2, $3, $4)", [keyId, next.tree_size, next.root_hash, note]);
    return note;
  }

  /** The signed note of any size and root. */
  note(treeSize: number, rootHash: Uint8Array): string {
    const body = checkpointBody(this.origin, treeSize, rootHash);
    const signature = this.checkpointKey.sign(Buffer.from(body));
    return `${body}\n${noteSignatureLine(this.origin, Buffer.from(this.checkpointKey.publicKey, "hex"), signature)}`;
  }

  /** Everything, in this order: what was asked for is signed, in the ledger and under a checkpoint afterwards. */
  async work(): Promise<void> {
    await this.signPending();
    await this.integrate();
    await this.publish();
  }

  /** Issues a ticket to each recipient, and does all that makes it one to redeem; in the order of the recipients. */
  async issueHeld(slug: string, recipients: readonly string[]): Promise<HeldTicket[]> {
    const operator = this.#database.pool("operator");
    const ids: string[] = [];
    for (const recipient of recipients) {
      const text = "select id from press.issue_ticket($1, recipient => $2)";
      const { rows } = await operator.query<{ id: string }>(text, [slug, recipient]);
      ids.push(String(rows[0]?.id));
    }
    await this.work();
    const { rows } = await operator.query<HeldTicket>({
      text: `select t.id, t.ticket_number as "ticketNumber", h.subject as recipient, t.envelope, press.timechain_proof(t.id) as proof
             from unnest($1::uuid[]) with ordinality i (id, index) join press.tickets t using (id) join press.holders h on h.id = t.holder_id
             order by i.index`,
      values: [ids],
    });
    return rows;
  }

  async #call<Row extends object>(call: string, values: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#database.pool("press_worker").query(`select * from press_worker.${call}`, [...values]);
    return rows as Row[];
  }
}
