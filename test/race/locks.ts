/* Which locks each call takes, and whether it passes over what others have locked. A row that is locked shows in pg_locks as RowShareLock on its table, however many there are; a row
   that is written does not. So does a foreign key's look at what it refers to, which a session in the part of a replica leaves out; our own triggers fire there all the same. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";

export interface Call {
  /** Which function, and of what. */
  readonly name: string;
  /** A database login, or the role and the subject of a request of the gateway; the installing login unless told. */
  readonly by?: "press_gateway" | readonly [role: string, subject: string];
  /** READ COMMITTED, unless told. */
  readonly isolation?: "repeatable read";
  readonly sql: string;
  /** The edition's lock; then the tables, press.* without their schema, of which rows are locked. A table that is locked as a whole has its mode behind it. */
  readonly locks: string;
  /**
   * What it tells when any row that it writes is somebody else's for too long, comes into a deadlock (40P01), or was written since its snapshot (40001), instead of what PostgreSQL
   * says; where it is only one of the last two, which.
   */
  readonly tells?: string;
  /** Where it does not tell RETRY, although it says so of itself, when another session has written what it locks since its snapshot: it refuses that isolation level. */
  readonly stale?: "INVALID_INPUT";
  /** Whether it waits for a lock of press_private, and must see then that the press was stopped meanwhile. */
  readonly isStopped?: true;
}

const edition = (slug: string) => `(select id from press.editions where slug = '${slug}')`;
const ticket = (slug: string, number: number) =>
  `(select t from press.tickets t where t.edition_id = ${edition(slug)} and t.ticket_number = ${number})`;
const way = (name: string) => `(select id from tests.way where name = '${name}')`;
const olga = ["press_operator", "olga"] as const;
const attachedAgain = `select count(*) from press_worker.attach_signatures(tests.key_id(), array(select t.id from press.tickets t where t.status = 'signed'), array(select repeat('0', 128) from press.tickets t where t.status = 'signed'))`;

