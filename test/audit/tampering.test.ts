/* A superuser switches off every trigger and constraint, and changes one byte of one row: the audit names the row. Every column of every table of
   the ledger, and of tickets, editions, draws, redemptions, revocations, keys, records, coins and transactions, one after another; and every check fails once. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { random, rounds, sample, seed } from "../random.ts";
import { everyTestRequires } from "../requirements.ts";
import { fillPress } from "./richPress.ts";

interface Finding {
  readonly check: string;
  readonly subject: string;
  readonly finding: string;
}

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
}

/** Each with the columns by which the audit names a row. */
const KEYS: Readonly<Record<string, string>> = {
  "press.editions": "id",
  "press.tickets": "edition_id, ticket_number",
  "press.redemptions": "edition_id, ticket_number",
  "press.revocations": "edition_id, ticket_number",
  "press.draws": "edition_id, attempt",
  "press_private.draw_requests": "edition_id, attempt",
  "press.beacon_chains": "chain_hash",
  "press.beacon_rounds": "chain_hash, round",
  "press.signing_keys": "key_id",
  "press.ledger_entries": "place",
  "press.checkpoints": "tree_size",
  "press_private.ledger_inbox": "id",
  "press_private.ledger_nodes": "level, index",
  "press_private.ledger_head": "is_only",
  "press_private.press_state": "id",
  "press_private.ledger_adoptions": "id",
  "press_private.closings_to_record": "edition_id",
  "press.attestations": "id",
  "press.credentials": "id",
  "press.rule_sets": "id",
  "press_private.rule_set_requests": "rule_set_id",
  "press_private.hashing_key": "is_only",
  "press.publishing_keys": "id",
  "press.publications": "id",
  "press.utxos": "id",
  "press.chain_transactions": "id",
  "press_private.erased_holders": "holder_id",
  "press_private.erased_envelopes": "edition_id, ticket_number",
};
/** What the audit cannot hold to anything, and why that is no harm. */
const NOT_PROMISED = new Set([
  "press_private.ledger_inbox.id", // In which order entries came that have no place yet.
  "press_private.closings_to_record.awaited_number", // From where on to look for pending tickets.
  "press.publications.bundle_limit", // With how many others it may share its next transaction.
  "press.publications.after_transaction_id", // What it waits for; of one that waits for nothing that is there the audit knows.
  "press.publications.updated_at", // When its row changed last, here and below.
  "press.utxos.updated_at",
  "press.chain_transactions.updated_at",
  // How long a claim lasts the row of its transaction says; and that only until it is stored.
  "press.utxos.reserved_until",
  "press.chain_transactions.reserved_until",
  "press.chain_transactions.epoch",
  // Whether the nodes may find a line too long: a coin waits for a block, or is refused for once.
  "press.utxos.depth",
  "press.chain_transactions.depth",
  // What strangers have said, or are said to have done: only the chain can tell.
  "press.utxos.dirty_reason",
  "press.utxos.competing_txid",
  "press.chain_transactions.error_code",
  "press.chain_transactions.error_detail",
  "press.chain_transactions.competing_txid",
  "press.chain_transactions.block_hash",
  "press.chain_transactions.block_height",
  "press.chain_transactions.block_header",
  "press.chain_transactions.merkle_index",
  "press.chain_transactions.merkle_hashes",
  // Terms of whoever made it: what came of them, the fee and the change, is held to its bytes.
  "press.chain_transactions.fee_satoshis_per_kb",
  "press.chain_transactions.dust_satoshis",
  // How it is being sent, and when that was: no number follows from it. The ledger has when it was taken.
  "press.chain_transactions.attempts",
  "press.chain_transactions.answered_attempt",
  "press.chain_transactions.may_be_out",
  "press.chain_transactions.refused_count",
  "press.chain_transactions.retry_at",
  "press.chain_transactions.created_at",
  "press.chain_transactions.stored_at",
  "press.chain_transactions.accepted_at",
  "press.chain_transactions.mined_at",
  "press.chain_transactions.looked_at",
]);

