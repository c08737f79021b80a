import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { GO_PACKAGES } from "../requirements.ts";

/* Readers of a ledger that know nothing of us, run as anybody would run them: they are told where it is, its key, and older checkpoints. */

/** What a reader answered: its output if all was well, its complaint if not. */
export interface Reading {
  readonly isGood: boolean;
  readonly output: string;
}

export type ReadLedger = (ledgerUrl: string, vkey: string, olderNotes?: readonly string[]) => Promise<Reading>;

/** read_ledger.py: Python with its standard library alone. */
export const readWithPython: ReadLedger = (...ledger) =>
  run("python3", [join(import.meta.dirname, "read_ledger.py")], ledger);

/** ledgerReader/main.go: Go with the packages that its own checksum database is read with, from Debian. */
export const readWithGo: ReadLedger = (...ledger) =>
  run("go", ["run", join(import.meta.dirname, "ledgerReader/main.go")], ledger, {
    GO111MODULE: "off",
    GOPATH: GO_PACKAGES,
  });

async function run(
  program: string,
  script: readonly string[],
  [ledgerUrl, vkey, olderNotes = []]: Parameters<ReadLedger>,
  environment: NodeJS.ProcessEnv = {},
): Promise<Reading> {
  const folder = mkdtempSync(join(tmpdir(), "golden-press-ledger-"));
  try {
    const files = olderNotes.map((note, index) => {
      const file = join(folder, `${index}.checkpoint`);
      writeFileSync(file, note);
      return file;
    });
    const { stdout } = await promisify(execFile)(program, [...script, ledgerUrl, vkey, ...files], {
      env: { ...process.env, ...environment },
    });
    return { isGood: true, output: stdout };
  } catch (error) {
    return { isGood: false, output: (error as { stderr?: string }).stderr ?? String(error) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
