/* The dashboard has words for every reason for which the press rejects evidence, and for no other. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demandsNothing, demandsOf, haveOf, NOTHING_PROVED, standingOf } from "../../gateway/dashboard/you/proofs.ts";
import { VIOLATIONS, wordsOf } from "../../gateway/dashboard/you/violations.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";

describe("violations", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database?.drop());

  it("are those of the database's register", async () => {
    const { rows } = await database.pool("owner").query("select name from press_private.attestation_violations()");
    expect(Object.keys(VIOLATIONS)).toEqual(rows.map(({ name }) => name));
  });

  it("have a sentence and say what to do, also those of a later press", () => {
    for (const name of [...Object.keys(VIOLATIONS), "of_tomorrow", "constructor"]) {
      expect(wordsOf(name)).toEqual({
        sentence: expect.stringMatching(/^[A-Z].*\.$/),
        hint: expect.stringMatching(/^[A-Z].*\.$/),
      });
    }
  });
});

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