/** Rows of which something is promised once they have come so far on their way. */
const SEALED_WHEN: Readonly<Record<string, string>> = {
  "press.tickets": "status <> 'pending'",
  "press.publications": "state in ('sent', 'failed')",
  // Before its bytes are stored nobody has anything of it.
  "press.chain_transactions": "raw is not null",
};

everyTestRequires("superuser");
const database = await createTestDatabase();
const columns = await readColumns(database);
let session: pg.Client;
beforeAll(async () => {
  await fillPress(database);
  await rememberCombs(database);
  session = new pg.Client({ connectionString: database.url("superuser") });
  await session.connect();
});
afterAll(async () => {
  await session.end();
  await database.drop();
});

async function readColumns({ pool }: TestDatabase): Promise<Column[]> {
  const { rows } = await pool("superuser").query<Column>(
    `select r.name as table, a.attname::text as column, format_type(a.atttypid, a.atttypmod) as type
     from unnest($1::text[]) with ordinality r (name, turn)
     join pg_attribute a on a.attrelid = r.name::regclass and a.attnum > 0 and not a.attisdropped
     order by r.turn, a.attnum`,
    [Object.keys(KEYS)],
  );
  return rows;
}

/**
 * The comb of a key follows from the key alone, and computing those of all keys was four fifths of an audit, of which there are hundreds here: what
 * the press's own function gives for the keys that there are is kept. For any other key, as a changed one is, it is asked as ever.
 */
async function rememberCombs({ pool }: TestDatabase): Promise<void> {
  await pool("owner").query(`
    alter function press_private.ed25519_comb rename to computed_ed25519_comb;
    create table press_private.remembered_combs as
      select p.x, p.y, c.*
      from press_private.ed25519_combs k,
           press_private.ed25519_decode(press_private.little_endian(k.public_key)) p,
           press_private.computed_ed25519_comb(p) c;
    create index on press_private.remembered_combs (x);
    create function press_private.ed25519_comb(point press_private.ed25519_point_record)
      returns table (place smallint, multiple smallint, y_minus_x numeric, y_plus_x numeric, xy2d numeric)
      language plpgsql stable set search_path = pg_catalog, pg_temp as $$
    begin
      return query
        select r.place, r.multiple, r.y_minus_x, r.y_plus_x, r.xy2d from press_private.remembered_combs r where (r.x, r.y) = (point.x, point.y);
      if not found then
        return query select * from press_private.computed_ed25519_comb(point);
      end if;
    end
    $$`);
}

/** What the audit finds in a transaction in which this was done, and which is undone. */
async function auditAfter(tamper: () => Promise<unknown>): Promise<Finding[]> {
  await session.query("begin");
  try {
    await tamper();
    const { rows } = await session.query<Finding>(
      `select a.check, a.subject, a.finding from press.audit() a where not a.is_ok`,
    );
    return rows;
  } finally {
    await session.query("rollback");
  }
}

/** Without triggers and constraints a table is only rows. */
async function unguard(table: string): Promise<void> {
  await session.query(`alter table ${table} disable trigger all`);
  const { rows } = await session.query<{ statement: string }>(
    `select format('alter table %s drop constraint if exists %I cascade', conrelid::regclass, conname) as statement
     from pg_constraint where conrelid = $1::regclass and contype not in ('n', 't')
     union all
     select format('drop index if exists %s', indexrelid::regclass) from pg_index
     where indrelid = $1::regclass and not exists (select from pg_constraint where conindid = indexrelid)
     union all
     select format('alter table %s alter %I drop identity if exists, alter %2$I drop not null', attrelid::regclass, attname)
     from pg_attribute where attrelid = $1::regclass and attnum > 0 and attnotnull`,
    [table],
  );
  for (const { statement } of rows) await session.query(statement);
}

