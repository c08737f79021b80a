/* The bytes of an event, its NATS subject, and the schemas: of every leaf that a press writes, and of made-up ones. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import canonicalize from "canonicalize";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ledgerEvent } from "../../events/ledgerEvent.ts";
import { natsSubject } from "../../events/natsSubject.ts";
import { eventSchema, eventTypes } from "../../events/schemas.ts";
import { fillPress } from "../audit/richPress.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";

const ORIGIN = "press.example/ledger";
const AT = "2026-03-01T09:30:00.000Z";
const UUID = "00000000-0000-4000-8000-000000000001";
const ISSUED = `{"at":"${AT}","edition":"golden-ticket","envelope_hash":"${"e".repeat(64)}","holder":"${UUID}","ticket_id":"${UUID}","ticket_number":3,"type":"ticket.issued"}`;
const KEY = `{"at":"${AT}","key_id":"0123456789abcdef","public_key":"${"a".repeat(64)}","purpose":"ticket","type":"key.activated"}`;
const CLOSED = `{"at":"${AT}","edition":"summer-raffle","entries_hash":"${"0".repeat(64)}","issued_count":0,"type":"edition.closed"}`;

describe("the event of an entry", () => {
  test("has these bytes, for ever: consumers and rebuilt streams compare them", () => {
    expect(ledgerEvent(ORIGIN, 17, ISSUED)).toEqual({
      place: 17,
      type: "ticket.issued",
      json: `{"data":${ISSUED},"datacontenttype":"application/json","dataschema":"https://press.example/ledger/schemas/ticket.issued.json","id":"17","sequence":"00000000000000000017","source":"https://press.example/ledger","specversion":"1.0","subject":"golden-ticket/3","time":"${AT}","type":"ticket.issued"}`,
    });
  });

  test.each([
    ["an edition", CLOSED, "summer-raffle"],
    ["a ticket", ISSUED, "golden-ticket/3"],
    ["a key", KEY, "0123456789abcdef"],
    ["nothing that has a name", `{"at":"${AT}","type":"attestation.decided"}`, undefined],
  ])("is about %s", (_, leaf, subject) => {
    const event = JSON.parse(ledgerEvent(ORIGIN, 0, leaf).json);
    expect([event.subject, "subject" in event]).toEqual([subject, subject !== undefined]);
  });

  test("of a ledger whose name no URI could hold has one all the same, and another one for each name", () => {
    const source = (origin: string) => JSON.parse(ledgerEvent(origin, 0, KEY).json).source;
    expect(source('a"b\\é%')).toBe("https://a%22b%5C%C3%A9%25");
    expect(source("a%22")).not.toBe(source('a"'));
  });

  test.each(["{}", "null", "[]", '{"at":1,"type":"a.b"}', `{"at":"${AT}","type":"no verb"}`])(
    "is not made of %s",
    (leaf) => {
      expect(() => ledgerEvent(ORIGIN, 0, leaf)).toThrow("no event: run `golden-press audit`");
    },
  );
});

describe("the NATS subject", () => {
  test.each([
    [ISSUED, "choco.events.monetization.golden_ticket.issued"],
    [CLOSED, "choco.events.monetization.summer_raffle.closed"],
    [KEY, "choco.events.monetization._press.key.activated"],
  ])("of %s is %s", (leaf, subject) => {
    expect(natsSubject("choco.events.monetization", leaf)).toBe(subject);
  });
});

describe("the schemas", () => {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  addFormats.default(ajv);
  const check = (type: string, data: unknown) => {
    const schema = eventSchema(ORIGIN, type);
    if (schema === undefined) throw new Error(`There is no schema of ${type}.`);
    const id = `https://${ORIGIN}/schemas/${type}.json`;
    const validate = ajv.getSchema(id) ?? ajv.compile(schema);
    expect(validate.schema).toMatchObject({ $id: id });
    return validate(data);
  };

  let database: TestDatabase;
  let leaves: string[];
  beforeAll(async () => {
    database = await createTestDatabase();
    await fillPress(database);
    const { rows } = await database
      .pool("owner")
      .query<{ leaf: string }>(
        "select leaf from press.ledger_entries union all select leaf from press_private.ledger_inbox",
      );
    leaves = rows.map(({ leaf }) => leaf);
  });
  afterAll(() => database.drop());

  test("hold every entry of a press in which everything has happened, and each type occurs in it", () => {
    const found = new Set<string>();
    for (const leaf of leaves) {
      const data = JSON.parse(leaf);
      expect(check(data.type, data), leaf).toBe(true);
      found.add(data.type);
    }
    expect([...found].toSorted()).toEqual(eventTypes.toSorted());
  });

  test("name every type that the database writes", async () => {
    const { rows } = await database
      .pool("owner")
      .query<{ source: string }>(
        "select prosrc || coalesce(pg_get_function_sqlbody(oid), '') as source from pg_proc where proname ~ '_leaf$'",
      );
    const written = rows.flatMap(({ source }) => source.match(/(?<="type":")[a-z]+\.[a-z]+/g) ?? []);
    expect(written.length).toBeGreaterThan(4);
    for (const type of written) expect(eventTypes).toContain(type);
  });

  test("are of canonical JSON, as is the event around it", () => {
    for (const [place, leaf] of leaves.entries()) {
      const { json } = ledgerEvent(ORIGIN, place, leaf);
      expect(canonicalize(JSON.parse(json))).toBe(json);
      expect(json).toContain(leaf);
    }
  });

  test("are refused by nothing but their own: a member more, one less, or another form", () => {
    const data = JSON.parse(ISSUED);
    expect(check("ticket.issued", data)).toBe(true);
    const { holder: _, ...less } = data;
    const wrong = [
      less,
      { ...data, subject: "alice" },
      { ...data, ticket_number: 0 },
      { ...data, ticket_number: "3" },
      { ...data, edition: "Golden" },
      { ...data, envelope_hash: "E".repeat(64) },
      { ...data, at: "2026-03-01 09:30" },
      { ...data, at: "2026-13-01T09:30:00.000Z" },
      { ...data, type: "ticket.revoked" },
    ];
    for (const value of wrong) expect(check("ticket.issued", value), JSON.stringify(value)).toBe(false);
  });

  test("there is none of a type that there is not", () => {
    expect(eventSchema(ORIGIN, "ticket.eaten")).toBeUndefined();
    expect(eventSchema(ORIGIN, "toString")).toBeUndefined();
  });
});