export const CALLS: readonly Call[] = [
  {
    name: "issue_ticket of a holder",
    by: ["press_holder", "zoe"],
    sql: `select press.issue_ticket('open')`,
    locks: "edition",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "issue_ticket of a holder who was forgotten",
    by: ["press_holder", "fay"],
    sql: `select press.issue_ticket('open')`,
    locks: "edition signing_claims:ShareRowExclusiveLock",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "issue_ticket by an operator",
    by: olga,
    sql: `select press.issue_ticket('open', recipient => 'dave')`,
    locks: "edition holders",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "issue_tickets of the gateway",
    by: "press_gateway",
    sql: `select press_gateway.issue_tickets('open', array['olga'], array[true], array['dave'], array[1], array[null]::uuid[])`,
    locks: "edition holders",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "redeem_ticket of a holder",
    by: ["press_holder", "alice"],
    sql: `select press.redeem_ticket((T).envelope, press.timechain_proof((T).id)) from ${ticket("open", 1)} T`,
    locks: "edition tickets",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "open_edition",
    by: olga,
    sql: `select press.open_edition('plain-draft')`,
    locks: "edition",
    isStopped: true,
  },
  { name: "close_edition", by: olga, sql: `select press.close_edition('open')`, locks: "edition", isStopped: true },
  {
    name: "close_due_edition",
    sql: `select press_worker.close_due_edition(${edition("due")})`,
    locks: "edition",
    isStopped: true,
  },
  {
    name: "record_closed_edition",
    sql: `select press_worker.record_closed_edition(${edition("closed")})`,
    locks: "closings_to_record",
  },
  {
    name: "commit_draw",
    sql: `select press_worker.commit_draw(${edition("draft")}, repeat('a', 64))`,
    locks: "edition",
    isStopped: true,
  },
  {
    name: "draw_winner",
    by: olga,
    sql: `select press.draw_winner('sealed')`,
    locks: "edition holders",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "record_draw",
    sql: `select press_worker.record_draw(${edition("asked")}, 1, 1, null)`,
    locks: "edition",
    isStopped: true,
  },
  {
    name: "replace_winner",
    by: olga,
    sql: `select press.replace_winner('drawn', 'So.')`,
    locks: "edition holders",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  { name: "void_draw", by: olga, sql: `select press.void_draw('withheld', 'So.')`, locks: "edition", isStopped: true },
  {
    name: "revoke_ticket",
    by: olga,
    sql: `select press.revoke_ticket((${ticket("open", 2)}).id, 'So.')`,
    locks: "edition holders tickets",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "erase_holder",
    by: olga,
    sql: `select press.erase_holder((select id from press.holders where subject = 'alice'))`,
    locks: "attestations credentials holders publications publishing_keys signing_claims:ShareRowExclusiveLock tickets",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
    stale: "INVALID_INPUT",
  },
  {
    name: "deactivate_holder",
    by: olga,
    sql: `select press.deactivate_holder((select id from press.holders where subject = 'alice'), 'So.')`,
    locks: "holders",
    isStopped: true,
  },
  {
    name: "reactivate_holder",
    by: olga,
    sql: `select press.reactivate_holder((select id from press.holders where subject = 'alice'))`,
    locks: "holders",
    isStopped: true,
  },
  {
    name: "revoke_signing_key",
    by: olga,
    sql: `select press.revoke_signing_key(tests.key_id(), 'So.')`,
    locks: "holders signing_keys",
  },
  {
    name: "begin_attestation",
    by: ["press_holder", "alice"],
    sql: `select press.begin_attestation('oidc')`,
    locks: "holders",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "submit_attestation by an operator",
    by: olga,
    sql: `select press.submit_attestation('oidc', tests.id_token('dave'), recipient => 'zoe', client_address => tests.fresh_address())`,
    locks: "holders",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "verify_attestation",
    sql: `select press_worker.verify_attestation((select a.id from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'dave'), tests.oidc_proof('dave'), tests.nonce_of('dave', 'oidc'), '{}')`,
    locks: "attestations holders",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "attestations_to_verify",
    sql: `select count(*) from press_worker.attestations_to_verify('{oidc}', 10, 60)`,
    locks: "attestation_work",
  },
  {
    name: "postpone_attestation",
    sql: `select press_worker.postpone_attestation(w.attestation_id, 60) from press_private.attestation_work w limit 1`,
    locks: "",
    tells: "LOCK_TIMEOUT, RETRY of 40001",
  },
  {
    name: "note_verified_key",
    sql: `select press_worker.note_verified_key(k.id, k.possession_signature, true) from press.publishing_keys k where k.verified_at is null`,
    locks: "publishing_keys",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "create_edition",
    by: olga,
    sql: `select press.create_edition('another', 'Another', 1)`,
    locks: "",
    tells: "RETRY of 40001",
  },
  {
    name: "reject_unchecked",
    sql: `select press_worker.reject_unchecked()`,
    locks: "attestations holders",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "credentials_to_sign",
    sql: `select count(*) from press_worker.credentials_to_sign(tests.key_id('b'), 'did:web:press.test', 'https://press.test', 10, 60)`,
    locks: "credentials signing_keys",
    tells: "LOCK_TIMEOUT, RETRY of 40001",
  },
  {
    name: "revoke_credential",
    by: olga,
    sql: `select press.revoke_credential((select c.id from press.credentials c where c.status = 'signed' limit 1), 'So.')`,
    locks: "credentials holders",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "set_rules",
    by: olga,
    sql: `select press.set_rules(1, 1, 1, 1)`,
    locks: "holders rule_sets",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "register_public_key by an operator",
    by: olga,
    sql: `select press.register_public_key(tests.record_key(7), tests.record_signature(), 'dave')`,
    locks: "holders",
    isStopped: true,
    tells: "RETRY",
  },
  {
    name: "register_public_key of a holder",
    by: ["press_holder", "alice"],
    sql: `select press.register_public_key(tests.record_key(7), tests.record_signature())`,
    locks: "holders",
    isStopped: true,
    tells: "RETRY",
  },
  {
    name: "revoke_public_key",
    by: olga,
    sql: `select press.revoke_public_key((select k.public_key from press.publishing_keys k join press.holders h on h.id = k.holder_id where h.subject = 'bob'))`,
    locks: "holders publications publishing_keys",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "submit_record",
    by: olga,
    sql: `select press.submit_record(tests.record(), tests.record_signature(), tests.record_key())`,
    locks: "holders publishing_keys",
    isStopped: true,
    tells: "RETRY",
  },
  {
    name: "set_publishing_quota",
    by: olga,
    sql: `select press.set_publishing_quota(tests.record_key(), 5)`,
    locks: "publishing_keys",
    isStopped: true,
  },
  {
    name: "fund_pool",
    by: olga,
    sql: `select press.fund_pool(repeat('f', 64), 0, 1000, tests.wallet())`,
    locks: "holders",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  { name: "start_press", by: olga, sql: `select press.start_press('So.')`, locks: "holders" },
  {
    name: "tickets_to_sign",
    sql: `select count(*) from press_worker.tickets_to_sign(tests.key_id(), 10, 60)`,
    locks: "signing_keys tickets",
    tells: "LOCK_TIMEOUT",
  },
  { name: "integrate_ledger", sql: `select press_worker.integrate_ledger(100)`, locks: "ledger_head" },
  { name: "anchor_checkpoint", sql: `select count(*) from press_worker.anchor_checkpoint(1)`, locks: "checkpoints" },
  {
    name: "publications_to_send",
    sql: `select count(*) from press_worker.publications_to_send(tests.wallet(), 100, 0, 100000, 100, 60)`,
    locks: "chain_transactions publications utxos",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "publications_to_send together",
    sql: `select count(*) from press_worker.publications_to_send(tests.wallet(), 100, 1, 100000, 100, 60)`,
    locks: "chain_transactions publications utxos",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "store_transactions",
    sql: `select tests.store(u) from press_private.unsigned_transactions(array[${way("reserved")}]) u`,
    locks: "chain_transactions",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "transactions_to_send",
    sql: `select count(*) from press_worker.transactions_to_send(10, 60)`,
    locks: "chain_transactions",
  },
  {
    name: "transactions_to_look_at",
    sql: `select count(*) from press_worker.transactions_to_look_at(10, 0)`,
    locks: "chain_transactions",
  },
  {
    name: "release_expired",
    sql: `select press_worker.release_expired()`,
    locks: "chain_transactions",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "split_to_make",
    sql: `select count(*) from press_worker.split_to_make(tests.wallet(), 100, 200, 1, 100, 60)`,
    locks: "chain_transactions utxos",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "record_outcomes: accepted",
    sql: `select tests.tell(${way("sent")}, 'accepted')`,
    locks: "chain_transactions utxos",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "record_outcomes: a conflict",
    sql: `select tests.tell(${way("sent")}, 'conflict')`,
    locks: "chain_transactions utxos",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "record_outcomes: unknown",
    sql: `select tests.tell(${way("sent")}, 'unknown')`,
    locks: "chain_transactions utxos",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "record_sightings: mined",
    sql: `select tests.see(${way("accepted")}, 'mined')`,
    locks: "chain_transactions utxos",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "fail_publications",
    sql: `select press_worker.fail_publications(t.id, t.epoch, array[p.id], '{BAD}', '{null}') from press.chain_transactions t join press.publications p on p.transaction_id = t.id where t.id = ${way("reserved")}`,
    locks: "chain_transactions",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "conflict_transaction",
    sql: `select press_private.conflict_transaction(${way("sent")}, null, null, 'So.')`,
    locks: "chain_transactions utxos",
  },
  { name: "lock_rivals", sql: `select press_private.lock_rivals(${way("sent")})`, locks: "chain_transactions utxos" },
  {
    name: "accept_undisputed",
    sql: `select press_private.accept_undisputed(array[${way("sent")}], array[1], false)`,
    locks: "chain_transactions utxos",
  },
  {
    name: "void_outputs",
    sql: `select press_private.void_outputs(t) from press.chain_transactions t where t.id = ${way("accepted")}`,
    locks: "chain_transactions utxos",
  },
  {
    name: "void_outputs: nobody spends them",
    sql: `select press_private.void_outputs(t) from press.chain_transactions t where t.id = ${way("mined")}`,
    locks: "chain_transactions utxos",
  },
  {
    name: "release_rebuilt",
    sql: `select press_private.release_rebuilt(${way("refused")})`,
    locks: "chain_transactions",
  },
  {
    name: "apply_conflict",
    sql: `select press_private.apply_conflict(t, false, repeat('a', 64), false, null, null) from press.chain_transactions t where t.id = ${way("sent")}`,
    locks: "chain_transactions",
  },
  {
    name: "fail_queued_records",
    sql: `select press_private.fail_queued_records(k.id) from press.publishing_keys k join press.holders h on h.id = k.holder_id where h.subject = 'bob'`,
    locks: "publications",
  },
  {
    name: "lock_publishing_key",
    sql: `select press_private.lock_publishing_key(k.id) from press.publishing_keys k limit 1`,
    locks: "publishing_keys",
  },
  {
    name: "lock_edition at REPEATABLE READ",
    isolation: "repeatable read",
    sql: `select press_private.lock_edition(${edition("open")})`,
    locks: "edition editions",
  },
  {
    name: "release_utxo",
    by: olga,
    sql: `select press.release_utxo(repeat('d', 64), 0, 'So.')`,
    locks: "holders utxos",
    isStopped: true,
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "watch_invariants",
    sql: `select count(*) from press_worker.watch_invariants(600)`,
    locks: "last_look",
    tells: "LOCK_TIMEOUT, RETRY",
  },
  {
    name: "attach_signatures",
    sql: `select tests.sign_pending()`,
    locks: "signing_keys tickets",
    tells: "LOCK_TIMEOUT",
  },
  {
    name: "attach_signatures to what is signed",
    sql: attachedAgain,
    locks: "signing_keys tickets",
  },
  {
    name: "attach_credential_signatures",
    sql: `select tests.sign_credentials()`,
    locks: "credentials signing_keys",
    tells: "LOCK_TIMEOUT, RETRY of 40001",
  },
  {
    name: "attach_credential_signatures to what is signed",
    sql: `select count(*) from press_worker.attach_credential_signatures(tests.key_id('b'), array(select c.id from press.credentials c where c.status = 'signed'), array(select repeat('0', 128) from press.credentials c where c.status = 'signed'))`,
    locks: "credentials signing_keys",
  },
  {
    name: "register_signing_key",
    sql: `select press_worker.register_signing_key('278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e', 'ticket')`,
    locks: "",
    tells: "LOCK_TIMEOUT, RETRY of 40001",
  },
  {
    name: "retire_signing_key",
    sql: `select press_worker.retire_signing_key(tests.key_id('b'))`,
    locks: "signing_keys",
    tells: "LOCK_TIMEOUT, RETRY of 40001",
  },
  {
    name: "publish_checkpoint",
    sql: `select p from press_worker.checkpoint_to_sign() s, press_worker.publish_checkpoint(tests.key_id('c'), s.tree_size, s.root_hash, tests.checkpoint_note(s.tree_size, s.root_hash)) p`,
    locks: "signing_keys",
    tells: "LOCK_TIMEOUT, RETRY of 40001",
  },
  {
    name: "publish_status_list",
    sql: `select press_worker.publish_status_list(tests.key_id('b'), 1, 0, tests.sign_credential(tests.status_list(1)))`,
    locks: "signing_keys",
    tells: "LOCK_TIMEOUT, RETRY of 40001",
  },
  {
    name: "record_tip",
    sql: `select press_worker.record_tip(200, repeat('a', 64))`,
    locks: "",
    tells: "LOCK_TIMEOUT",
  },
  {
    name: "forget_addresses",
    sql: `select press_worker.forget_addresses()`,
    locks: "",
    tells: "LOCK_TIMEOUT, RETRY",
  },
];

/** What is refused anyway, and for that reason when the press was stopped while it waited. */
export const REFUSED: readonly Pick<Call, "name" | "by" | "sql">[] = [
  { name: "draw_winner of what is drawn", by: olga, sql: `select press.draw_winner('drawn')` },
];

export interface Look {
  readonly name: string;
  readonly sql: string;
  /** What others have locked. */
  readonly rows: string;
  /** What it answers when nobody has locked them, and when somebody has: at once, for it passes over them. */
  readonly free: unknown;
  readonly locked: unknown;
}

const look = (name: string, sql: string, rows: string, free: unknown, locked: unknown): Look => ({
  name,
  sql,
  rows,
  free,
  locked,
});
const toSend = "select count(*) from press_worker.publications_to_send(tests.wallet(), 100, 0, 100000, 100, 60)";
const picked = (bytes: number) => `select press_private.pick_coins(tests.wallet(), 0, 0, 1, ${bytes}, 100) is not null`;
const available = "press.utxos where state = 'available'";

/** Who looks for work. */
export const LOOKS: readonly Look[] = [
  look(
    "record_closed_edition",
    `select press_worker.record_closed_edition(${edition("closed")})`,
    "press_private.closings_to_record",
    true,
    false,
  ),
  look(
    "attestations_to_verify",
    "select count(*) from press_worker.attestations_to_verify('{oidc}', 10, 60)",
    "press_private.attestation_work",
    "3",
    "0",
  ),
  look("reject_unchecked, attestations", "select press_worker.reject_unchecked()", "press.attestations", 1, 0),
  look("reject_unchecked, holders", "select press_worker.reject_unchecked()", "press.holders", 1, 0),
  look(
    "credentials_to_sign",
    "select count(*) from press_worker.credentials_to_sign(tests.key_id('b'), 'did:web:press.test', 'https://press.test', 10, 60)",
    "press.credentials",
    "1",
    "0",
  ),
  look(
    "tickets_to_sign",
    "select count(*) from press_worker.tickets_to_sign(tests.key_id(), 10, 60)",
    "press.tickets",
    "2",
    "0",
  ),
  look("integrate_ledger", "select press_worker.integrate_ledger(1)", "press_private.ledger_head", "1", "0"),
  look(
    "anchor_checkpoint",
    "select (press_worker.anchor_checkpoint(1)).payload is not null",
    "press.checkpoints",
    true,
    false,
  ),
  look("pick_coins, one", picked(100), available, true, false),
  look("pick_coins, several", picked(30_000), available, true, false),
  look("publications_to_send, coins", toSend, available, "9", "2"),
  look(
    "publications_to_send, records",
    toSend,
    "press.publications where state = 'queued' and coalesce(expires_at > now(), true)",
    "9",
    "3",
  ),
  look(
    "publications_to_send, replacements",
    toSend,
    "press.chain_transactions where replaces_id is not null",
    "9",
    "8",
  ),
  look(
    "expire_publications",
    "select press_private.expire_publications()",
    "press.publications where expires_at <= now()",
    1,
    0,
  ),
  look("release_expired", "select press_worker.release_expired()", "press.chain_transactions", 2, 0),
  look(
    "transactions_to_send",
    "select count(*) from press_worker.transactions_to_send(10, 60)",
    "press.chain_transactions",
    "2",
    "0",
  ),
  look(
    "transactions_to_look_at",
    "select count(*) from press_worker.transactions_to_look_at(10, 0)",
    "press.chain_transactions",
    "2",
    "0",
  ),
  look(
    "split_to_make",
    "select count(*) from press_worker.split_to_make(tests.wallet('split'), 2, 3, 1, 100, 60)",
    "press.utxos where wallet_script = tests.wallet('split')",
    "1",
    "0",
  ),
];

/** Whose lock it is, or that it comes before others, does not show in what is locked in the end: it does while another session has it. */
export interface Wait {
  readonly name: string;
  readonly by?: Call["by"];
  readonly sql: string;
  /** What another session does first. */
  readonly after: string;
  /** What is locked when it waits for that, as {@link Call} has it. */
  readonly holds: string;
}

const rowOf = (table: string, condition: string, strength = "no key update") =>
  `select from press.${table} where ${condition} for ${strength}`;
/** Who names an operator keeps them from being forgotten, and no more: only the strongest lock of the row is waited for. */
const rowOfOlga = rowOf("holders", "subject = 'olga'", "update");
const credentialOfAlice = `(select c.id from press.credentials c join press.holders h on h.id = c.holder_id where h.subject = 'alice')`;
const rowOfMined = rowOf("chain_transactions", `id = ${way("mined")}`);

export const WAITS: readonly Wait[] = [
  {
    name: "draw_winner by a beacon waits for whoever publishes",
    by: olga,
    sql: `select press.draw_winner('by-beacon')`,
    after: "lock table press.checkpoints in row exclusive mode",
    holds: "edition holders",
  },
  {
    name: "register_public_key waits for the operator",
    by: olga,
    sql: `select press.register_public_key(tests.record_key(7), tests.record_signature(), 'dave')`,
    after: rowOfOlga,
    holds: "holders",
  },
  {
    name: "submit_attestation waits for the operator",
    by: olga,
    sql: `select press.submit_attestation('oidc', tests.id_token('dave'), recipient => 'zoe', client_address => tests.fresh_address())`,
    after: rowOfOlga,
    holds: "holders",
  },
  {
    name: "revoke_credential waits for the operator",
    by: olga,
    sql: `select press.revoke_credential(${credentialOfAlice}, 'So.')`,
    after: rowOfOlga,
    holds: "holders",
  },
  {
    name: "revoke_credential waits for the holder",
    by: olga,
    sql: `select press.revoke_credential(${credentialOfAlice}, 'So.')`,
    after: rowOf("holders", "subject = 'alice'"),
    holds: "holders",
  },
  {
    name: "attach_signatures waits for whoever forgets a person",
    sql: attachedAgain,
    after: "lock table press_private.signing_claims in share row exclusive mode",
    holds: "signing_keys",
  },
  {
    name: "record_outcomes waits for a transaction of which nothing changes",
    sql: `select tests.tell(${way("mined")}, 'unknown')`,
    after: rowOfMined,
    holds: "chain_transactions utxos",
  },
  {
    name: "record_sightings waits for a transaction of which nothing changes",
    sql: `select tests.see(${way("mined")}, 'unknown')`,
    after: rowOfMined,
    holds: "chain_transactions utxos",
  },
];

/** What a session has locked. */
const HELD = (pid: string) => `
  select string_agg(held, ' ' order by turn, held) as held
  from (
    select distinct case when l.locktype = 'advisory' then 'edition' else regexp_replace(l.relation::regclass::text, '^press(_private)?\\.', '') ||
             case when l.mode = 'RowShareLock' then '' else ':' || l.mode end end,
           l.locktype <> 'advisory'
    from pg_locks l left join pg_class c on c.oid = l.relation and l.locktype = 'relation' and l.database = (select oid from pg_database where datname = current_database())
    where l.pid = ${pid} and l.granted
      and (l.locktype = 'advisory' and l.classid = 42
           or c.relnamespace in ('press'::regnamespace, 'press_private'::regnamespace) and c.relkind = 'r' and l.mode not in ('AccessShareLock', 'RowExclusiveLock'))
  ) h (held, turn)`;

/** Makes the rows that the calls are about. */
export async function prepare(client: pg.Client): Promise<void> {
  const text = await readFile(join(import.meta.dirname, "locks.sql"), "utf8");
  await client.query("set search_path = press, tests, tap, public");
  for (const statement of text.split(/;\n/)) await client.query(statement);
  await client.query("reset search_path");
}

/** What is reserved, or being sent, is so for a minute; whoever asks the calls for longer than that says so before each time. */
export async function reserveAnew(client: pg.Client): Promise<void> {
  await client.query(
    `update press.chain_transactions t
     set reserved_until = case w.name when 'reserved' then clock_timestamp() + interval '1 minute' else t.reserved_until end,
         retry_at = case w.name when 'stale' then clock_timestamp() + interval '1 minute' else t.retry_at end
     from tests.way w where w.id = t.id and w.name in ('reserved', 'stale')`,
  );
}

/** The locks that a call holds when it has returned; what it did is undone. */
export async function locksOf(client: pg.Client, { by, sql, isolation }: Call, mutation = ""): Promise<string> {
  await client.query(`begin isolation level ${isolation ?? "read committed"}`);
  try {
    if (mutation !== "") await client.query(mutation);
    await client.query("set local session_replication_role = replica");
    await become(client, by);
    await client.query(sql);
    const { rows } = await client.query<{ held: string | null }>(HELD("pg_backend_pid()"));
    return rows[0]?.held ?? "";
  } catch (error) {
    return String(error);
  } finally {
    await client.query("rollback");
  }
}

/** A table that a call writes in is made to fail in turn, as if another session had the row. */
const FAILURES = { LOCK_TIMEOUT: ["55P03"], RETRY: ["40P01", "40001"] } as const;
const WRITTEN = `
  select distinct l.relation::regclass::text as name from pg_locks l join pg_class c on c.oid = l.relation
  where l.pid = pg_backend_pid() and l.mode = 'RowExclusiveLock' and c.relkind = 'r' and c.relnamespace in ('press'::regnamespace, 'press_private'::regnamespace)`;

/** What a call tells when something that it writes cannot be written: the refusals that come of every table. */
export async function toldBy(client: pg.Client, { by, sql }: Call, mutation = ""): Promise<string> {
  const inTransaction = async (before: string): Promise<{ refusal?: string; written: string[] }> => {
    await client.query("begin");
    try {
      if (mutation !== "") await client.query(mutation);
      await client.query(before);
      await become(client, by);
      await client.query(sql);
      const { rows } = await client.query<{ name: string }>(WRITTEN);
      return { written: rows.map(({ name }) => name) };
    } catch (error) {
      return { refusal: (error as Error).message.split(":", 1)[0] ?? "", written: [] };
    } finally {
      await client.query("rollback");
    }
  };
  const { written } = await inTransaction("select");
  const told: string[] = [];
  for (const [refusal, codes] of Object.entries(FAILURES)) {
    const toldOf: string[] = [];
    for (const code of codes) {
      const answers = new Set<string | undefined>();
      for (const table of written) {
        const failing = `create trigger _000_fail before insert or update or delete on ${table} for each statement execute function tests.fail('${code}')`;
        answers.add((await inTransaction(failing)).refusal);
      }
      if (answers.size === 1 && answers.has(refusal)) toldOf.push(code);
    }
    if (toldOf.length > 0) told.push(toldOf.length === codes.length ? refusal : `${refusal} of ${toldOf.join(", ")}`);
  }
  return told.join(", ");
}

/** For how long functions that wait do so, and whatever else does, in this transaction. */
const waitingFor = (inFunctions: string, otherwise: string) => `
  do $do$
  declare
    v_function  regprocedure;
  begin
    for v_function in select p.oid from pg_proc p where p.proconfig @> array['lock_timeout=5s'] loop
      execute format('alter function %s set lock_timeout = ''${inFunctions}''', v_function);
    end loop;
  end $do$;
  set local lock_timeout = '${otherwise}'`;
const IMPATIENT = waitingFor("20ms", "1s");
/** For whoever is only looked at while it waits. */
const PATIENT = waitingFor("10min", "10min");

/** What a call tells when another session has what it locks for too long: the refusals that come of the edition's lock, and of each table of which it locks rows. */
export async function toldByLocked(
  client: pg.Client,
  other: pg.Client,
  { by, sql, locks, isolation }: Call,
  mutation = "",
): Promise<string> {
  const told = new Set<string>();
  for (const lock of locks.split(" ").filter((one) => one !== "")) {
    await other.query("begin");
    try {
      await other.query(lockOf(lock.replace(/:.*/, "")));
      await client.query(`begin isolation level ${isolation ?? "read committed"}`);
      if (mutation !== "") await client.query(mutation);
      await client.query(IMPATIENT);
      await become(client, by);
      await client.query(sql);
      told.add(`nothing of ${lock}`);
    } catch (error) {
      told.add((error as Error).message.split(":", 1)[0] ?? "");
    } finally {
      await client.query("rollback");
      await other.query("rollback");
    }
  }
  return [...told].join(", ");
}

/** The tables of which a call locks rows. */
export function rowLocksOf({ locks }: Pick<Call, "locks">): string[] {
  return locks.split(" ").filter((one) => !["", "edition"].includes(one) && !one.includes(":"));
}

/**
 * What a call tells at REPEATABLE READ when what it locks was written by another session since its snapshot: the refusals that come of each table of which it locks rows, or "nothing".
 * Each row is written as it was, by nobody's trigger, so it is there for the next call; of a table that nobody may write in there is nothing to tell.
 */
export async function toldByStale(
  client: pg.Client,
  other: pg.Client,
  { by, sql, locks }: Call,
  mutation = "",
): Promise<string> {
  const told = new Set<string>();
  for (const lock of rowLocksOf({ locks })) {
    await client.query("begin isolation level repeatable read");
    try {
      await client.query("select from press.editions"); // From here on it sees nothing new.
      if (!(await isWritten(other, lock))) continue;
      if (mutation !== "") await client.query(mutation);
      await become(client, by);
      await client.query(sql);
    } catch (error) {
      told.add((error as Error).message.split(":", 1)[0] ?? "");
    } finally {
      await client.query("rollback");
    }
  }
  return [...told].join(", ") || "nothing";
}

async function isWritten(client: pg.Client, table: string): Promise<boolean> {
  try {
    await client.query(WRITE_AGAIN(table));
    return true;
  } catch (error) {
    if ((error as pg.DatabaseError).code !== "PRDEN") throw error;
    return false;
  }
}

const WRITE_AGAIN = (table: string) => `
  do $do$
  declare
    v_table   regclass := ${tableOf(table)};
    v_column  name := (select a.attname from pg_attribute a where a.attrelid = v_table and a.attnum > 0 and a.attgenerated = '' and a.attidentity = '' order by a.attnum desc limit 1);
  begin
    set local session_replication_role = replica;
    if v_table = 'press.holders'::regclass then
      -- Operators lock only keys, and a key is not written when it stays as it is.
      alter table press.holders disable trigger _200_guard_identity;
      update press.holders set subject = subject || '~' where subject is not null;
      update press.holders set subject = left(subject, -1) where subject is not null;
      alter table press.holders enable always trigger _200_guard_identity;
    end if;
    execute format('update %s set %I = %2$I', v_table, v_column);
  end $do$`;

/** Whether what is said of the function of a call says that it makes this refusal. */
export async function saysRefusal(
  client: pg.Client,
  { name }: Call,
  refusal: "LOCK_TIMEOUT" | "RETRY",
): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_proc p where p.pronamespace::regnamespace::text ~ '^press' and p.proname = $1 and obj_description(p.oid, 'pg_proc') ~ $2`,
    [name.split(/[ :,]/, 1)[0], `Refuses: .*${refusal}`],
  );
  return rows.length > 0;
}

/** What takes what {@link HELD} names. */
function lockOf(name: string): string {
  if (name === "edition") return "select press_private.lock_edition(id) from press.editions";
  return `do $do$ begin execute format('lock table %s in exclusive mode', ${tableOf(name)}); end $do$`;
}

/** An expression for what {@link HELD} names without its schema. */
function tableOf(name: string): string {
  return `coalesce(to_regclass('press.${name}'), to_regclass('press_private.${name}'))`;
}

/** Who waits for a lock. */
const WAITERS = [
  "lock_edition",
  "lock_attestation",
  "hold_operators",
  "lock_holder",
  "lock_holder_of",
  "lock_publishing_key",
];
const STOP_WHILE_WAITING = `
  do $do$
  declare
    v_lock  record;
  begin
    for v_lock in
      select p.proname, pg_get_function_identity_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result, p.prorettype = 'void'::regtype as is_void
      from pg_proc p where p.pronamespace = 'press_private'::regnamespace and p.proname in (${WAITERS.map((name) => `'${name}'`).join(", ")})
    loop
      execute format('alter function press_private.%I(%s) set schema tests', v_lock.proname, v_lock.arguments);
      execute format('create function press_private.%I(%s) returns %s language plpgsql as $$ declare v_held %s; begin %s tests.%I($1); '
        || 'insert into press_private.press_state (is_stopped, reason, changed_by) values (true, ''While it waited.'', ''test''); %s end $$',
        v_lock.proname, v_lock.arguments, v_lock.result, case when v_lock.is_void then 'text' else v_lock.result end, case when v_lock.is_void then 'perform' else 'v_held :=' end,
        v_lock.proname, case when v_lock.is_void then '' else 'return v_held;' end);
    end loop;
  end $do$`;

/** What a call tells when the press is stopped while it waits for a lock. */
export async function toldWhenStopped(
  client: pg.Client,
  { by, sql }: Pick<Call, "by" | "sql">,
  mutation = "",
): Promise<string> {
  await client.query("begin");
  try {
    if (mutation !== "") await client.query(mutation);
    await client.query(STOP_WHILE_WAITING);
    await become(client, by);
    await client.query(sql);
    return "nothing";
  } catch (error) {
    return (error as Error).message.split(":", 1)[0] ?? "";
  } finally {
    await client.query("rollback");
  }
}

/** What a look answers, and what while another session has locked the rows; what it did is undone. */
export async function answersOf(
  client: pg.Client,
  other: pg.Client,
  { sql, rows }: Look,
  mutation = "",
): Promise<{ free: unknown; locked: unknown }> {
  const free = await answerOf(client, sql, mutation);
  await other.query("begin");
  try {
    await other.query(`select from ${rows} for no key update`);
    return { free, locked: await answerOf(client, sql, mutation) };
  } finally {
    await other.query("rollback");
  }
}

async function answerOf(client: pg.Client, sql: string, mutation: string): Promise<unknown> {
  await client.query("begin");
  try {
    if (mutation !== "") await client.query(mutation);
    // Whoever should pass over what is locked, and waits for it, is to be heard of.
    await client.query("set local session_replication_role = replica; set local lock_timeout = '3s'");
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } catch (error) {
    return String(error);
  } finally {
    await client.query("rollback");
  }
}

/** What a call has locked when it waits for another session, or "nothing" when it does not wait; what it did is undone. */
export async function heldWhileWaiting(
  client: pg.Client,
  other: pg.Client,
  { by, sql, after }: Wait,
  mutation = "",
): Promise<string> {
  await other.query("begin");
  await client.query("begin");
  let call: Answer | undefined;
  try {
    await other.query(after);
    if (mutation !== "") await client.query(mutation);
    await client.query(PATIENT);
    await client.query("set local session_replication_role = replica");
    await become(client, by);
    const pid = await pidOf(client);
    call = new Answer(client.query(sql));
    if (!(await isWaiting(pid, other, call))) return call.error ?? "nothing";
    const { rows } = await other.query<{ held: string | null }>(HELD(String(pid)));
    return rows[0]?.held ?? "";
  } finally {
    await other.query("rollback");
    await call?.end;
    await client.query("rollback");
  }
}

/** Whether an operator is held whom another session makes known while it is asked for that: nobody else can have the strongest lock of the row then. Who was made known stays so. */
export async function isNewcomerHeld(client: pg.Client, other: pg.Client, mutation = ""): Promise<boolean> {
  const subject = `newcomer ${randomUUID()}`;
  await other.query("begin");
  await client.query("begin");
  let call: Answer | undefined;
  try {
    await other.query("insert into press.holders (subject) values ($1)", [subject]);
    if (mutation !== "") await client.query(mutation);
    await client.query(PATIENT);
    const pid = await pidOf(client);
    call = new Answer(client.query("select press_private.hold_operators(array[$1])", [subject]));
    if (!(await isWaiting(pid, other, call))) return false;
    await other.query("commit");
    await call.end;
    if (call.error !== undefined) return false;
    const { rows } = await other.query("select from press.holders where subject = $1 for update skip locked", [
      subject,
    ]);
    return rows.length === 0;
  } finally {
    await other.query("rollback");
    await call?.end;
    await client.query("rollback");
  }
}

/** What comes of a call that may have to wait. */
class Answer {
  isThere = false;
  error: string | undefined;
  readonly end: Promise<void>;

  constructor(query: Promise<unknown>) {
    this.end = query
      .catch((error) => {
        this.error = String(error);
      })
      .then(() => {
        this.isThere = true;
      });
  }
}

async function pidOf(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid;
}

/** Whether a session waits for the other one; false: it has its answer. */
async function isWaiting(pid: number | undefined, other: pg.Client, call: Answer): Promise<boolean> {
  while (!call.isThere) {
    const { rows } = await other.query("select where pg_backend_pid() = any (pg_blocking_pids($1))", [pid]);
    if (rows.length > 0) return true;
  }
  return false;
}

async function become(client: pg.Client, by: Call["by"]): Promise<void> {
  if (by === undefined) return;
  if (typeof by === "string") await client.query("select tests.as_login($1)", [by]);
  else await client.query("select tests.as_gateway($1, $2)", [...by]);
}
