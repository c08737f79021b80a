/* What somebody has of what an edition demands, in words. */
import { describe, expect, it } from "vitest";
import { demandsNothing, demandsOf, haveOf, NOTHING_PROVED, standingOf } from "../../gateway/dashboard/you/proofs.ts";

describe("what somebody has of what an edition demands", () => {
  const now = Date.parse("2026-06-01T00:00:00Z");
  const credential = (kind: "oidc" | "repository", status: "pending" | "signed" | "revoked", validUntil: string) => ({
    kind,
    status,
    validUntil,
  });

  it("is of credentials that are valid, signed already or not", () => {
    const nodes = [
      credential("repository", "revoked", "2027-01-01T00:00:00Z"),
      credential("repository", "signed", "2026-05-31T23:59:59Z"),
      credential("oidc", "pending", "2027-01-01T00:00:00Z"),
      credential("oidc", "signed", "2027-01-01T00:00:00Z"),
    ];
    expect(standingOf({ trustLevel: 1, credentials: { nodes } }, now)).toEqual({ trustLevel: 1, kinds: ["oidc"] });
    expect(standingOf(null, now)).toEqual(NOTHING_PROVED);
  });

  it("shows beside it in the same words", () => {
    const demands = { requiredTrustLevel: 2, requiredKind: "repository" } as const;
    expect(demandsOf(demands)).toBe("trust level 2, proved with a repository");
    expect(haveOf({ trustLevel: 2, kinds: ["repository"] })).toBe(demandsOf(demands));
    expect(demandsOf({ requiredTrustLevel: 0, requiredKind: "oidc" })).toBe("proved with an account of a provider");
    expect(haveOf(NOTHING_PROVED)).toBe("trust level 0, nothing proved");
    expect([demands, { requiredTrustLevel: 0, requiredKind: null }].map(demandsNothing)).toEqual([false, true]);
  });
});
