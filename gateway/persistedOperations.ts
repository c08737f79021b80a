/**
 * The documents that clients may send where an operator has said which: those of a folder, and the press's own. A document is known by the SHA-256 of
 * its text, so a client sends that, or the text itself, and whatever else it sends is refused before it is read.
 */
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { ParsedGraphQLBody } from "postgraphile/grafserv";
import { type GraphQLError, parse } from "postgraphile/graphql";
import { loadOperations } from "./dashboard/operations.ts";
import { FIRST_TICKET } from "./firstTicket.ts";

/** Documents by their ids. */
export type PersistedOperations = ReadonlyMap<string, string>;

/** The id of a document: the SHA-256 of its text without the white space around it, in hex. */
export function idOfDocument(document: string): string {
  return createHash("sha256").update(document.trim()).digest("hex");
}

/**
 * Which document a request means: by `documentId` (GraphQL over HTTP's draft of persisted documents, Relay), by
 * `extensions.persistedQuery.sha256Hash` (Apollo), or by its text. Undefined: none.
 */
export function idOfRequest({ documentId, extensions, query }: ParsedGraphQLBody): string | undefined {
  const persistedQuery = (extensions as { persistedQuery?: { sha256Hash?: unknown } } | undefined)?.persistedQuery;
  const given = documentId ?? persistedQuery?.sha256Hash;
  if (given != null) return typeof given === "string" ? given.replace(/^sha256:/, "") : undefined;
  return typeof query === "string" && query !== "" ? idOfDocument(query) : undefined;
}

/**
 * Reads the documents of a folder, and adds the press's own: the dashboard's, and what a start shows to try.
 *
 * `*.graphql` files have a document each; `*.json` files are manifests, objects of ids and documents, as the tools of clients write them. Other files are none
 * of ours.
 *
 * @throws {Error} with one clear sentence when the folder or a file cannot be read, or something in it is no document
 */
export async function readPersistedOperations(folder: string): Promise<PersistedOperations> {
  const operations = new Map<string, string>();
  for (const document of [...(await loadOperations()), FIRST_TICKET]) operations.set(idOfDocument(document), document);
  for (const name of (await readNames(folder)).toSorted()) {
    const file = join(folder, name);
    if (name.endsWith(".graphql")) add(operations, file, await readText(file));
    if (!name.endsWith(".json")) continue;
    for (const [id, document] of manifestEntries(file, await readText(file))) add(operations, file, document, id);
  }
  return operations;
}

/** Also under its id in a manifest, which may be another hash, or a name. */
function add(operations: Map<string, string>, file: string, document: string, id?: string): void {
  try {
    parse(document);
  } catch (error) {
    const { message, locations } = error as GraphQLError;
    const place = id === undefined ? `${file}, line ${locations?.[0]?.line ?? 1}` : `${file}, document "${id}"`;
    throw broken(`${place} is no document of GraphQL (${message})`);
  }
  for (const name of [idOfDocument(document), ...(id === undefined ? [] : [id.replace(/^sha256:/, "")])]) {
    const known = operations.get(name);
    if (known !== undefined && known.trim() !== document.trim())
      throw broken(`${file} has another document under the id "${name}" than a file before it`);
    operations.set(name, document);
  }
}

function manifestEntries(file: string, text: string): [id: string, document: string][] {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw broken(`${file} is no JSON (${(error as Error).message})`);
  }
  const entries = typeof manifest === "object" && manifest !== null ? Object.entries(manifest) : [];
  if (Array.isArray(manifest) || entries.length === 0 || entries.some(([, document]) => typeof document !== "string"))
    throw broken(`${file} is no manifest: an object whose members are documents, by their ids`);
  return entries as [string, string][];
}

async function readNames(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `The folder of PERSISTED_OPERATIONS_DIR cannot be read: ${folder} (${error.code}). Make it, or unset the variable.`,
    );
  });
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw broken(`${basename(file)} cannot be read (${error.code})`);
  });
}

function broken(what: string): Error {
  return new Error(`PERSISTED_OPERATIONS_DIR: ${what}. Mend the file, or take it out of the folder.`);
}
