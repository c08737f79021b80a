import { describe, expect, it } from "vitest";
import { EMPTY_FORM, editionOf, slugOf } from "../../gateway/dashboard/operator/editionForm.ts";

describe("the slug that a title suggests", () => {
  it.each([
    ["The Summer Raffle", "the-summer-raffle"],
    ["  Café   Übung!  ", "cafe-ubung"],
    ["№ 5 — gold", "no-5-gold"],
    ["金", ""],
    [`${"word ".repeat(20)}`, "word-word-word-word-word-word-word-word-word-word-word-word"],
  ])("%j: %j", (title, slug) => {
    expect(slugOf(title)).toBe(slug);
  });
});

describe("what is sent", () => {
  const filled = { ...EMPTY_FORM, title: " A title ", slug: "a-title" };

  it("is what was entered; what is empty is no bound", () => {
    expect(editionOf({ ...filled, perHolderLimit: "" })).toEqual({
      slug: "a-title",
      title: "A title",
      cap: 100,
      perHolderLimit: null,
      drawMode: "none",
      opensAt: null,
      closesAt: null,
    });
  });

  it("has moments of the reader's zone as moments, and the delay where there is a beacon", () => {
    const local = "2026-03-01T09:30";
    expect(editionOf({ ...filled, drawMode: "beacon", closesAt: local, drawDelaySeconds: "90" })).toMatchObject({
      closesAt: new Date(local).toISOString(),
      drawDelaySeconds: 90,
    });
    expect(editionOf({ ...filled, drawMode: "beacon", beaconChainHash: "52db" })).toMatchObject({
      beaconChainHash: "52db",
    });
    expect(editionOf({ ...filled, drawMode: "sealed", beaconChainHash: "52db" })).not.toHaveProperty("beaconChainHash");
  });

  it("has what an edition demands of people only where it demands something", () => {
    expect(editionOf({ ...filled, requiredTrustLevel: "2", requiredKind: "repository" })).toMatchObject({
      requiredTrustLevel: 2,
      requiredKind: "repository",
    });
    expect(() => editionOf({ ...filled, requiredTrustLevel: "much" })).toThrow(
      "The trust level must be a whole number.",
    );
  });

  it.each(["", "five", "-1", "1.5", "1e3", "99999999999"])("is not sent where the number of tickets is %j", (cap) => {
    expect(() => editionOf({ ...filled, cap })).toThrow("The number of tickets must be a whole number.");
  });
});
