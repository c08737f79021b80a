/** The documents that the dashboard sends, as text: where a gateway answers no others than those that it knows, it knows these. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { DocumentNode } from "graphql";
import { readBuiltOperations } from "./bundle.ts";

/** Every document of the dashboard, to the character as its pages send it: as it was built, or else from its sources. */
export async function loadOperations(): Promise<readonly string[]> {
  return (await readBuiltOperations()) ?? collectOperations();
}

/** The same, from the sources. */
export async function collectOperations(): Promise<readonly string[]> {
  const { createRequest, stringifyDocument } = await import("urql");
  const names = await readdir(import.meta.dirname, { recursive: true });
  const texts: string[] = [];
  for (const name of names.filter((file) => file.endsWith("Documents.ts")).toSorted()) {
    for (const document of Object.values(await import(join(import.meta.dirname, name)))) {
      if (!hasOperation(document as DocumentNode)) continue;
      texts.push(stringifyDocument(createRequest(document as DocumentNode, {}).query));
    }
  }
  return texts;
}

/** Others are fragments that several documents share. */
function hasOperation({ definitions }: DocumentNode): boolean {
  return definitions.some(({ kind }) => kind === "OperationDefinition");
}
