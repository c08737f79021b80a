/* The operations that are cut off: what is asked for, on which way, which messages belong to it, and what must be there in the end. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { nonceOf, submit } from "../attested.ts";
import { fundPool, publishedPayloads, type SignedRecord } from "../chain/client.ts";
import { streamSize } from "../worker/eventSupport.ts";
import { whenThere } from "./ownDatabase.ts";
import type { CutPress, Way } from "./press.ts";
import type { Plan } from "./proxy.ts";
import type { Message } from "./wire.ts";

/** Something that is asked for once. */
export interface Asked {
  /** Asks once, and tells whether it is done; false: nothing was answered that says so. */
  begin(): Promise<boolean>;
  /** Asks again and again, as its client would, until it is done. */
  finish(): Promise<void>;
  /** Throws when there is not exactly the one effect, or not what was answered. */
  check(): Promise<void>;
}

export interface Operation {
  readonly name: string;
  readonly way: Way;
  readonly counts: Plan["counts"];
  /** Prepares what can be asked for, beside all proxies. */
  prepare(press: CutPress): Promise<Asked>;
}

/** The tickets of all of them are of one edition. */
const EDITION = "cuts";
let drawCount = 0;
let personCount = 0;

/** What all operations need. */
export async function prepareEditions({ database }: CutPress): Promise<void> {
  await database.ask("operator", "select press.create_edition($1, 'An edition', 1000000, 1000000)", [EDITION]);
  await database.ask("operator", "select press.open_edition($1)", [EDITION]);
}

interface GatewayQuestion {
  readonly subject: string;
  readonly role?: "operator";
  readonly query: string;
  readonly variables: object;
  /** What of the answer stays the same however often it is asked for. */
  readonly read: (data: never) => unknown;
  /** How many effects there are, and the answer as the database has it. */
  readonly effects: () => Promise<readonly unknown[]>;
}

/** Each begins without a connection, so that what it takes to have one is cut too. */
const ofGateway: Plan["counts"] = (_, client) => /: (issuing|requests)$/.test(client);

function overGateway(name: string, prepare: (press: CutPress) => Promise<GatewayQuestion>): Operation {
  return {
    name,
    way: "gateway–database",
    counts: ofGateway,
    async prepare(press) {
      const question = await prepare(press);
      await press.proxy("gateway–database").close((client) => ofGateway({} as Message, client));
      return new GatewayRequest(press, question);
    },
  };
}

/** A request with its key: it may be sent again and again. */
class GatewayRequest implements Asked {
  readonly #press: CutPress;
  readonly #question: GatewayQuestion;
  readonly #answers: string[] = [];

  constructor(press: CutPress, question: GatewayQuestion) {
    this.#press = press;
    this.#question = question;
  }

  async finish(): Promise<void> {
    while (!(await this.begin())) await sleep(50);
  }

