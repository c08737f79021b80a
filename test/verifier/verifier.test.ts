import { describe, expect, it } from "vitest";
import { parsePublicKey, Verifier } from "../../verifier/index.ts";
import { badEnvelopes, goodEnvelopes, issuer, sample } from "./cases.ts";
import { mixedOrderKey } from "./curve.ts";

const verifier = new Verifier(issuer.publicKeyHex);

describe("Verifier.verify", () => {
  it.each(Object.entries(goodEnvelopes))("answers signed, with the members, for %s", (_, envelope) => {
    expect(verifier.verify(envelope)).toEqual({ isValid: true, verdict: "signed", ticket: JSON.parse(envelope) });
  });

  describe.each(Object.entries(badEnvelopes))("answers %s", (reason, envelopes) => {
    it.each(Object.entries(envelopes))("for %s", (_, envelope) => {
      expect(verifier.verify(envelope)).toEqual({
        isValid: false,
        reason,
        message: expect.stringMatching(/^\w.{20,}\.$/),
      });
    });
  });

  it("answers INVALID_INPUT for whatever is not a string, and throws for nothing", () => {
    const hostile = new Proxy({}, { get: () => expect.unreachable("the verifier looked inside") });
    const inputs = [
      undefined,
      null,
      0,
      Number.NaN,
      1n,
      true,
      Symbol("x"),
      [],
      {},
      Object(sample),
      hostile,
      () => sample,
    ];
    for (const input of [...inputs, new Uint8Array(10), Buffer.from(sample), new Date()]) {
      expect(verifier.verify(input as string)).toMatchObject({ isValid: false, reason: "INVALID_INPUT" });
    }
  });

  it.each(["a", "\ud800", "[", '{"edition":', sample])("answers INVALID_INPUT for 10 MB of %j", (unit) => {
    const text = unit.repeat(10_000_000 / unit.length);
    expect(verifier.verify(text)).toMatchObject({ isValid: false, reason: "INVALID_INPUT" });
  });

  it("names the rule that an envelope breaks", () => {
    const messageOf = (envelope: string) => (verifier.verify(envelope) as { message: string }).message;
    expect(messageOf("[]")).toContain("is not a JSON object");
    expect(messageOf(issuer.issue({ timestamp: undefined }))).toContain('lacks the member "timestamp"');
    expect(messageOf(issuer.issue({ ticket_number: 0 }))).toContain(
      'a member "ticket_number" that is not a whole number',
    );
    expect(messageOf(issuer.issue({ seat: 1 }))).toContain("a member that does not belong there");
    expect(messageOf(`${sample}\n`)).toContain("is not written as canonical JSON");
  });
});

describe("new Verifier", () => {
  it("names its key as the issuer's tickets do", () => {
    expect(verifier.keyId).toBe(issuer.keyId);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["an empty text", ""],
    ["63 characters", issuer.publicKeyHex.slice(1)],
    ["65 characters", `${issuer.publicKeyHex}0`],
    ["a newline at the end", `${issuer.publicKeyHex}\n`],
    ["upper-case letters", `ABCDEF${issuer.publicKeyHex.slice(6)}`],
    ["a letter that is not hexadecimal", `g${issuer.publicKeyHex.slice(1)}`],
    ["bytes", issuer.publicKey],
  ])("refuses %s by saying what a key looks like", (_, key) => {
    expect(() => new Verifier(key as string)).toThrow(
      new RangeError("A public key is 64 lower-case hexadecimal characters; copy the key that the issuer publishes."),
    );
  });

  it.each([
    ["a y that is on no point", `02${"00".repeat(31)}`],
    ["a y beyond the prime (p + 3, where 3 is on a point)", `f0${"ff".repeat(30)}7f`],
    ["the point of order 1", `01${"00".repeat(31)}`],
    ["a point of order 2", `ec${"ff".repeat(30)}7f`],
    ["a point of order 4", "00".repeat(32)],
    ["a point of order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
    ["a point of mixed order", mixedOrderKey()],
  ])("refuses %s by saying that it is no key", (_, key) => {
    expect(() => new Verifier(key)).toThrow(
      new RangeError("This is not an Ed25519 public key; compare it with the key that the issuer publishes."),
    );
  });

  it("takes the key that the refused ones were made from", () => {
    expect(Buffer.from(parsePublicKey(issuer.publicKeyHex))).toEqual(issuer.publicKey);
  });
});
