import { describe, expect, it } from "vitest";
import { LedgerVerifier, Verifier } from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { issuer, sample } from "./cases.ts";
import { mixedOrderKey } from "./curve.ts";
import { badProofs, goodProofs, ledger, SAMPLE_PLACE, sampleProof } from "./recordedCases.ts";
import { createLedger, ticketEntry } from "./testLedger.ts";

const verifier = new Verifier(issuer.publicKeyHex, { ledger: ledger.vkey });

describe("Verifier.verifyRecorded", () => {
  it.each(Object.entries(goodProofs))(
    "answers recorded, with place and checkpoint, for %s",
    (_, { envelope, proof }) => {
      const [place, size] = [/^index (\d+)$/m.exec(proof)?.[1], /^press\.example\/ledger\n(\d+)$/m.exec(proof)?.[1]];
      expect(verifier.verifyRecorded(envelope, proof)).toEqual({
        isValid: true,
        verdict: "recorded",
        ticket: JSON.parse(envelope),
        place: Number(place),
        checkpoint: { origin: ledger.name, size: Number(size), root: expect.any(Uint8Array) },
      });
    },
  );

  it("answers recorded for the only entry of a ledger, whose leaf is the root", () => {
    const alone = createLedger("alone.example", [ticketEntry(sample)]);
    const answer = new Verifier(issuer.publicKeyHex, { ledger: alone.vkey }).verifyRecorded(sample, alone.proof(0));
    expect(answer).toMatchObject({ verdict: "recorded", place: 0, checkpoint: { size: 1 } });
  });

  describe.each(Object.entries(badProofs))("answers %s", (reason, cases) => {
    it.each(Object.entries(cases))("for %s", (_, { envelope, proof }) => {
      expect(verifier.verifyRecorded(envelope, proof)).toEqual({
        isValid: false,
        reason,
        message: expect.stringMatching(/^\w.{20,}\.$/),
      });
    });
  });

  it("tells a ticket signed off the books from a recorded one: it is signed, and no proof makes it recorded", () => {
    const offBook = issuer.issue({ ticket_number: 6 });
    expect(verifier.verify(offBook)).toMatchObject({ verdict: "signed" });
    for (const { proof } of Object.values(goodProofs)) {
      expect(verifier.verifyRecorded(offBook, proof)).toMatchObject({ isValid: false, reason: "PROOF_INVALID" });
    }
  });

  it("answers PROOF_INVALID for a proof that is no string, and throws for nothing", () => {
    const hostile = new Proxy({}, { get: () => expect.unreachable("the verifier looked inside") });
    for (const proof of [
      undefined,
      null,
      0,
      1n,
      Symbol("x"),
      [],
      {},
      Object(sampleProof),
      hostile,
      new Uint8Array(3),
    ]) {
      expect(verifier.verifyRecorded(sample, proof as string)).toMatchObject({ reason: "PROOF_INVALID" });
      expect(verifier.verifyRecorded(proof as string, sampleProof)).toMatchObject({ reason: "INVALID_INPUT" });
    }
  });

  it.each(["a", "\n", "\ud800", "=", "c2sp.org/tlog-proof@v1\nindex 0\n", sampleProof])(
    "answers PROOF_INVALID for 10 MB of %j",
    (unit) => {
      const text = unit.repeat(10_000_000 / unit.length);
      expect(verifier.verifyRecorded(sample, text)).toMatchObject({ isValid: false, reason: "PROOF_INVALID" });
    },
  );

  it("says that it has no ledger rather than believe any", () => {
    const answer = new Verifier(issuer.publicKeyHex).verifyRecorded(sample, sampleProof);
    expect(answer).toMatchObject({
      isValid: false,
      reason: "INVALID_INPUT",
      message: expect.stringMatching(/knows no ledger/),
    });
  });

  it.each([
    ["an empty text", ""],
    ["a newline at the end", `${ledger.vkey}\n`],
    ["the key of another type", ledger.vkey.replace(/\+A/, "+B")],
    ["an unusable key", createVkeyOf(mixedOrderKey())],
    ["a key in hexadecimal", issuer.publicKeyHex],
  ])("is not made with %s as its ledger", (_, vkey) => {
    expect(() => new Verifier(issuer.publicKeyHex, { ledger: vkey })).toThrow(RangeError);
  });
});

/** The vkey of any 32 bytes; its key id is not looked at before its key. */
function createVkeyOf(publicKeyHex: string): string {
  return `press.example+00000000+${Buffer.from(`01${publicKeyHex}`, "hex").toString("base64")}`;
}

describe("tampering with a proof", () => {
  const original = Buffer.from(sampleProof);

  const ledgerVerifier = new LedgerVerifier(ledger.vkey);

  /** Refused by the ledger's verifier already, whatever the ticket; never by an exception. */
  function expectRefusal(changed: Buffer | string) {
    const answer = ledgerVerifier.verifyEntry(changed.toString());
    expect(answer, `${JSON.stringify(changed.toString())}, seed ${seed}`).toMatchObject({ reason: "PROOF_INVALID" });
  }

  it("refuses every change of one byte, at every place", { timeout: 300_000 }, () => {
    const masks = rounds(
      [0x01, 0x20],
      Array.from({ length: 8 }, (_, bit) => 1 << bit),
    );
    for (let place = 0; place < original.length; place++) {
      for (const mask of masks) {
        const changed = Buffer.from(original);
        changed.writeUInt8(changed.readUInt8(place) ^ mask, place);
        expectRefusal(changed);
      }
    }
  });

  it("refuses every byte taken out, doubled, swapped with the next, and every beginning", { timeout: 300_000 }, () => {
    for (let place = 0; place < sampleProof.length; place++) {
      const [before, at, after] = [
        sampleProof.slice(0, place),
        sampleProof.charAt(place),
        sampleProof.slice(place + 1),
      ];
      for (const changed of [
        before + after,
        before + at + at + after,
        before + after.charAt(0) + at + after.slice(1),
        before,
      ]) {
        if (changed !== sampleProof) expectRefusal(changed);
      }
    }
  });

  const count = rounds(2_000, 50_000);
  it(`refuses ${count} random damages of good proofs (seed ${seed})`, { timeout: 300_000 }, () => {
    const proofs = Array.from({ length: 12 }, (_, index) => ledger.proof(SAMPLE_PLACE, SAMPLE_PLACE + 1 + index));
    for (let round = 0; round < count; round++) {
      const [proof, other] = [random.pick(proofs).split("\n"), random.pick(proofs).split("\n")];
      const place = random.integer(proof.length - 1);
      const line = random.pick(other);
      const changed = random
        .pick([
          () => proof.toSpliced(place, 1),
          () => proof.toSpliced(place, 0, line),
          () => proof.toSpliced(place, 1, line),
          () => [...proof.slice(0, place), ...other.slice(random.integer(other.length))],
          () => proof.with(place, (proof[place] ?? "") + random.text(1)),
        ])()
        .join("\n");
      // A signature may be there twice.
      if (!proofs.includes(changed.replace(/(— .*\n)\1$/, "$1"))) expectRefusal(changed);
    }
  });
});