  async check(): Promise<void> {
    await this.finish(); // Once more: the same answer, and nothing else.
    const effects = await this.#question.effects();
    const wanted = JSON.stringify([JSON.parse(this.#answers[0] ?? "null")]);
    if (JSON.stringify(effects) !== wanted || new Set(this.#answers).size !== 1) {
      throw new Error(`It was answered ${this.#answers.join(", then ")}, and there is ${JSON.stringify(effects)}.`);
    }
  }

  async begin(): Promise<boolean> {
    const { subject, query, variables, role, read } = this.#question;
    const answer = await this.#press.request(subject, query, variables, role);
    if (answer === undefined) return false;
    const refused = answer.errors.find(
      ({ extensions }) => !extensions.retryable && extensions.code !== "OUTCOME_UNKNOWN",
    );
    if (refused !== undefined) throw new Error(`It was refused for good: ${JSON.stringify(refused)}`);
    if (answer.errors.length > 0) return false;
    this.#answers.push(JSON.stringify(read(answer.data as never)));
    return true;
  }
}

const issueOverGateway = overGateway("issue", async ({ database }) => {
  const requestKey = randomUUID();
  return {
    subject: "alice",
    query: "mutation ($input: IssueTicketInput!) { issueTicket(input: $input) { ticket { rowId ticketNumber } } }",
    variables: { input: { editionSlug: EDITION, requestKey } },
    read: (data: { issueTicket: { ticket: { rowId: string; ticketNumber: number } } }) => data.issueTicket.ticket,
    effects: () =>
      database.ask(
        "owner",
        `select id as "rowId", ticket_number as "ticketNumber" from press.tickets where request_key = $1`,
        [requestKey],
      ),
  };
});

const redeemOverGateway = overGateway("redeem", async (press) => {
  const { database } = press;
  const { id, envelope, proof } = await heldTicket(press);
  return {
    subject: "alice",
    query:
      "mutation ($input: RedeemTicketInput!) { redeemTicket(input: $input) { ticket { rowId redemption { redeemedBy } } } }",
    variables: { input: { envelope, timechainProof: proof, requestKey: randomUUID() } },
    read: ({
      redeemTicket: { ticket },
    }: {
      redeemTicket: { ticket: { rowId: string; redemption: { redeemedBy: string } } };
    }) => [ticket.rowId, ticket.redemption.redeemedBy],
    async effects() {
      const rows = await database.ask<{ id: string; redeemed_by: string }>(
        "owner",
        `select t.id, r.redeemed_by from press.redemptions r join press.tickets t using (edition_id, ticket_number) where t.id = $1`,
        [id],
      );
      return rows.map((row) => [row.id, row.redeemed_by]);
    },
  };
});

const drawOverGateway = overGateway("draw", async (press) => {
  const slug = await editionToDraw(press);
  return {
    subject: "olga",
    role: "operator",
    query: "mutation ($input: DrawWinnerInput!) { drawWinner(input: $input) { draw { attempt edition { slug } } } }",
    variables: { input: { editionSlug: slug, requestKey: randomUUID() } },
    read: ({ drawWinner: { draw } }: { drawWinner: { draw: { attempt: number; edition: { slug: string } } } }) => [
      draw.edition.slug,
      draw.attempt,
    ],
    async effects() {
      const rows = await press.database.ask<{ slug: string; attempt: number }>("owner", DRAWS, [slug]);
      return rows.map((row) => [row.slug, row.attempt]);
    },
  };
});

const verifyOverGateway = overGateway("verify", async ({ database, provider }) => {
  const person = `person ${++personCount}`;
  const nonce = await whenThere(() => nonceOf(database, "oidc", person));
  const evidence = await provider.idToken({ name: person, nonce });
  return {
    subject: person,
    query: "mutation ($input: SubmitAttestationInput!) { submitAttestation(input: $input) { attestation { rowId } } }",
    variables: { input: { kind: "oidc", evidence, requestKey: randomUUID() } },
    read: (data: { submitAttestation: { attestation: { rowId: string } } }) => data.submitAttestation.attestation,
    effects: () =>
      database.ask(
        "owner",
        `select a.id as "rowId" from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = $1`,
        [person],
      ),
  };
});

const publishOverGateway = overGateway("publish", async (press) => {
  const { database, client } = press;
  await fundIfPoor(press);
  const { payload, signature, publicKey } = client.record();
  return {
    subject: "alice",
    query: "mutation ($input: SubmitRecordInput!) { submitRecord(input: $input) { publication { rowId } } }",
    variables: { input: { signedPayload: payload, signature, pubkey: publicKey } },
    read: (data: { submitRecord: { publication: { rowId: string } } }) => data.submitRecord.publication,
    effects: () => database.ask("owner", `select id as "rowId" from press.publications where payload = $1`, [payload]),
  };
});

interface WorkerTask {
  /** Asks for it in the database. */
  readonly begin: () => Promise<unknown>;
  readonly isDone: () => Promise<boolean>;
  readonly check: () => Promise<unknown>;
}

function byWorker(
  name: string,
  way: Way,
  counts: (message: Message) => boolean,
  prepare: (press: CutPress) => Promise<WorkerTask>,
): Operation {
  return {
    name,
    way,
    counts,
    async prepare(press) {
      const { begin, isDone, check } = await prepare(press);
      const finish = async () => {
        while (!(await isDone())) await sleep(20);
      };
      return {
        async begin() {
          await begin();
          await finish();
          return true;
        },
        finish,
        async check() {
          await check();
        },
      };
    },
  };
}

const about =
  (...statements: string[]) =>
  ({ topic }: Message) =>
    statements.includes(topic);

const sign = byWorker(
  "issue",
  "worker–database",
  about("tickets_to_sign", "attach_signatures"),
  async ({ database }) => {
    const requestKey = randomUUID();
    const tickets = () =>
      database.ask<{ envelope: string | null }>("owner", "select envelope from press.tickets where request_key = $1", [
        requestKey,
      ]);
    return {
      begin: () => issue(database, requestKey),
      isDone: async () => (await tickets()).every(({ envelope }) => envelope !== null),
      check: async () => requireEqual((await tickets()).length, 1, "tickets"),
    };
  },
);

const draw = byWorker(
  "draw",
  "worker–database",
  about("editions_to_record", "record_closed_edition", "draws_to_make", "record_draw"),
  async (press) => {
    const { database } = press;
    const slug = await editionToDraw(press);
    const draws = () => database.ask<{ status: string; ticket_number: number }>("owner", DRAWS, [slug]);
    const told = () =>
      database.ask<{ ticket_number: number }>(
        "owner",
        `select (l.leaf::json ->> 'ticket_number')::integer as ticket_number from press.ledger_entries l
         join press.editions e on e.id = l.edition_id where e.slug = $1 and l.type = 'edition.drawn'`,
        [slug],
      );
    return {
      begin: () => database.ask("operator", "select press.draw_winner($1, request_key => $2)", [slug, randomUUID()]),
      isDone: async () => (await draws()).every(({ status }) => status === "drawn") && (await told()).length > 0,
      async check() {
        requireEqual(
          await told(),
          (await draws()).map(({ ticket_number }) => ({ ticket_number })),
          "winners",
        );
        const agrees = await database.ask("operator", "select agrees from press.recompute_draw($1)", [slug]);
        requireEqual(agrees, [{ agrees: true }], "what everybody recomputes");
      },
    };
  },
);

const verify = byWorker(
  "verify",
  "worker–database",
  about("attestations_to_verify", "verify_attestation", "credentials_to_sign", "attach_credential_signatures"),
  async ({ database, provider }) => {
    const person = `person ${++personCount}`;
    const nonce = await whenThere(() => nonceOf(database, "oidc", person));
    const evidence = await provider.idToken({ name: person, nonce });
    let id = "";
    const credentials = () =>
      database.ask<{ status: string }>("owner", "select status from press.credentials where attestation_id = $1", [id]);
    return {
      async begin() {
        id = await whenThere(() => submit(database, "oidc", person, evidence));
      },
      isDone: async () => (await credentials()).some(({ status }) => status === "signed"),
      async check() {
        requireEqual(await credentials(), [{ status: "signed" }], "credentials");
      },
    };
  },
);

const publishing = (press: CutPress, isMined: boolean): Promise<WorkerTask> => prepareRecord(press, isMined);

const publish = byWorker(
  "publish",
  "worker–database",
  about("keys_to_verify", "publications_to_send", "store_transactions", "transactions_to_send", "record_outcomes"),
  (press) => publishing(press, false),
);

const publishOnNode = byWorker(
  "publish",
  "worker–node",
  () => true,
  (press) => publishing(press, true),
);

const integrate = byWorker(
  "integrate",
  "worker–database",
  about("checkpoint_age", "integrate_ledger", "view_ledger", "ledger_root", "latest_checkpoint", "publish_checkpoint"),
  (press) => ticketInLedger(press, () => Promise.resolve(true)),
);

const tellEvents = byWorker(
  "integrate",
  "worker–NATS",
  // What the reconciler reads again and again has no end.
  ({ kind, topic }) => !["PING", "PONG", "+OK"].includes(kind.toUpperCase()) && !topic.includes(".STREAM.MSG.GET."),
  async (press) => {
    const task = await ticketInLedger(press, async () => (await eventsMissing(press)) === 0);
    await press.proxy("worker–NATS").close(() => true); // Getting a connection is cut, too.
    return task;
  },
);

export const OPERATIONS: readonly Operation[] = [
  issueOverGateway,
  sign,
  redeemOverGateway,
  drawOverGateway,
  draw,
  verifyOverGateway,
  verify,
  publishOverGateway,
  publish,
  publishOnNode,
  integrate,
  tellEvents,
];

const DRAWS = `
  select e.slug, d.attempt, d.status, d.ticket_number from press.draws d join press.editions e on e.id = d.edition_id
  where e.slug = $1 order by d.attempt`;

function issue(database: CutPress["database"], requestKey: string): Promise<unknown> {
  return database.ask("operator", "select press.issue_ticket($1, recipient => 'alice', request_key => $2)", [
    EDITION,
    requestKey,
  ]);
}

/** A ticket of alice, signed and under a checkpoint. */
async function heldTicket(press: CutPress): Promise<{ id: string; envelope: string; proof: string }> {
  const { database } = press;
  const requestKey = randomUUID();
  await issue(database, requestKey);
  for (;;) {
    const [row] = await database.ask<{ id: string; envelope: string; proof: string | null }>(
      "owner",
      "select t.id, t.envelope, press.tickets_timechain_proof(t) as proof from press.tickets t where t.request_key = $1",
      [requestKey],
    );
    if (row?.proof != null) return { ...row, proof: row.proof };
    await sleep(20);
  }
}

/** A ticket that is to get into the ledger. */
async function ticketInLedger(press: CutPress, isTold: () => Promise<boolean>): Promise<WorkerTask> {
  const { database } = press;
  const requestKey = randomUUID();
  const ticket = () =>
    database.ask<{ is_recorded: boolean }>(
      "owner",
      "select press.tickets_timechain_proof(t) is not null as is_recorded from press.tickets t where t.request_key = $1",
      [requestKey],
    );
  return {
    begin: () => issue(database, requestKey),
    isDone: async () => (await ticket())[0]?.is_recorded === true && (await isTold()),
    async check() {
      const entries = await database.ask(
        "owner",
        `select from press.ledger_entries l join press.tickets t on t.id::text = l.leaf::json ->> 'ticket_id'
         where t.request_key = $1 and l.type = 'ticket.issued'`,
        [requestKey],
      );
      requireEqual(entries.length, 1, "entries in the ledger");
    },
  };
}

/** How many events the stream lacks; 0 where there is none. */
export async function eventsMissing({ nats, database }: CutPress): Promise<number> {
  if (nats === undefined) return 0;
  const [row] = await database.ask<{ size: number }>(
    "owner",
    "select coalesce(max(tree_size), 0)::integer as size from press.checkpoints",
  );
  return Math.abs((row?.size ?? 0) - (await streamSize(nats)));
}

/** An edition whose tickets are in the ledger. */
async function editionToDraw({ database }: CutPress): Promise<string> {
  const slug = `draw-${++drawCount}`;
  await database.ask("operator", "select press.create_edition($1, 'A raffle', 3, null, 'random_int')", [slug]);
  await database.ask("operator", "select press.open_edition($1)", [slug]);
  await database.ask("operator", "select press.issue_tickets($1, 3, recipient => 'alice', request_key => $2)", [
    slug,
    randomUUID(),
  ]);
  const isRecorded = `select bool_and(press.tickets_timechain_proof(t) is not null) as is_recorded
                      from press.tickets t join press.editions e on e.id = t.edition_id where e.slug = $1`;
  while (!(await database.ask<{ is_recorded: boolean }>("owner", isRecorded, [slug]))[0]?.is_recorded) await sleep(20);
  return slug;
}

const POOR = 6;

/** Coins that wait for a block, at the end of a long chain of unmined transactions, pay for nothing; and nobody mines here. */
async function fundIfPoor({ database, node }: CutPress): Promise<void> {
  const coins = await database.ask("owner", "select from press.utxos where state = 'available' and depth < 20");
  if (coins.length < POOR) await whenThere(() => fundPool(database.pool("operator"), node, 1_000, 20));
}

async function prepareRecord(press: CutPress, isMined: boolean): Promise<WorkerTask> {
  const { database, node, client } = press;
  await fundIfPoor(press);
  const record: SignedRecord = client.record();
  const state = async () => {
    const [row] = await database.ask<{ state: string; fate: string; txid: string }>(
      "owner",
      `select p.state, t.state as fate, t.txid from press.publications p left join press.chain_transactions t on t.id = p.transaction_id
       where p.payload = $1`,
      [record.payload],
    );
    return row;
  };
  return {
    begin: () => whenThere(() => client.submit(database.pool("operator"), [record])),
    async isDone() {
      const row = await state();
      if (row?.state !== "sent" || !isMined) return row?.state === "sent";
      if (row.fate === "mined") return true;
      await mineIfThere(node, row.txid).catch(() => undefined); // It may be away.
      return false;
    },
    async check() {
      const published = publishedPayloads(await node.transactions());
      requireEqual(published.get(record.payload), [(await state())?.txid], "transactions that carry the record");
    },
  };
}

async function mineIfThere(node: CutPress["node"], txid: string): Promise<void> {
  if ((await node.mempool()).includes(txid)) await node.mine();
}

function requireEqual(found: unknown, wanted: unknown, what: string): void {
  if (JSON.stringify(found) === JSON.stringify(wanted)) return;
  throw new Error(`Of ${what} there are ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}.`);
}
