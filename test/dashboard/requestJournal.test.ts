import { describe, expect, it } from "vitest";
import { type JournalStorage, RequestJournal } from "../../gateway/dashboard/press/requestJournal.ts";

const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Keeps what browsers keep over a reload. */
function makeStorage(): JournalStorage & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

describe("a request", () => {
  it("has its key before it is sent, and the same one after a reload", () => {
    const storage = makeStorage();
    const request = new RequestJournal("purchase", storage).begin("holder:alice", "summer-raffle", 2);
    expect(request.requestKey).toMatch(KEY);
    expect(new RequestJournal("purchase", storage).pending("holder:alice", "summer-raffle")).toEqual(request);
  });

  it("is there until it is settled; the next one has another key", () => {
    const journal = new RequestJournal("purchase", makeStorage());
    const request = journal.begin("holder:alice", "summer-raffle", 2);
    expect(journal.begin("holder:alice", "summer-raffle", 1)).toEqual(request);
    journal.settle(request);
    expect(journal.pending("holder:alice", "summer-raffle")).toBeNull();
    expect(journal.begin("holder:alice", "summer-raffle", 1).requestKey).not.toBe(request.requestKey);
  });

  it("is nobody else's, and about nothing else", () => {
    const journal = new RequestJournal("purchase", makeStorage());
    journal.begin("holder:alice", "summer-raffle");
    expect(journal.pending("holder:bob", "summer-raffle")).toBeNull();
    expect(journal.pending("operator:alice", "summer-raffle")).toBeNull();
    expect(journal.pending("holder:alice", "golden-ticket")).toBeNull();
    // A name that looks like a place in the storage is a name.
    expect(journal.pending("holder:alice/summer", "raffle")).toBeNull();
  });

  it("of another kind is another request", () => {
    const storage = makeStorage();
    new RequestJournal("purchase", storage).begin("holder:alice", "summer-raffle");
    expect(new RequestJournal("redemption", storage).pending("holder:alice", "summer-raffle")).toBeNull();
  });

  it("that is settled late does not settle the one that came after it", () => {
    const journal = new RequestJournal("purchase", makeStorage());
    const first = journal.begin("holder:alice", "summer-raffle");
    journal.settle(first);
    const second = journal.begin("holder:alice", "summer-raffle");
    journal.settle(first);
    expect(journal.pending("holder:alice", "summer-raffle")).toEqual(second);
  });
});

describe("the storage", () => {
  it.each([
    "",
    "{",
    "null",
    "[]",
    '{"requestKey":"x","quantity":1}',
    '{"requestKey":1}',
    '{"requestKey":"0d0f8f3c-6c1f-4b5e-9a53-1f8f5d7b2c11","quantity":1}',
  ])("may hold %j, which is not believed", (text) => {
    const storage = makeStorage();
    const journal = new RequestJournal("purchase", storage);
    journal.begin("holder:alice", "summer-raffle");
    for (const key of storage.kept.keys()) storage.kept.set(key, text);
    expect(journal.pending("holder:alice", "summer-raffle")).toBeNull();
  });

  it.each([0, -1, 1.5, "2", null])("may hold the quantity %j, which is not believed", (quantity) => {
    const storage = makeStorage();
    const journal = new RequestJournal("purchase", storage);
    const { requestKey } = journal.begin("holder:alice", "summer-raffle");
    for (const key of storage.kept.keys()) storage.kept.set(key, JSON.stringify({ requestKey, quantity, madeAt: 0 }));
    expect(journal.pending("holder:alice", "summer-raffle")).toBeNull();
  });

  it("may refuse everything; then the page remembers, as long as it is there", () => {
    const refuse = () => {
      throw new Error("The operation is insecure.");
    };
    const journal = new RequestJournal("purchase", { getItem: refuse, setItem: refuse, removeItem: refuse });
    const request = journal.begin("holder:alice", "summer-raffle", 2);
    expect(journal.pending("holder:alice", "summer-raffle")).toEqual(request);
    journal.settle(request);
    expect(journal.pending("holder:alice", "summer-raffle")).toBeNull();
  });
});