/** One byte of a value, as an expression over the column. */
function changed(column: string, type: string): string {
  const at = random.integer(1_000_000);
  switch (type) {
    case "boolean":
      return `not ${column}`;
    case "smallint":
    case "integer":
    case "bigint":
      return `coalesce(${column}, 0) # (1 << ${random.integer(8)})::${type}`;
    case "uuid":
      return `coalesce(overlay(${column}::text placing case when right(${column}::text, 1) = 'a' then 'b' else 'a' end from 36), gen_random_uuid()::text)::uuid`;
    case "timestamp(3) with time zone":
      return `coalesce(${column} + interval '1 millisecond', clock_timestamp())`;
    case "timestamp with time zone":
      return `coalesce(${column} + ${random.pick(["interval '1 microsecond'", "interval '1 day'"])}, clock_timestamp())`;
    case "bytea":
      return `set_byte(${column}, ${at} % length(${column}), get_byte(${column}, ${at} % length(${column})) # ${1 << random.integer(8)})`;
    case "text":
      return `coalesce(overlay(${column} placing chr(ascii(substr(${column}, 1 + ${at} % length(${column}))) # 1) from 1 + ${at} % length(${column})), 'x')`;
    case "jsonb":
      return `case when ${column} is null then '{}' else jsonb_set(${column}, '{address_checks}', '7') end`;
    case "text[]":
      return `array_append(${column}, 'x')`;
    case "press.attestation_kind":
      return `case ${column} when 'oidc' then 'repository' else 'oidc' end::press.attestation_kind`;
    case "press.attestation_status":
      return `case ${column} when 'verified' then 'rejected' else 'verified' end::press.attestation_status`;
    case "press.credential_status":
      return `case ${column} when 'signed' then 'pending' else 'signed' end::press.credential_status`;
    case "press.edition_status":
      return `case ${column} when 'draft' then 'open' when 'open' then 'closed' else 'open' end::press.edition_status`;
    case "press.ticket_status":
      return `case ${column} when 'signed' then 'redeemed' when 'redeemed' then 'revoked' else 'signed' end::press.ticket_status`;
    case "press.draw_status":
      return `case ${column} when 'drawn' then 'void' else 'drawn' end::press.draw_status`;
    case "press.publication_kind":
      return `case ${column} when 'record' then 'checkpoint' else 'record' end::press.publication_kind`;
    case "press.publication_state":
      return `case ${column} when 'sent' then 'queued' else 'sent' end::press.publication_state`;
    case "press.utxo_state":
      return `case ${column} when 'available' then 'spent' else 'available' end::press.utxo_state`;
    case "press.chain_transaction_state":
      return `case ${column} when 'mined' then 'accepted' else 'mined' end::press.chain_transaction_state`;
    case "press.draw_mode":
      return `case ${column} when 'none' then 'random_int' else 'none' end::press.draw_mode`;
    default:
      throw new Error(`There is no way yet to change one byte of a ${type}.`);
  }
}

/** Changes the column in one row, and returns how the audit may call that row: by its key before, or after. */
async function changeOneByte({ table, column, type }: Column): Promise<string[]> {
  await unguard(table);
  const sealed = SEALED_WHEN[table] ?? "true";
  const { rows } = await session.query<{ ctid: string }>(`select ctid from ${table} where ${sealed} order by ctid`);
  const { ctid } = random.pick(rows);
  const name = `'${table} ' || row(${KEYS[table]})::text as name`;
  const before = await session.query<{ name: string }>(`select ${name} from ${table} where ctid = $1`, [ctid]);
  const after = await session.query<{ name: string }>(
    `update ${table} set ${column} = ${changed(column, type)} where ctid = $1 returning ${name}`,
    [ctid],
  );
  return [before, after].map((result) => String(result.rows[0]?.name));
}

test(`untouched it finds nothing (seed ${seed})`, async () => {
  expect(await auditAfter(async () => undefined)).toEqual([]);
});

describe(`one byte changed (seed ${seed})`, () => {
  const promised = columns.filter(({ table, column }) => !NOT_PROMISED.has(`${table}.${column}`));

  test.each(sample(promised, 40))("$table, $column", async (column) => {
    for (let round = 0; round < rounds(1, 5); round++) {
      let names: string[] = [];
      const findings = await auditAfter(async () => {
        names = await changeOneByte(column);
      });
      const subjects = findings.map(({ subject }) => subject);
      // With two entries at one place, or two nodes, there is no root of the tree to be computed.
      if (column.table !== "press_private.ledger_nodes" && column.column !== "place") {
        expect(findings.filter(({ check }) => check.endsWith("can be read"))).toEqual([]);
      }
      expect(
        subjects.filter((subject) => names.includes(subject)),
        subjects.join("\n"),
      ).not.toEqual([]);
    }
  });
});

