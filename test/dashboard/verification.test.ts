import { describe, expect, it } from "vitest";
import { judge, kindOf, type PublicKeys, textOf } from "../../gateway/dashboard/verify/verification.ts";
import { badEnvelopes, goodEnvelopes, issuer, sample, stranger } from "../verifier/cases.ts";
import { createIssuer } from "../verifier/issuer.ts";
import { ledger, sampleProof } from "../verifier/recordedCases.ts";

const keyOf = ({ publicKeyHex }: { readonly publicKeyHex: string }) => ({ public_key: publicKeyHex, revoked_at: null });

/** Its first key was retired, say. */
const KEYS: PublicKeys = { tickets: [keyOf(createIssuer()), keyOf(issuer)], ledger: ledger.vkey };
const encode = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;

describe("the verdicts", () => {
  it("are those of the key that the ticket names, whichever of the press's it is", () => {
    const { signed, recorded } = judge(sample, sampleProof, KEYS);
    expect([signed.isValid && signed.verdict, recorded?.isValid && recorded.verdict]).toEqual(["signed", "recorded"]);
  });

  it("leave out what there is no proof or no ledger for", () => {
    expect(judge(sample, null, KEYS).recorded).toBeNull();
    expect(judge(sample, sampleProof, { ...KEYS, ledger: null }).recorded).toBeNull();
  });

  it.each(Object.entries(badEnvelopes))("say no, and why: %s", (reason, envelopes) => {
    for (const envelope of Object.values(envelopes)) {
      expect(judge(envelope, null, KEYS).signed).toMatchObject({ isValid: false, reason });
    }
  });

  it("say no of a ticket of others, and where no key is published yet", () => {
    const [theirs] = [stranger.issue()];
    expect(judge(theirs, null, { ...KEYS, tickets: [keyOf(issuer)] }).signed).toMatchObject({
      reason: "UNKNOWN_KEY",
    });
    expect(judge(sample, null, { ...KEYS, tickets: [] }).signed).toMatchObject({ reason: "UNKNOWN_KEY" });
  });

  it("say that the key is in other hands, and leave it to the ledger", () => {
    const revoked = { ...KEYS, tickets: [{ ...keyOf(issuer), revoked_at: "2026-11-30T03:00:00.000Z" }] };
    expect(judge(sample, sampleProof, revoked)).toMatchObject({
      signed: { isValid: false, reason: "KEY_REVOKED" },
      recorded: { isValid: true, verdict: "recorded" },
    });
  });

  it("say no of a proof of another ticket", () => {
    const other = goodEnvelopes["a leap day"] ?? "";
    expect(judge(other, sampleProof, KEYS)).toMatchObject({
      signed: { isValid: true },
      recorded: { reason: "PROOF_INVALID" },
    });
  });
});

describe("a file", () => {
  it("is a ticket or a proof by how it begins", () => {
    expect([kindOf(sample), kindOf(sampleProof)]).toEqual(["envelope", "proof"]);
  });

  it("is read to the byte: nothing is trimmed, and a byte order mark stays for the verdict to refuse", () => {
    for (const text of [sample, `${sample}\n`, `\ufeff${sample}`]) expect(textOf(encode(text))).toBe(text);
    expect(judge(textOf(encode(`\ufeff${sample}`)), null, KEYS).signed).toMatchObject({ reason: "NOT_CANONICAL" });
  });

  it("that is no text is refused", () => {
    expect(() => textOf(new Uint8Array([0xff, 0xfe, 0x00]).buffer)).toThrow(TypeError);
  });
});
