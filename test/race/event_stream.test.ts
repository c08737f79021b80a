/* Publishers that reach for the stream of events at once: one of them has it. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { closeSessions, openSessions } from "./sessions.ts";

const PUBLISHERS = 8;
const TURNS = 25;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test(`${PUBLISHERS} publishers, ${TURNS} leases that ran out or were given back`, async () => {
  const sessions = await openSessions(database, "press_worker", PUBLISHERS);
  const publishers = sessions.map((session) => ({ session, id: randomUUID() }));
  for (let turn = 0; turn < TURNS; turn++) {
    const answers = await Promise.all(
      publishers.map(async ({ session, id }) => {
        const { rows } = await session.query<{ held: boolean }>(
          "select press_worker.hold_event_stream($1, 3600) as held",
          [id],
        );
        return rows[0]?.held;
      }),
    );
    expect(answers.filter((isHeld) => isHeld)).toHaveLength(1);

    const holder = publishers[answers.indexOf(true)];
    const { rows } = await database.pool("press_worker").query("select publisher from press_worker.event_stream()");
    expect(rows).toEqual([{ publisher: holder?.id }]);
    await (turn % 2 === 0
      ? holder?.session.query("select press_worker.release_event_stream($1)", [holder.id])
      : database.pool("owner").query("update press_private.event_stream set held_until = clock_timestamp()"));
  }
  await closeSessions(sessions);
});
