/* Whether what is looked at after every step could be seen to be broken: each sentence has something planted that it has to name. */
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { everyTestRequires, missingRequirement } from "../requirements.ts";
import type { Case, FunctionName } from "./functions.ts";
import { InterleavedPress } from "./press.ts";

everyTestRequires("superuser"); // Triggers are taken away.

interface Planted {
  readonly sentence: RegExp;
  /** Whose case it is planted in. */
  readonly functions: readonly [FunctionName, FunctionName];
  /** Of the edition $e, the wallet $w, the record $r or the attestation $a. */
  readonly statement: string;
}

const MUTILATE = `
  alter table press.tickets drop constraint tickets_number_is_within_cap, drop constraint tickets_holder_slot_is_within_limit;
  do $$ declare t text; begin
    foreach t in array array['tickets', 'editions', 'draws', 'ledger_entries', 'checkpoints', 'holders', 'utxos', 'publications'] loop
      execute format('alter table press.%I disable trigger all', t);
    end loop;
  end $$`;

const PLANTED: readonly Planted[] = [
  {
    sentence: /^I1: the edition of 3 has 2 tickets, the highest number is 3/,
    functions: ["issue", "issue"],
    statement: "update press.tickets set ticket_number = 3 where edition_id = $e and ticket_number = 2",
  },
  {
    sentence: /^I1: the edition of 1 has 2 tickets/,
    functions: ["issue", "issue"],
    statement: "update press.editions set cap = 1 where id = $e",
  },
  {
    sentence: /^I2: the holder .* has 1 tickets of 1, the highest slot is 2/,
    functions: ["issue", "issue"],
    statement: "update press.tickets set holder_slot = 2 where edition_id = $e and ticket_number = 2",
  },
  {
    sentence: /^I3: number 1 is redeemed, with 0 redemptions and 0 revocations/,
    functions: ["redeem", "revoke"],
    statement: "update press.tickets set status = 'redeemed' where edition_id = $e and ticket_number = 1",
  },
  {
    sentence: /^I4: the attestation is submitted, and has 0 credentials; its holder has the trust level 2/,
    functions: ["verify", "verify"],
    statement:
      "update press.holders set trust_level = 2 where id = (select holder_id from press.attestations where id = $a)",
  },
  {
    sentence: /^I4, I12: number 2 is signed, and its envelope is missing/,
    functions: ["issue", "issue"],
    statement: "update press.tickets set envelope = null where edition_id = $e and ticket_number = 2",
  },
  {
    sentence: /^I4, I12: number 2 is signed, and its envelope is {/,
    functions: ["issue", "issue"],
    statement:
      'update press.tickets set envelope = regexp_replace(envelope, \'"key_id":"[^"]+"\', \'"key_id":"0000000000000000"\') where edition_id = $e and ticket_number = 2',
  },
  {
    sentence: /^I5: the draw 1 is requested with number ; the edition is drawn/,
    functions: ["decide", "decide"],
    statement: "update press.editions set status = 'drawn' where id = $e",
  },
  {
    sentence: /^I5: the edition is drawn, and there is no draw/,
    functions: ["close", "close"],
    statement: "update press.editions set status = 'drawn', closed_at = clock_timestamp() where id = $e",
  },
  {
    sentence: /^I6: what the rows say happened is told wrong: ticket.issued 1, 0 times in place of 1/,
    functions: ["issue", "issue"],
    statement: "delete from press.ledger_entries where edition_id = $e and ticket_number = 1",
  },
  {
    sentence: /^I6: what the rows say happened is told wrong: ticket.revoked 1, 1 times in place of 0/,
    functions: ["issue", "issue"],
    statement:
      "insert into press_private.ledger_inbox (type, edition_id, ticket_number, leaf) values ('ticket.revoked', $e, 1, '')",
  },
  {
    sentence: /^I6: ticket.issued 1 is told before edition.opened/,
    functions: ["issue", "issue"],
    statement:
      "update press.ledger_entries set place = place + 1000000 where edition_id = $e and type = 'edition.opened'",
  },
  {
    sentence: /^I6: the closing is told, and number 2 is pending/,
    functions: ["sign", "close"],
    statement: "insert into press_private.ledger_inbox (type, edition_id, leaf) values ('edition.closed', $e, '')",
  },
  {
    sentence: /^I6: the head counts/,
    functions: ["integrate", "integrate"],
    statement: "update press_private.ledger_head set tree_size = tree_size + 1",
  },
  {
    sentence: /^I6: the last checkpoint is of the size/,
    functions: ["integrate", "integrate"],
    statement: "update press.checkpoints set root_hash = sha256('')",
  },
  {
    sentence: /^I8: the request .* has 2 tickets of 2 holders/,
    functions: ["issue", "issue"],
    statement:
      "update press.tickets set request_key = '00000000-0000-4000-8000-000000000001', request_position = ticket_number where edition_id = $e",
  },
  {
    sentence: /^I10: the coin .* is dirty/,
    functions: ["claim", "claim"],
    statement: "update press.utxos set state = 'dirty', dirty_reason = 'x' where wallet_script = $w",
  },
  {
    sentence: /^I10: 999 satoshis in 1 coins/,
    functions: ["claim", "claim"],
    statement: "update press.utxos set satoshis = 999 where wallet_script = $w",
  },
  {
    sentence: /^I10: the record .* is failed/,
    functions: ["claim", "claim"],
    statement: "update press.publications set state = 'failed', error_code = 'EXPIRED' where id = $r",
  },
];

let press: InterleavedPress;
let planter: pg.PoolClient;
beforeAll(async () => {
  if (missingRequirement("superuser") !== undefined) return;
  press = await InterleavedPress.start(["read committed", "read committed"]);
  planter = await press.database.pool("superuser").connect();
});
afterAll(async () => {
  planter?.release();
  await press?.end();
});

test.each(PLANTED.map((planted) => [planted.statement, planted] as const))(
  "is seen: %s",
  async (_, { functions, statement, sentence }) => {
    const played = await press.arrange({ functions, variant: "own" });
    expect(await press.brokenInvariants(planter, played), "before").toEqual([]);
    await planter.query("begin");
    await planter.query(MUTILATE);
    await planter.query(of(played, statement));
    const broken = await press.brokenInvariants(planter, played);
    await planter.query("rollback");
    expect(
      broken.filter((found) => sentence.test(found)),
      broken.join("\n"),
    ).toHaveLength(1);
  },
);

function of({ editionId, walletScript, recordId, attestations }: Case, statement: string): string {
  return statement
    .replaceAll("$e", String(editionId))
    .replaceAll("$w", `'${walletScript}'`)
    .replaceAll("$r", `'${recordId}'`)
    .replaceAll("$a", `'${attestations[0]?.id}'`);
}