test("when a ticket was issued whose envelope was removed with its holder's name", async () => {
  let names: string[] = [];
  const findings = await auditAfter(async () => {
    await unguard("press.tickets");
    const { rows } = await session.query<{ name: string }>(
      `update press.tickets set issued_at = issued_at + interval '1 millisecond' where envelope is null and status <> 'pending'
       returning 'press.tickets ' || row(edition_id, ticket_number)::text as name`,
    );
    names = rows.map(({ name }) => name);
  });
  expect(names).not.toEqual([]);
  expect(findings.map(({ check, subject }) => [check, subject]).toSorted()).toEqual(
    names.map((name) => ["a row is as the press wrote it", name]).toSorted(),
  );
});

test("a coin that is gone while a transaction which is not stored yet has it", async () => {
  const findings = await auditAfter(async () => {
    await unguard("press.utxos");
    await session.query("delete from press.utxos where state = 'reserved' and from_transaction_id is null");
  });
  expect(new Set(findings.map(({ check }) => check))).toEqual(
    new Set(["a coin is spent by one transaction that is alive"]),
  );
});

test("one byte changed in a seal: the row that has none then is named", async () => {
  const findings = await auditAfter(async () => {
    await unguard("press_private.row_seals");
    await session.query("set local timezone = 'UTC'");
    await session.query(
      `update press_private.row_seals set hash = ${changed("hash", "bytea")}
       where hash = (select press_private.row_seal('press.ledger_entries', row(place, recorded_at)::text) from press.ledger_entries where place = 7)`,
    );
  });
  expect(findings.map(({ check, subject }) => [check, subject])).toEqual([
    ["a row is as the press wrote it", "press.ledger_entries (7)"],
  ]);
});

