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
import { DrawLedger, type Mode } from "../verifier/drawLedger.ts";

const ORIGIN = "press.example/ledger";
const AT = "2026-03-01T09:30:00.000Z";
const UUID = "00000000-0000-4000-8000-000000000001";
const ISSUED = `{"at":"${AT}","edition":"golden-ticket","envelope_hash":"${"e".repeat(64)}","holder":"${UUID}","ticket_id":"${UUID}","ticket_number":3,"type":"ticket.issued"}`;
const KEY = `{"at":"${AT}","key_id":"0123456789abcdef","public_key":"${"a".repeat(64)}","purpose":"ticket","type":"key.activated"}`;
const CLOSED = `{"at":"${AT}","edition":"summer-raffle","entries_hash":"${"0".repeat(64)}","issued_count":0,"type":"edition.closed"}`;
const OPENED = `{"at":"${AT}","cap":100,"closes_at":null,"draw_mode":"random_int","edition":"summer-raffle","opens_at":null,"per_holder_limit":2,"rule_set_hash":null,"type":"edition.opened"}`;
const ARCHIVED = `{"at":"${AT}","chain_hash":"${"c".repeat(64)}","round":123,"signature":"${"b".repeat(96)}","type":"beacon.archived"}`;
/** Every entry that a draw leaves, in each mode, replaced and given up. */
const DRAWS = (["none", "random_int", "sealed", "beacon"] as const).flatMap((mode) => {
  const drawn = new DrawLedger(mode).issue(2).close();
  if (mode === "none") return drawn.leaves;
  const given = new DrawLedger(mode).issue(1).close().void().leaves;
  return [...drawn.draw().replace().replace().leaves, ...new DrawLedger(mode).close().draw().leaves, ...given];
});

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
    ["a draw", drawn("edition.drawn"), "summer-raffle"],
    ["a replacement", drawn("winner.replaced"), "summer-raffle"],
    ["a round of a beacon, which has no name", ARCHIVED, undefined],
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
    [drawn("edition.drawn"), "choco.events.monetization.summer_raffle.drawn"],
    [drawn("winner.replaced"), "choco.events.monetization.summer_raffle.replaced"],
    [ARCHIVED, "choco.events.monetization._press.beacon.archived"],
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

  test("hold every entry of a press in which everything has happened, and of every draw, and each type occurs", () => {
    const found = new Set<string>();
    for (const leaf of [...leaves, ...DRAWS, ARCHIVED]) {
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

  test("of an edition demand the terms of its mode, and refuse those of another", () => {
    const opened = (mode: Mode) => JSON.parse(new DrawLedger(mode).leaves[0] ?? "");
    const [random, sealed, beacon] = [JSON.parse(OPENED), opened("sealed"), opened("beacon")];
    for (const good of [random, { ...random, draw_mode: "none" }, { ...random, closes_at: AT }, sealed, beacon])
      expect(check("edition.opened", good)).toBe(true);
    const { draw_commitment, ...uncommitted } = sealed;
    const wrong = [
      uncommitted,
      { ...random, draw_commitment },
      { ...beacon, draw_commitment },
      { ...sealed, draw_mode: "random_int" },
      { ...random, draw_mode: "sealed" },
      { ...random, draw_mode: "lots" },
      { ...beacon, closes_at: null },
      { ...beacon, draw_delay_seconds: 0 },
      { ...beacon, draw_delay_seconds: 604_801 },
      { ...beacon, beacon_public_key: "a".repeat(96) },
      ...Object.keys(beacon).map((name) => ({ ...beacon, [name]: undefined })),
    ];
    for (const value of wrong.map((members) => JSON.parse(JSON.stringify(members))))
      expect(check("edition.opened", value), JSON.stringify(value)).toBe(false);
  });

  test("of a draw demand the inputs of its mode, and of one that was given up no winner", () => {
    const types = ["edition.drawn", "winner.replaced"];
    const draws = DRAWS.map((leaf) => JSON.parse(leaf)).filter(({ type }) => types.includes(type));
    expect(draws).toHaveLength(3 * 5);
    for (const draw of draws) {
      const other = draws.find(
        ({ mode, reason, type }) => mode !== draw.mode && reason === null && type === "edition.drawn",
      );
      const wrong: Record<string, unknown>[] = [
        { ...draw, inputs: { ...draw.inputs, note: 1 } },
        { ...draw, inputs: {} },
        { ...draw, mode: "none" },
        { ...draw, ticket_number: 0 },
        { ...draw, reason: "" },
        { ...draw, at: undefined },
        { ...draw, winner: "alice" },
        ...(draw.ticket_number === null || draw.reason !== null ? [] : [{ ...draw, reason: "Given up" }]),
        ...(draw.reason !== null && draw.type === "edition.drawn"
          ? [{ ...draw, ticket_number: 1 }]
          : [{ ...draw, inputs: other.inputs }]),
        ...(draw.type === "winner.replaced"
          ? [
              { ...draw, attempt: 1 },
              { ...draw, reason: null },
              { ...draw, replaced_number: null },
            ]
          : []),
      ];
      for (const value of wrong.map((members) => JSON.parse(JSON.stringify(members))))
        expect(check(draw.type, value), JSON.stringify(value)).toBe(false);
    }
    for (const change of [
      { round: 0 },
      { signature: "b".repeat(95) },
      { edition: "summer-raffle" },
      { chain_hash: null },
    ])
      expect(check("beacon.archived", { ...JSON.parse(ARCHIVED), ...change }), JSON.stringify(change)).toBe(false);
  });

  test("there is none of a type that there is not", () => {
    expect(eventSchema(ORIGIN, "ticket.eaten")).toBeUndefined();
    expect(eventSchema(ORIGIN, "toString")).toBeUndefined();
  });
});

/** The first entry of a type that a draw leaves. */
function drawn(type: string): string {
  return DRAWS.find((leaf) => JSON.parse(leaf).type === type) ?? "";
}
