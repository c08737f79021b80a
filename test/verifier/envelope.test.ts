import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { canonicalEnvelope, type Envelope, readEnvelope, Verifier } from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { issuer, sample } from "./cases.ts";
import { canonicalText } from "./issuer.ts";

describe("canonicalEnvelope", () => {
  const count = rounds(500, 20_000);
  it(`writes ${count} random envelopes as another RFC 8785 library does (seed ${seed})`, () => {
    for (let round = 0; round < count; round++) {
      const members = randomMembers();
      expect(canonicalEnvelope(members), `seed ${seed}`).toBe(canonicalText({ ...members }));
    }
  });

  testRequiring("VECTORS_DIR")("writes the flat test data of RFC 8785's author", () => {
    const read = (part: string) => readFileSync(join(process.env.VECTORS_DIR ?? "", "jcs", part, "weird.json"), "utf8");
    expect(canonicalEnvelope(JSON.parse(read("input")))).toBe(read("output"));
  });
});

describe("readEnvelope", () => {
  const count = rounds(200, 5_000);
  it(`reads back ${count} random envelopes, and refuses each written in any other way (seed ${seed})`, () => {
    const verifier = new Verifier(issuer.publicKeyHex);
    for (let round = 0; round < count; round++) {
      const text = issuer.issue({ ...randomMembers(), key_id: issuer.keyId });
      expect(readEnvelope(text), `seed ${seed}`).toEqual({ envelope: JSON.parse(text) });
      const other = rewrite(text);
      expect(JSON.parse(other)).toEqual(JSON.parse(text));
      expect(verifier.verify(other), `${other}, seed ${seed}`).toMatchObject({
        isValid: false,
        reason: "NOT_CANONICAL",
      });
    }
  });
});

function randomMembers(): Envelope {
  return {
    type: "golden-press/ticket/v1",
    ticket_number: 1 + random.integer(2 ** 31),
    recipient: `r${random.text(random.integer(40))}`,
    edition: random.pick(["golden-ticket", "summer-raffle", "a", "2026"]),
    timestamp: new Date(random.integer(2 ** 31) * 1000 + random.integer(1000)).toISOString(),
    ticket_id: JSON.parse(sample).ticket_id,
    key_id: random.bytes(8).toString("hex"),
  };
}

/** The same JSON value as another text: the kinds of repair that a lenient reader would make. */
function rewrite(text: string): string {
  const members = Object.entries(JSON.parse(text));
  const rotation = 1 + random.integer(members.length - 1);
  const rotated = Object.fromEntries([...members.slice(rotation), ...members.slice(0, rotation)]);
  const repeated = JSON.stringify(Object.fromEntries([random.pick(members)]));
  const space = random.pick([" ", "\n", "\t", "\r"]);
  return random.pick([
    () => JSON.stringify(rotated),
    () => JSON.stringify(JSON.parse(text), null, random.pick([1, "\t"])),
    () => space + text,
    () => text + space,
    () => text.replace('"recipient":"r', '"recipient":"\\u0072'),
    () => text.replace('"type"', '"t\\u0079pe"'),
    () => text.replace(/"ticket_number":\d+/, (member) => member + random.pick([".0", "e0", "E+0"])),
    () => `${repeated.slice(0, -1)},${text.slice(1)}`,
  ])();
}
