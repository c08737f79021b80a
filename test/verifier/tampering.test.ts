import { expect, it } from "vitest";
import { Verifier } from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { goodEnvelopes, issuer, sample } from "./cases.ts";
import { damage } from "./damage.ts";

const REASONS = ["INVALID_INPUT", "NOT_CANONICAL", "UNKNOWN_KEY", "SIGNATURE_INVALID"];
const verifier = new Verifier(issuer.publicKeyHex);

/** Refused with a reason, never by an exception. Counts the reasons, so that a test can say which it met. */
function expectRefusal(changed: string, met: Set<string>) {
  const answer = verifier.verify(changed);
  expect(answer, `${JSON.stringify(changed)}, seed ${seed}`).toMatchObject({ isValid: false });
  if (!answer.isValid) met.add(answer.reason);
}

it("refuses every change of one byte, at every place of an envelope", { timeout: 120_000 }, () => {
  const original = Buffer.from(sample);
  const masks = rounds(
    [0x01, 0x02, 0x10, 0x20, 0x80, 0xff],
    Array.from({ length: 255 }, (_, index) => index + 1),
  );
  const met = new Set<string>();
  for (let place = 0; place < original.length; place++) {
    for (const mask of masks) {
      const changed = Buffer.from(original);
      changed.writeUInt8(changed.readUInt8(place) ^ mask, place);
      expectRefusal(changed.toString("utf8"), met);
    }
  }
  expect([...met].sort()).toEqual(["NOT_CANONICAL", "SIGNATURE_INVALID", "UNKNOWN_KEY"]);
});

it("refuses every envelope with a byte taken out, doubled, swapped with the next, or cut off there", () => {
  const met = new Set<string>();
  for (let place = 0; place < sample.length; place++) {
    const [before, at, after] = [sample.slice(0, place), sample.charAt(place), sample.slice(place + 1)];
    const swapped = before + after.charAt(0) + at + after.slice(1);
    for (const changed of [before + after, before + at + at + after, swapped, before]) {
      if (changed !== sample) expectRefusal(changed, met);
    }
  }
  expect([...met].sort()).toEqual(["NOT_CANONICAL", "SIGNATURE_INVALID", "UNKNOWN_KEY"]);
});

const count = rounds(3_000, 200_000);
it(`refuses ${count} random damages of good envelopes (seed ${seed})`, { timeout: 300_000 }, () => {
  const met = new Set<string>();
  const envelopes = Object.values(goodEnvelopes);
  // Few random damages name another key and change nothing else: it may be that none of this run's does.
  expectRefusal(
    sample.replace(/(?<="key_id":")./, (digit) => (digit === "0" ? "1" : "0")),
    met,
  );
  for (let round = 0; round < count; round++) {
    const original = random.pick(envelopes);
    let changed = original;
    for (let step = random.integer(4); step >= 0; step--) changed = damage(changed);
    if (!envelopes.includes(changed)) expectRefusal(changed, met);
  }
  expect([...met].sort()).toEqual([...REASONS].sort());
});

it(`answers with a reason for ${count} random texts (seed ${seed})`, () => {
  const met = new Set<string>();
  const pieces = ["{", "}", "[", "]", '"', ":", ",", "\\", "\\u", "null", "true", "-0", "1e9", "__proto__", '"type"'];
  for (let round = 0; round < count; round++) {
    const length = random.integer(30);
    expectRefusal(Array.from({ length }, () => random.pick([...pieces, random.text(1), "\ud800"])).join(""), met);
  }
  expect([...met].sort()).toEqual(["INVALID_INPUT", "NOT_CANONICAL"]);
});
