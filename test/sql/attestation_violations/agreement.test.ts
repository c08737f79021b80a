/* What programs say of violations and trust levels is what the database's register says, to the word and in its order. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { TRUST_LEVELS, VIOLATIONS, wordsOf } from "../../../attestationRegister.ts";
import { createTestDatabase, type TestDatabase } from "../../database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

test("every violation, with its sentence and its hint, and no other", async () => {
  const text = "select name, sentence, hint from press_private.attestation_violations()";
  const { rows } = await database.pool("owner").query(text);
  expect(Object.entries(VIOLATIONS).map(([name, words]) => ({ name, ...words }))).toEqual(rows);
});

test("every kind with its trust level, and no other", async () => {
  const text = `select kind::text, press_private.trust_level_of(kind) as level from unnest(enum_range(null::press.attestation_kind)) kind`;
  const { rows } = await database.pool("owner").query(text);
  expect(Object.entries(TRUST_LEVELS).map(([kind, level]) => ({ kind, level }))).toEqual(rows);
});

test("something can be said of the violations of a later press, too", () => {
  for (const name of ["of_tomorrow", "constructor"]) {
    expect(wordsOf(name)).toEqual({
      sentence: expect.stringMatching(/^[A-Z].*\.$/),
      hint: expect.stringMatching(/^[A-Z].*\.$/),
    });
  }
});