/** For each check a change that breaks it: which table loses its guards, and what is done to it then. */
const BREAKS: Readonly<Record<string, readonly [table: string, statement: string]>> = {
  "the terms and the status of an edition are possible": [
    "press.editions",
    "update press.editions set closes_at = opens_at where slug = 'draft'",
  ],
  "tickets are numbered from 1 to their count, within the cap": [
    "press.tickets",
    "delete from press.tickets where edition_id = 2 and ticket_number = 7",
  ],
  "what waits to be recorded as closed is closed, not recorded, and awaits its last ticket": [
    "press_private.closings_to_record",
    "update press_private.closings_to_record set awaited_number = 3",
  ],
  "a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing": [
    "press_private.draw_requests",
    "delete from press_private.draw_requests where attempt = 2",
  ],
  "the entries alone give every winner that was drawn": [
    "press.ledger_entries",
    `update press.ledger_entries set leaf = replace(leaf, '"entries_count":4', '"entries_count":5') where type = 'edition.drawn'`,
  ],
  "a ticket has the terms of its edition, and keeps within them": [
    "press.editions",
    "update press.editions set cap = 6 where slug = 'golden-ticket'",
  ],
  "a ticket has a holder": ["press.holders", "delete from press.holders where subject = 'bob'"],
  "the slots of a holder run from 1 to their count, within the limit": [
    "press.tickets",
    "update press.tickets set holder_slot = 3 where edition_id = 1 and ticket_number = 2",
  ],
  "a request was answered once, whole, and for one holder": [
    "press.tickets",
    "update press.tickets set request_key = null where edition_id = 1 and ticket_number = 1",
  ],
  "a ticket has an envelope, or the hash of one that was removed, once it is signed, and not before": [
    "press.tickets",
    "update press.tickets set envelope = null where edition_id = 1 and ticket_number = 2",
  ],
  "a ticket is redeemed or revoked where a row says by whom, and nowhere else": [
    "press.redemptions",
    "delete from press.redemptions where edition_id = 1 and ticket_number = 3",
  ],
  "an envelope says what the row of its ticket says": [
    "press.holders",
    "update press.holders set subject = 'mallory' where subject = 'bob'",
  ],
  "an envelope names a key that signs tickets": [
    "press.signing_keys",
    "update press.signing_keys set purpose = 'checkpoint' where retired_at is not null",
  ],
  "a credential says what its row says, and what was stored before it was signed": [
    "press.credentials",
    "update press.credentials set trust_level = 3 where document is not null",
  ],
  "a credential names a key that signs credentials": [
    "press.signing_keys",
    "update press.signing_keys set purpose = 'checkpoint' where purpose = 'credential'",
  ],
  "the id of a key is its fingerprint": [
    "press.signing_keys",
    "update press.signing_keys set public_key = key_id where retired_at is not null",
  ],
  "the comb of a key is computed from it": [
    "press_private.ed25519_comb_points",
    "delete from press_private.ed25519_comb_points where id % 8192 = 4711",
  ],
  "a row is as the press wrote it": [
    "press.editions",
    "update press.editions set title = 'Another title' where id = 2",
  ],
  "what was paid to the pool is there, or went as fees, in satoshis and in coins": [
    "press.utxos",
    "update press.utxos set satoshis = satoshis + 1 where state = 'available' and from_transaction_id is not null",
  ],
  "a coin is spent by one transaction that is alive": [
    "press.utxos",
    "update press.utxos set state = 'available', transaction_id = null where state = 'unknown'",
  ],
  "a stored transaction is what its rows say": [
    "press.chain_transactions",
    "update press.chain_transactions set raw = set_byte(raw, 50, get_byte(raw, 50) # 1) where state = 'mined'",
  ],
  "what a transaction pays to the wallet is a coin once the nodes have it, and not before": [
    "press.utxos",
    "delete from press.utxos where from_transaction_id is not null and state = 'available'",
  ],
  "a publication is as far as its transaction": [
    "press.publications",
    "update press.publications set state = 'sent', sent_at = now() where state = 'unknown'",
  ],
  "a publication stands on the chain once": [
    "press_private.chain_outputs",
    `insert into press_private.chain_outputs (transaction_id, output_index, publication_id)
     select t.id, 99, o.publication_id from press.chain_transactions t, press_private.chain_outputs o
     where t.state = 'mined' and o.transaction_id = (select a.id from press.chain_transactions a where a.state = 'accepted' limit 1)`,
  ],
  "an attestation is verified if and only if it has its one credential": [
    "press.credentials",
    "delete from press.credentials where status = 'pending'",
  ],
  "a decision is the one that its facts and its rules give": [
    "press.attestations",
    "update press.attestations set facts = jsonb_set(facts, '{repository_size_kb}', '200') where violations = '{repository_too_small}'",
  ],
  "evidence is kept until it was checked, and no longer": [
    "press_private.attestation_work",
    "delete from press_private.attestation_work",
  ],
  "a proof is one holder's, and gives one valid credential at a time": [
    "press.attestations",
    "update press.attestations set proof_digest = (select min(proof_digest) from press.attestations) where proof_digest is not null",
  ],
  "rules are named by the hash of their thresholds, and an operator put them in force": [
    "press.rule_sets",
    "update press.rule_sets set checks_per_hour = 2 where id = 2",
  ],
  "a record is what a key of its holder signed, and a published checkpoint is one of the ledger": [
    "press.publications",
    "update press.publications set expires_at = expires_at + interval '1 hour' where nonce = 'waits'",
  ],
  "a key has what its holder showed to have it by, or was revoked": [
    "press.publishing_keys",
    "update press.publishing_keys set possession_signature = null where revoked_at is null",
  ],
  "the trust level of a holder is the highest of their credentials that were not revoked": [
    "press.holders",
    "update press.holders set trust_level = 2 where subject = 'bob'",
  ],
  "a holder without a subject was forgotten, and nobody else was": [
    "press_private.erased_holders",
    "delete from press_private.erased_holders",
  ],
  "places run from 0 without a gap, and the head counts them": [
    "press.ledger_entries",
    "delete from press.ledger_entries where place = 5",
  ],
  "an entry tells what the rows say, once": [
    "press_private.ledger_inbox",
    "insert into press_private.ledger_inbox (type, leaf) select type, leaf from press.ledger_entries where place = 0",
  ],
  "what the rows say happened has its entry": ["press_private.ledger_inbox", "delete from press_private.ledger_inbox"],
  "the hash of an entry is computed from it": [
    "press.ledger_entries",
    "update press.ledger_entries set leaf_hash = sha256('') where place = 5",
  ],
  "a node is computed from the entries below it, and every complete subtree has one": [
    "press_private.ledger_nodes",
    "delete from press_private.ledger_nodes where level = 2 and index = 3",
  ],
  "a checkpoint has the root of the tree of its size": [
    "press.checkpoints",
    "update press.checkpoints set tree_size = 1000 + tree_size",
  ],
  "the note of a checkpoint says its size and root, by a key for checkpoints, under a name of the ledger": [
    "press.checkpoints",
    "update press.checkpoints set note = note || note",
  ],
  "the entries alone tell editions that keep within their caps and limits": [
    "press.ledger_entries",
    `update press.ledger_entries set leaf = replace(leaf, '"cap":5', '"cap":4') where type = 'edition.opened'`,
  ],
  "the entries alone tell how many tickets each holder has": [
    "press.tickets",
    "update press.tickets set holder_id = gen_random_uuid() where edition_id = 1 and ticket_number = 3",
  ],
  "the key of an envelope signed it": [
    "press.tickets",
    `update press.tickets set envelope = regexp_replace(envelope, 'signature":"[0-9a-f]{2}', 'signature":"00')`,
  ],
  "the key of a credential, or of a status list, signed it": [
    "press_private.status_lists",
    `update press_private.status_lists set document = regexp_replace(document, 'validFrom":"2', 'validFrom":"3')`,
  ],
  "the key of a checkpoint signed it": ["press.checkpoints", "update press.checkpoints set root_hash = sha256('')"],
};

