import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import type pg from "pg";

const BLOCK = 512;

/**
 * Loads pgTAP into a schema `tap` that everybody may use. It is plain SQL from an npm package, so it works on any server
 * and needs no extension installed there.
 */
export async function installPgTap(client: pg.Client): Promise<void> {
  const index = createRequire(import.meta.url).resolve("@electric-sql/pglite-pgtap");
  const archive = join(dirname(index), "pgtap.tar.gz");
  const files = gunzipSync(await readFile(archive));
  const source = fileInTar(files, /(^|\/)pgtap--\d+\.\d+\.\d+\.sql$/);
  await client.query(`
    create schema tap;
    grant usage on schema tap to public;
    set search_path = tap;
    ${source};
    reset search_path`);
}

/** The first file of a tar archive whose path matches. A header block has the path at 0 and the octal size at 124. */
function fileInTar(archive: Buffer, path: RegExp): string {
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const field = (from: number, length: number) =>
      archive.toString("latin1", at + from, at + from + length).replace(/\0.*$/, "");
    const size = Number.parseInt(field(124, 12), 8) || 0;
    if (path.test(field(0, 100))) {
      return archive.toString("utf8", at + BLOCK, at + BLOCK + size);
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new Error("pgTAP is not in its package any more");
}
