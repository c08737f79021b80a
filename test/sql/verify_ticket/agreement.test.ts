/* SQL and the SDK say the same of every text: the cases of the SDK's own tests, and thousands of random damages. Nothing is accepted that is not the
   envelope of a ticket, and nothing is answered with an error. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Verifier } from "../../../verifier/index.ts";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { TestWorker } from "../../ledger.ts";
import { makeEdition } from "../../race/sessions.ts";
import { random, rounds, seed } from "../../random.ts";
import { badEnvelopes, goodEnvelopes, issuer } from "../../verifier/cases.ts";
import { damage } from "../../verifier/damage.ts";

interface Verdict {
  readonly is_canonical: boolean;
  readonly is_key_known: boolean;
  readonly is_signature_valid: boolean;
  readonly is_ticket_known: boolean;
  readonly refusal: string | null;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const register = "select from press_worker.register_signing_key($1, 'ticket')";
  await database.pool("press_worker").query(register, [issuer.publicKeyHex]);
});
afterAll(() => database.drop());

async function inSql(envelopes: readonly string[]): Promise<Verdict[]> {
  const { rows } = await database
    .pool("press_auditor")
    .query<Verdict>(
      `select v.* from unnest($1::text[]) with ordinality e (envelope, place), press.verify_ticket(e.envelope) v order by e.place`,
      [envelopes],
    );
  return rows;
}

const verifier = new Verifier(issuer.publicKeyHex);

/** The verdict of the SDK, in the words of SQL. */
function inSdk(envelope: string): string {
  const verdict = verifier.verify(envelope);
  if (verdict.isValid) return "signed";
  return verdict.reason === "INVALID_INPUT" ? "NOT_CANONICAL" : verdict.reason;
}

function reasonOf({ is_canonical, is_key_known, is_signature_valid }: Verdict): string {
  if (!is_canonical) return "NOT_CANONICAL";
  if (!is_key_known) return "UNKNOWN_KEY";
  return is_signature_valid ? "signed" : "SIGNATURE_INVALID";
}

/** Text that PostgreSQL can be sent: half a surrogate pair has no UTF-8, and it stores no U+0000. */
const isSendable = (text: string) => text.isWellFormed() && !text.includes("\0");

async function expectAgreement(envelopes: readonly string[]): Promise<Set<string>> {
  const texts = envelopes.filter(isSendable);
  const verdicts = await inSql(texts);
  const differing = texts.filter((text, index) => reasonOf(verdicts[index] as Verdict) !== inSdk(text));
  expect(differing, `seed ${seed}`).toEqual([]);
  expect(verdicts.filter(({ is_ticket_known, refusal }) => is_ticket_known || refusal === null)).toEqual([]);
  return new Set(verdicts.map(reasonOf));
}

test("good envelopes of tickets that are not in this press are signed, and unknown", async () => {
  const oldest = issuer.issue({ timestamp: "0000-02-29T00:00:00.000Z" });
  expect(await expectAgreement([...Object.values(goodEnvelopes), oldest])).toEqual(new Set(["signed"]));
});

test.each(Object.entries(badEnvelopes))("bad ones that the SDK answers with %s", async (_reason, envelopes) => {
  expect((await expectAgreement(Object.values(envelopes))).size).toBe(1);
});

function ofAnotherKey(envelope: string): string {
  return envelope.replace(/(?<="key_id":")./, (digit) => (digit === "0" ? "1" : "0"));
}

const count = rounds(3_000, 100_000);
test(`${count} random damages (seed ${seed})`, { timeout: 600_000 }, async () => {
  const originals = Object.values(goodEnvelopes);
  const met = new Set<string>();
  for (let done = 0; done < count; done += 1_000) {
    const damaged = Array.from({ length: 1_000 }, () => {
      let text = random.pick(originals);
      for (let step = random.integer(4); step >= 0; step--) text = damage(text);
      return text;
    });
    damaged.push(ofAnotherKey(random.pick(originals))); // Few damages leave a key_id that is one.
    for (const reason of await expectAgreement(damaged)) met.add(reason);
  }
  expect([...met].sort()).toEqual(expect.arrayContaining(["NOT_CANONICAL", "SIGNATURE_INVALID", "UNKNOWN_KEY"]));
});

test(`${count} random texts (seed ${seed})`, async () => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "\\",
    "\\u",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "-0",
    "1e9",
    '"type"',
  ];
  const texts = Array.from({ length: count }, () =>
    Array.from({ length: random.integer(30) }, () => random.pick([...pieces, random.text(1)])).join(""),
  );
  expect(await expectAgreement(texts)).toEqual(new Set(["NOT_CANONICAL"]));
});

test(`of ${count} damages of real envelopes none is taken for a ticket (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  await makeEdition(database, "golden-ticket", 5, 1);
  const worker = await TestWorker.start(database);
  const held = await worker.issueHeld("golden-ticket", ["alice", 'bob "the builder"', "Zoë 😀"]);
  const envelopes = held.map(({ envelope }) => envelope);
  expect(await inSql(envelopes)).toMatchObject(envelopes.map(() => ({ is_ticket_known: true, refusal: null })));
  const damaged = Array.from({ length: count }, () => damage(random.pick(envelopes)));
  const changed = damaged.filter((text) => isSendable(text) && !envelopes.includes(text));
  const accepted = (await inSql(changed)).filter(({ is_ticket_known, refusal }) => is_ticket_known || refusal === null);
  expect(accepted).toEqual([]);
});
