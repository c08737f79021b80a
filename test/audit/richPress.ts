/* A press in which everything has happened that can: for the tests of the audit. */
import { randomBytes } from "node:crypto";
import { attest, submitEvidence, TestCredentials } from "../credentials.ts";
import type { TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { makeEdition } from "../race/sessions.ts";
import { drawWhenReady, makeRaffle } from "../raffles.ts";
import { RecordKey } from "../records.ts";
import { createBeacon } from "../verifier/testBeacon.ts";
import { fillPool } from "./richPool.ts";

/**
 * Two editions, one of them closed, and a draft; tickets of every status; two keys of tickets, one of them stolen; several checkpoints; a draw
 * of every mode, one with a replacement, one that is void, and one that is not decided; attestations and credentials of every status; people who
 * were forgotten, one of whom has returned; records and checkpoints that wait, that are on the chain, and that failed.
 */
export async function fillPress(database: TestDatabase): Promise<TestWorker> {
  const operator = database.pool("operator");
  await makeEdition(database, "golden-ticket", 5, 2);
  await makeEdition(database, "raffle", 40, 40);
  await operator.query("select press.create_edition('draft', 'A draft', 3, 2, 'none', '2030-01-01', '2031-01-01')");
  const worker = await TestWorker.start(database);
  await operator.query("select press.issue_tickets('golden-ticket', 2, gen_random_uuid(), 'alice')");
  const [first, second, third] = await worker.issueHeld("golden-ticket", ["bob", "carol", "dora"]);
  const held = await worker.issueHeld(
    "raffle",
    Array.from({ length: 20 }, (_, n) => `holder ${n % 7}`),
  );
  const redeem = "select press.redeem_ticket($1, $2, gen_random_uuid())";
  for (const ticket of [first, second, held[3]]) await operator.query(redeem, [ticket?.envelope, ticket?.proof]);
  for (const ticket of [third, held[5]])
    await operator.query("select press.revoke_ticket($1, 'So it was decided.')", [ticket?.id]);
  await operator.query("select press.close_edition('golden-ticket')");
  await worker.work();
  await drawRaffles(database, worker);
  await provePeople(database);
  await publishRecords(database);
  await forgetPeople(database, worker);
  await fillPool(database);
  await worker.rotate();
  await operator.query(
    "select press.revoke_signing_key(key_id, 'It was stolen.') from press.signing_keys where retired_at is not null",
  );
  await operator.query("select press.issue_tickets('raffle', 3, gen_random_uuid(), 'alice')");
  await worker.work();
  const { rows } = await operator.query(
    "select id from press.tickets where status = 'signed' order by id desc limit 1",
  );
  await operator.query("select press.revoke_ticket($1, 'Not yet in the ledger.')", [rows[0].id]);
  await operator.query("select press.issue_ticket('raffle', gen_random_uuid(), 'late')"); // stays pending
  await operator.query("select press.close_edition('raffle')"); // waits to be recorded
  await database.pool("press_worker").query("select press_worker.adopt_ledger($1, 'A drill.')", [worker.origin]);
  await database.pool("press_worker").query("select press_worker.stop_press('A drill.')");
  await operator.query("select press.start_press('The drill is over.')");
  return worker;
}

/** The moment that a draw can be given up is a day away, and the rule against moving it has to be taken away for once. */
const A_DAY_LATER = `
  alter table press.draws disable trigger _200_guard_result;
  update press.draws d set requested_at = requested_at - interval '1 day' from press.editions e where e.id = d.edition_id and e.slug = 'void';
  alter table press.draws enable always trigger _200_guard_result`;

async function drawRaffles(database: TestDatabase, worker: TestWorker): Promise<void> {
  const [operator, press] = [database.pool("operator"), database.pool("press_worker")];
  const secret = randomBytes(32).toString("hex");
  const beacon = createBeacon();
  const chainHash = randomBytes(32).toString("hex");
  const chain = "insert into press.beacon_chains values ($1, $2, '2020-01-01T00:00:00Z', 1)";
  await database.pool("owner").query(chain, [chainHash, beacon.publicKey]);
  const opened = ["sealed", "waiting"].map((slug) => makeRaffle(database, slug, { mode: "sealed", tickets: 4 }));
  const commit = `select count(press_worker.commit_draw(edition_id, encode(sha256(decode($1, 'hex')), 'hex')))::integer as count
                  from press_worker.drafts_to_commit()`;
  for (let count = 0; count < opened.length; ) count += (await press.query(commit, [secret])).rows[0].count;
  await Promise.all(opened);
  for (const slug of ["random", "void"]) await makeRaffle(database, slug, { mode: "random_int", tickets: 4 });
  await makeRaffle(database, "beacon", {
    mode: "beacon",
    tickets: 4,
    beacon: { chainHash },
  });

  for (const slug of ["sealed", "random", "void", "waiting"]) await drawWhenReady(database, slug);
  while (
    (await press.query("select press_worker.close_due_edition(id) from press_worker.due_editions() d (id)"))
      .rowCount === 0
  );
  await worker.work();
  await drawWhenReady(database, "beacon");
  const archive = `select d.round, press_worker.archive_beacon_round(d.chain_hash, d.round, $2)
                   from press_worker.draws_to_make() d where d.mode = 'beacon' and d.round = $1`;
  const { rows } = await press.query("select round from press_worker.draws_to_make() where mode = 'beacon'");
  await press.query(archive, [rows[0].round, beacon.sign(Number(rows[0].round))]);
  const decide = `select press_worker.record_draw(edition_id, attempt, case mode when 'random_int' then 1 end, case mode when 'sealed' then $1 end)
                  from press_worker.draws_to_make() where edition not in ('waiting', 'void')`;
  await press.query(decide, [secret]);
  await operator.query("select press.replace_winner('sealed', 'A ticket that was lost.')");
  await press.query(decide, [secret]);
  await database.pool("owner").query(A_DAY_LATER);
  await operator.query("select press.void_draw('void', 'Nobody knows the secret.')");
  await worker.work();
}

/** Verified and rejected, and one that is not decided; credentials that are signed, pending, and revoked before and after they were signed. */
async function provePeople(database: TestDatabase): Promise<void> {
  const operator = database.pool("operator");
  const credentials = await TestCredentials.start(database);
  const revoke = `select press.revoke_credential(c.id, 'The account was sold.') from press.credentials c
                  join press.holders h on h.id = c.holder_id where h.subject = $1 and c.kind = $2`;
  await attest(database, { subject: "alice", kind: "oidc" });
  await attest(database, { subject: "alice", kind: "repository" });
  await attest(database, { subject: "bob", kind: "repository" });
  await credentials.signPending();
  await operator.query(revoke, ["bob", "repository"]);
  await operator.query("select press.set_rules(repository_size_kb => 200)");
  await attest(database, { subject: "carol", kind: "repository", size: 150 });
  await attest(database, { subject: "dora", kind: "oidc" });
  await operator.query(revoke, ["dora", "oidc"]);
  await attest(database, { subject: "bob", kind: "oidc" });
  await submitEvidence(database, { subject: "carol", kind: "oidc" });
  await credentials.publishStatusLists();
  await operator.query(
    "select press.create_edition('members', 'For members', 5, required_trust_level => 2, required_kind => 'oidc')",
  );
  await operator.query("select press.open_edition('members'), press.issue_ticket('members', recipient => 'alice')");
}

/** Keys that are in use, verified and revoked; records of them that wait, are sent, are in a block and have failed; a checkpoint in a block. */
async function publishRecords(database: TestDatabase): Promise<void> {
  const [operator, owner, worker] = [database.pool("operator"), database.pool("owner"), database.pool("press_worker")];
  const alice = await RecordKey.register(database, "alice");
  const bob = await RecordKey.register(database, "bob");
  const carol = await RecordKey.register(database, "carol");
  await alice.submit(database, "waits");
  const [sent, mined] = [await alice.submit(database, "sent"), await bob.submit(database, "mined")];
  await carol.submit(database, "failed");
  // Beside the gateway, so that only a worker would see it.
  const { payload } = carol.record("forged");
  await operator.query("select press.submit_record($1, $2, $3)", [payload, alice.sign(payload), carol.publicKey]);
  await worker.query(
    `select press_worker.note_verified_key(k.key_id, k.signature, true) from press_worker.keys_to_verify(10) k
     where k.public_key = $1`,
    [alice.publicKey],
  );
  const anchor = (await worker.query("select id from press_worker.anchor_checkpoint(1)")).rows[0].id;
  await operator.query("select tests.fund(3, 100000)");
  const put = "select tests.put_on_chain($1, $2)";
  await owner.query(put, [sent, null]);
  await owner.query(put, [mined, 100]);
  await owner.query(put, [anchor, 101]);
  await operator.query("select press.revoke_public_key($1, 'It was lost.')", [carol.publicKey]);
}

/** A ticket of each is signed, one is redeemed, and one of either is pending when they are forgotten. */
async function forgetPeople(database: TestDatabase, worker: TestWorker): Promise<void> {
  const operator = database.pool("operator");
  await makeEdition(database, "farewell", 9, 9);
  const [held] = await worker.issueHeld("farewell", ["gone", "returned"]);
  await operator.query("select press.redeem_ticket($1, $2)", [held?.envelope, held?.proof]);
  for (const subject of ["gone", "returned"]) {
    await attest(database, { subject, kind: "oidc" });
    await submitEvidence(database, { subject, kind: "repository" });
    await operator.query("select press.issue_ticket('farewell', recipient => $1)", [subject]);
    await (await RecordKey.register(database, subject)).submit(database, "forgotten");
    await operator.query("select press.erase_holder(id) from press.holders where subject = $1", [subject]);
  }
  await worker.work();
  await operator.query("select press.issue_ticket('farewell', recipient => 'returned')");
  await operator.query("select press.close_edition('farewell')");
  await worker.work();
}
