/* A pool in which everything has happened that can: for the tests of the audit. */
import type { TestDatabase } from "../database.ts";
import { RecordKey } from "../records.ts";

/**
 * Coins and transactions of every state; a bundle that was refused and halved, one that paid too little, one that a stranger was faster than, one whose
 * coin an operator has returned, a line of two of which a block has the first, and a split.
 */
export async function fillPool(database: TestDatabase): Promise<void> {
  const owner = database.pool("owner");
  const run = (statement: string) => owner.query(statement);
  const pia = await RecordKey.register(database, "pia");
  await owner.query("update press.publishing_keys set verified_at = now() where public_key = $1", [pia.publicKey]);
  const queue = async (nonce: string) => {
    const { payload, signature } = pia.record(nonce);
    await owner.query(
      `insert into press.publications (kind, key_id, holder_id, nonce, expires_at, payload, payload_hash, signature, submitted_at)
       select 'record', k.id, k.holder_id, $1, ($2::text::jsonb ->> 'expires_at')::timestamptz, $2::text, encode(sha256(convert_to($2::text, 'UTF8')), 'hex'), $3,
         clock_timestamp() - interval '1 hour'
       from press.publishing_keys k where k.public_key = $4`,
      [nonce, payload, signature, pia.publicKey],
    );
  };
  await database.pool("operator").query("select tests.fund(12, 20000, 'audited')");
  const send = async (nonce: string, windowMs = 0): Promise<string> => {
    await queue(nonce);
    const { rows } = await run(`select tests.send_one('audited', ${windowMs}) as id`);
    return rows[0].id;
  };
  const tell = async (id: string, outcome: string, more = "{}") =>
    run(`select tests.tell(${id}, '${outcome}', '${more}')`);
  const mined = await send("mined");
  await tell(mined, "accepted");
  await run(`select tests.see(${mined}, 'mined')`);
  await tell(await send("accepted"), "accepted");
  await tell(await send("refused"), "rejected");
  await tell(await send("poor"), "fee_too_low");
  await tell(await send("outrun"), "conflict", `{"competing_txid":"${"c".repeat(64)}"}`);
  await tell(await send("late"), "conflict");
  const returned = await database
    .pool("operator")
    .query(
      "select press.release_utxo(txid, output_index, 'It was seen.') from press.utxos where state = 'dirty' and competing_txid is null",
    );
  if (returned.rowCount !== 1) throw new Error("There was no coin to be returned.");
  await tell(await send("unknown"), "unknown");
  await queue("halved-1");
  await tell(await send("halved-2", 1000), "rejected");
  await send("sending");
  const { rows } = await run(`
    select tests.store(s) from press_worker.split_to_make(tests.wallet('audited'), 100, 110, 1000, 100, 300) s`);
  if (rows.length !== 1) throw new Error("There was nothing to split.");
  await tell((await run("select max(id) as id from press.chain_transactions")).rows[0].id, "accepted");
  await queue("reserved");
  await run("select tests.claim_one('audited')");
  await queue("queued");
}