test("each check that there is can fail", async () => {
  const { rows } = await session.query<{ check: string }>(`select "check" from press_private.audit_checks()`);
  expect(Object.keys(BREAKS).sort()).toEqual(rows.map(({ check }) => check).sort());
});

test.each(sample(Object.entries(BREAKS), 20))("it finds where not: %s", async (check, [table, statement]) => {
  const findings = await auditAfter(async () => {
    await unguard(table);
    await session.query(statement);
  });
  expect(findings.map((finding) => finding.check)).toContain(check);
});

describe("half of a decision is found, and named by its attestation", () => {
  const check = "an attestation is verified if and only if it has its one credential";
  const nameOf = (row: { id: string } | undefined) => `press.attestations (${row?.id})`;

  test.each([
    [
      "a credential of what was not verified",
      "update press.attestations set status = 'rejected', violations = '{nonce_invalid}'",
      "verified",
    ],
    [
      "a credential of what is still being checked",
      "update press.attestations set status = 'submitted', decided_at = null",
      "verified",
    ],
    [
      "verified, without a credential",
      "update press.attestations set status = 'verified', violations = '{}'",
      "rejected",
    ],
  ])("%s", async (_, statement, status) => {
    let name = "";
    const findings = await auditAfter(async () => {
      await unguard("press.attestations");
      const text = "select id from press.attestations where status::text = $1 order by id limit 1";
      const { rows } = await session.query<{ id: string }>(text, [status]);
      name = nameOf(rows[0]);
      await session.query(`${statement} where id = $1`, [rows[0]?.id]);
    });
    expect(findings.filter((finding) => finding.check === check).map(({ subject }) => subject)).toEqual([name]);
  });

  test("two credentials of one attestation", async () => {
    let name = "";
    const findings = await auditAfter(async () => {
      await unguard("press.credentials");
      const { rows } = await session.query<{ id: string }>(
        `insert into press.credentials (attestation_id, holder_id, kind, trust_level, status_list, status_index, valid_from, valid_until)
         select attestation_id, holder_id, kind, trust_level, 9, 9, valid_from, valid_until from press.credentials order by id limit 1
         returning attestation_id as id`,
      );
      name = nameOf(rows[0]);
    });
    expect(findings.filter((finding) => finding.check === check).map(({ subject }) => subject)).toEqual([name]);
  });
});

