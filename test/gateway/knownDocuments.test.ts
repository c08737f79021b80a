import { expect, test } from "vitest";
import { KnownDocuments } from "../../gateway/knownDocuments.ts";

function counting() {
  const made: string[] = [];
  const documents = new KnownDocuments((document) => {
    made.push(document);
    return { document };
  });
  return { made, documents };
}

test("a document is looked at once, and known from then on", () => {
  const { made, documents } = counting();
  expect(documents.recall("{ a }")).toBe(false);
  const first = documents.get("{ a }");
  expect(documents.recall("{ a }")).toBe(true);
  expect(documents.get("{ a }")).toBe(first);
  expect(documents.get("{ a }")).toBe(first);
  expect(made).toEqual(["{ a }"]);
});

test("what differs only far behind is another document", () => {
  const { documents } = counting();
  const long = "x".repeat(5_000);
  expect(documents.get(`${long}a`)).toEqual({ document: `${long}a` });
  expect(documents.get(`${long}b`)).toEqual({ document: `${long}b` });
});

test("a flood of new documents displaces none that came again", () => {
  const { made, documents } = counting();
  const used = documents.get("{ used }");
  documents.recall("{ used }");
  documents.get("{ once }");
  documents.get("{ once }");
  for (let n = 0; n < 5_000; n += 1) documents.get(`{ a${n} }`);
  expect(documents.recall("{ once }")).toBe(false);
  expect(documents.get("{ used }")).toBe(used);
  expect(made.filter((document) => document === "{ used }")).toHaveLength(1);
});
