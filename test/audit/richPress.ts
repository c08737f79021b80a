/* A press in which everything has happened that can: for the tests of the audit. */
import type { TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { makeEdition } from "../race/sessions.ts";

/** Two editions, one of them closed, and a draft; tickets of every status; two keys of tickets, one of them retired; several checkpoints. */
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
  await worker.rotate();
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