describe("of people who were forgotten", () => {
  test("a name that comes back by another way is found", async () => {
    const findings = await auditAfter(async () => {
      await unguard("press.holders");
      await session.query("update press.holders set subject = 'gone' where subject is null");
    });
    expect(findings.map(({ check }) => check)).toContain(
      "a holder without a subject was forgotten, and nobody else was",
    );
  });

  test("an envelope that comes back is found", async () => {
    const findings = await auditAfter(async () => {
      await unguard("press.tickets");
      await session.query(
        `update press.tickets t set envelope = 'x' from press_private.erased_envelopes e where e.edition_id = t.edition_id and e.ticket_number = t.ticket_number`,
      );
    });
    expect(findings.map(({ check }) => check)).toContain(
      "a ticket has an envelope, or the hash of one that was removed, once it is signed, and not before",
    );
  });

  test("an envelope that is signed for the opaque id of somebody who was not forgotten when it was is still theirs alone", async () => {
    const findings = await auditAfter(async () => {
      await unguard("press.tickets");
      await session.query(
        `update press.tickets t set envelope = replace(t.envelope, '"recipient":"bob"', '"recipient":"erased:' || t.holder_id || '"')
         from press.holders h where h.id = t.holder_id and h.subject = 'bob'`,
      );
    });
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(["an entry tells what the rows say, once", "the key of an envelope signed it"]),
    );
  });
});

test("a closing that awaits a ticket that is not there is found: it would wait for ever", async () => {
  const findings = await auditAfter(async () => {
    await unguard("press_private.closings_to_record");
    await session.query(
      `update press_private.closings_to_record q set awaited_number =
       (select max(t.ticket_number) + 1 from press.tickets t where t.edition_id = q.edition_id)`,
    );
  });
  expect(findings.map(({ check, subject }) => [check, subject])).toEqual([
    [
      "what waits to be recorded as closed is closed, not recorded, and awaits its last ticket",
      "press_private.closings_to_record (2)",
    ],
  ]);
  expect(findings[0]?.finding).toContain("number 25, which is not there; the last pending ticket is 24.");
});

describe("a row that is gone", () => {
  test.each([
    ["press.editions", "status <> 'draft'"],
    // But for the newest one of an edition before it is signed: nothing else knows of it yet.
    ["press.tickets", "status <> 'pending'"],
    ["press.redemptions", "true"],
    ["press.revocations", "true"],
    // Of one that was only asked for nothing else knows.
    ["press.draws", "status <> 'requested'"],
    ["press_private.draw_requests", "true"],
    ["press_private.rule_set_requests", "true"],
    ["press.beacon_rounds", "true"],
    ["press.attestations", "true"],
    ["press.credentials", "true"],
    ["press_private.attestation_work", "true"],
    ["press_private.erased_holders", "true"],
    ["press_private.erased_envelopes", "true"],
    // Of a key without records, and of what never went out, nothing else knows.
    ["press.publishing_keys", "id in (select key_id from press.publications where state = 'sent')"],
    ["press.publications", "state = 'sent'"],
    ["press.signing_keys", "true"],
    ["press.chain_transactions", "raw is not null"],
    // Of one that nothing was paid with, and that no transaction pays, nothing else knows.
    ["press.utxos", "transaction_id is not null or (from_transaction_id is not null and state <> 'dirty')"],
    ["press_private.chain_inputs", "is_live"],
    ["press_private.chain_outputs", "true"],
    ["press.ledger_entries", "true"],
    ["press_private.ledger_inbox", "true"],
    ["press_private.ledger_nodes", "true"],
  ])("%s", async (table, condition) => {
    const findings = await auditAfter(async () => {
      await unguard(table);
      const { rows } = await session.query<{ ctid: string }>(
        `select ctid from ${table} where ${condition} order by ctid`,
      );
      await session.query(`delete from ${table} where ctid = $1`, [random.pick(rows).ctid]);
    });
    expect(findings).not.toEqual([]);
  });
});

