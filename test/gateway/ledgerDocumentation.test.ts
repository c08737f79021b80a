import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testRequiring } from "../requirements.ts";
import { type LedgerPress, sizeOf, startLedgerPress } from "./ledgerPress.ts";

/* The commands of docs/ledger.md, run as they stand. */

const root = join(import.meta.dirname, "../..");
const documentation = readFileSync(join(root, "docs/ledger.md"), "utf8");

let press: LedgerPress;
let folder: string;

beforeAll(async () => {
  press = await startLedgerPress();
  folder = mkdtempSync(join(tmpdir(), "golden-press-docs-"));
  await press.publish();
});

afterAll(async () => {
  await press?.close();
  rmSync(folder, { recursive: true });
});

/** The one block of a language under a heading. */
function blockOf(heading: string, language: string): string {
  const block = new RegExp(`## ${heading}\\n[^#]*?\`\`\`${language}\\n(.*?)\`\`\``, "s").exec(documentation)?.[1];
  if (block === undefined) throw new Error(`docs/ledger.md shows no ${language} under "${heading}"`);
  return block;
}

/** The output of a command; asynchronously, because the gateway that it asks lives in this process. */
async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, LEDGER: press.ledgerUrl, VKEY: press.worker.vkey };
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(complaint).toBe("");
  return output;
}

testRequiring("curl")("curl shows the checkpoint and an entry, and keeps a proof", async () => {
  const output = await run("bash", ["-c", blockOf("With curl", "sh")], folder);
  expect(output.startsWith(press.notes[0] ?? "")).toBe(true);
  expect(JSON.parse(output.slice(press.notes[0]?.length))).toMatchObject({ type: "key.activated" });
  expect(readFileSync(join(folder, "0.tlog-proof"), "utf8")).toBe(await press.getText("proof/0"));
});

test("the SDK says what the comments say", async () => {
  const script = blockOf("With the SDK", "js").replace("@golden-press/verifier", join(root, "verifier/index.ts"));
  const said = [...script.matchAll(/; \/\/ (\w+)$/gm)].map(([, word]) => word);
  expect(said).toHaveLength(2);
  const output = await run(process.execPath, ["--input-type=module", "-e", script], root);
  expect(output).toBe(`${said.join("\n")}\n`);
});

testRequiring("python3")("Python prints what the entries say", async () => {
  const output = await run("bash", ["-c", blockOf("With Python", "sh")], root);
  expect(JSON.parse(output)).toMatchObject({ size: sizeOf(press.notes[0]), editions: {} });
});

testRequiring("golang")("Go checks it", async () => {
  expect(await run("bash", ["-c", blockOf("With Go", "sh")], root)).toMatch(/^\d+ entries, root /);
});
