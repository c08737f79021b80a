/* Every document of the dashboard is one that the gateway understands, and within its limits. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildSchema, type DocumentNode, parse, print, specifiedRules, validate } from "postgraphile/graphql";
import { expect, it } from "vitest";
import { documentCostRule } from "../../gateway/limits.ts";

const GATEWAY = join(import.meta.dirname, "../../gateway");
const schema = buildSchema(await readFile(join(GATEWAY, "schema.graphql"), "utf8"));

const files = (await readdir(join(GATEWAY, "dashboard"), { recursive: true })).filter((file) =>
  file.endsWith("Documents.ts"),
);
const documents: [name: string, document: DocumentNode][] = [];
for (const file of files) {
  for (const [name, value] of Object.entries(await import(join(GATEWAY, "dashboard", file)))) {
    documents.push([`${file} ${name}`, value as DocumentNode]);
  }
}
const operations = documents.filter(([, { definitions }]) => definitions[0]?.kind === "OperationDefinition");

it("there are some of each kind", () => {
  const kinds = operations.map(([, { definitions }]) => (definitions[0] as { operation?: string }).operation);
  expect(new Set(kinds)).toEqual(new Set(["query", "mutation", "subscription"]));
});

it.each(operations)("%s is understood, and asks for no more than one may", (_, document) => {
  const sent = parse(print(document));
  expect(validate(schema, sent, [...specifiedRules, documentCostRule])).toEqual([]);
});