test("members that no leaf of a draw has are findings, and keep the audit from its end no more than others do", async () => {
  for (const member of ["secret", "signature", "edition", "inputs", "mode", "entries_hash", "checkpoint_at"]) {
    const findings = await auditAfter(async () => {
      await session.query("set local statement_timeout = '60s'");
      await unguard("press.ledger_entries");
      await session.query(
        `update press.ledger_entries set leaf = replace(leaf, '"' || $1 || '":', '"other":') where type in ('edition.drawn', 'winner.replaced')`,
        [member],
      );
    });
    expect(
      findings.map(({ check }) => check),
      member,
    ).toContain("the entries alone give every winner that was drawn");
  }
});

test.each(["ticket", "credential", "checkpoint"])(
  "a key for a %s that is no key is a finding, and no error",
  async (purpose) => {
    const findings = await auditAfter(async () => {
      await unguard("press.signing_keys");
      await session.query(
        "update press.signing_keys set public_key = overlay(public_key placing 'g' from 1) where purpose = $1",
        [purpose],
      );
    });
    expect(findings.filter(({ check }) => check.endsWith("can be read"))).toEqual([]);
    expect(findings.map(({ check }) => check)).toContain("the id of a key is its fingerprint");
  },
);

test("values that are no values of their kind are findings, and no errors", async () => {
  const findings = await auditAfter(async () => {
    for (const table of Object.keys(KEYS)) await unguard(table);
    await session.query("update press.ledger_entries set leaf = '', leaf_hash = ''");
    await session.query("update press.tickets set envelope = 'x' where ticket_number = 1");
    await session.query("update press.tickets set envelope = null where ticket_number = 2");
    await session.query("update press.signing_keys set public_key = 'zz', key_id = '' where retired_at is null");
    await session.query("update press.checkpoints set note = '', root_hash = '', key_id = ''");
    await session.query("update press_private.ledger_nodes set hash = null");
    await session.query("update press_private.ledger_inbox set leaf = '{'");
    await session.query("update press.redemptions set redeemed_by = '', redeemed_at = 'infinity'");
    await session.query("update press.draws set entries_hash = '', entropy = '', reason = '', tree_size = -1");
    await session.query("update press.beacon_rounds set signature = ''");
    await session.query(
      "update press.attestations set facts = '[]', violations = '{}', rule_set_id = -1 where status = 'rejected'",
    );
    await session.query(
      `update press.attestations set facts = '{"checked_at":"never","repository_size_kb":"large","holder_is_active":null}' where status = 'verified'`,
    );
    await session.query("update press.credentials set document = 'x', trust_level = null where status = 'signed'");
    await session.query("update press.credentials set valid_until = 'infinity', kind = null where status = 'pending'");
    await session.query("update press.rule_sets set account_age_days = null, rule_set_hash = ''");
    await session.query("update press_private.erased_envelopes set envelope_hash = ''");
    await session.query("update press.publishing_keys set public_key = 'x', possession_signature = '!'");
    await session.query(
      "update press.publications set payload = '{', signature = 'x', expires_at = 'infinity', nonce = null, checkpoint_size = -1 where state = 'sent'",
    );
    await session.query(
      "update press.publications set payload = 'null', key_id = gen_random_uuid() where state <> 'sent'",
    );
    await session.query("update press.utxos set wallet_script = '!', txid = 'x', satoshis = -1 where state = 'spent'");
    await session.query("update press.utxos set transaction_id = null, spent_by_txid = 'x' where state = 'unknown'");
    await session.query("update press.chain_transactions set wallet_script = '!', raw = '' where state = 'mined'");
    await session.query("update press.chain_transactions set txid = null, split_count = -1 where state = 'accepted'");
    await session.query(
      "update press.editions set slug = 'x', opened_at = '-infinity', cap = null where slug = 'raffle'",
    );
  });
  expect(findings.filter(({ check }) => check.endsWith("can be read"))).toEqual([]);
  expect(new Set(findings.map(({ check }) => check)).size).toBeGreaterThan(15);
});
