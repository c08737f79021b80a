/* The commands of docs/attestations.md, run as they stand, one after the other in one shell, against a press with a gateway and a worker's part. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestCredentials } from "../attesting.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { AUDIENCE, startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { everyTestRequires } from "../requirements.ts";
import { cleanEnvironment, PRESS } from "./support.ts";

everyTestRequires("curl", "openssl", "python3");

const root = join(import.meta.dirname, "../..");
const documentation = readFileSync(join(root, "docs/attestations.md"), "utf8");
const SECRET = "a secret that is shared by the documentation alone";

let database: TestDatabase;
let gateway: TestGateway;
let worker: TestCredentials;
let folder: string;
/** What each block of commands printed, by the heading that it stands under. */
let printed: Map<string, string[]>;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database, {
    jwt: { key: { secret: Buffer.from(SECRET) }, audience: AUDIENCE, roleClaim: "role" },
  });
  worker = await TestCredentials.start(database, gateway.url);
  await worker.rotate(); // Whoever takes any key of the press takes the wrong one.
  folder = mkdtempSync(join(tmpdir(), "golden-press-docs-"));
  for (const name of ["node_modules", "test"]) symlinkSync(join(root, name), join(folder, name));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts: { press: `node ${PRESS}` } }));
  printed = await runAll();
}, 180_000);

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Every block of commands with its heading, in the order of the document. */
function blocks(): { heading: string; commands: string }[] {
  return documentation.split(/^##+ /m).flatMap((section) => {
    const heading = section.slice(0, section.indexOf("\n"));
    return [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, commands = ""]) => ({ heading, commands }));
  });
}

async function runAll(): Promise<Map<string, string[]>> {
  const all = blocks();
  const mark = "--- the next block ---";
  // A person looks again until the worker has done its part; so does this.
  const signed = `for look in {1..60}; do [ "$(npm run --silent press -- sql --raw 'select count(document) from press.credentials')" = 1 ] && break; done`;
  const published = `for look in {1..60}; do npm run --silent press -- credential verify credential.json --did ${gateway.url} | grep -q REVOKED && break; done`;
  const script = all
    .map(({ commands }) => commands.replaceAll("http://127.0.0.1:5678", gateway.url))
    .map((commands) => commands.replace(/(credential revoke .*)\n/, `$1\n${published}\n`))
    .map((commands) => commands.replace(/(submitAttestation.*)\n/, `$1\n${signed}\n`))
    .join(`\necho "${mark}"\n`);
  const env = { ...cleanEnvironment(), DATABASE_URL: database.url("operator"), JWT_SECRET: SECRET };
  const child = spawn("bash", ["-c", `exec 2>&1\n${script}`], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  const working = new AbortController();
  const output = text(child.stdout).finally(() => working.abort());
  while (!working.signal.aborted) {
    await worker.work();
    await sleep(50);
  }
  const answers = new Map<string, string[]>();
  for (const [index, answer] of (await output).split(`${mark}\n`).entries()) {
    const { heading = "" } = all[index] ?? {};
    answers.set(heading, [...(answers.get(heading) ?? []), answer]);
  }
  return answers;
}

const answersOf = (heading: string) => printed.get(heading) ?? expect.unreachable(`nothing under "${heading}"`);

describe("docs/attestations.md, by its commands", () => {
  test("a person begins, submits, and sees what came of it", () => {
    const [begun = "", submitted = "", seen = ""] = answersOf("For somebody who proves something");
    expect(JSON.parse(begun)).toEqual({
      data: {
        beginAttestation: {
          challenge: { nonce: expect.stringMatching(/^[0-9a-f]{64}$/), expiresAt: expect.any(String) },
        },
      },
    });
    expect(JSON.parse(submitted)).toMatchObject({
      data: { submitAttestation: { attestation: { status: "submitted" } } },
    });
    expect(JSON.parse(seen)).toMatchObject({
      data: {
        attestations: { nodes: [{ kind: "repository", status: "verified", violations: [] }] },
        credentials: {
          nodes: [
            { kind: "repository", trustLevel: 2, status: "signed", document: expect.stringContaining('"proof"') },
          ],
        },
      },
    });
  });

  test("an operator does it at a desk", () => {
    const [answer = ""] = answersOf("At a desk");
    expect(answer).toMatch(
      /bert puts this line into the file golden-press\.txt[\s\S]*\n[0-9a-f]{64}\nSubmitted evidence for bert[\s\S]*Verified: credential [\s\S]*Wrote credential\.json\.\n$/,
    );
  });

  test("an edition demands a trust level", () => {
    const [answer = ""] = answersOf("An edition that demands something");
    expect(answer).toContain("Issued ticket 1 of makers-only to bert.");
    expect(answer).toMatch(/NOT_ELIGIBLE[\s\S]*It demands the trust level 2, and the holder has 0\./);
  });

  test("the rules are shown, changed and tried", () => {
    const [changed = "", tried = ""] = answersOf("The rules");
    expect(changed).toContain(
      "in force: rule set 2: repository_age_days 60, repository_size_kb 100, account_age_days 90, checks_per_hour 3",
    );
    expect(tried).toMatch(/repository_too_young +│ made at .* │ at least 60 days old/);
  });

  test("a credential is verified by the command, by hand and with Python", () => {
    expect(answersOf("With the command")[0]).toMatch(/^valid: credential .*; not revoked by the list of /);
    expect(answersOf("By hand")).toEqual([
      expect.stringMatching(/^Signature Verified Successfully\n$/),
      expect.stringMatching(/^Signature Verified Successfully\nnot revoked by the list of \S+Z\n$/),
    ]);
    expect(answersOf("With Python")[0]).toBe(
      "credential.json: signed\nlist.json: signed\ncredential.json: unrevoked\n",
    );
  });

  test("a credential is revoked, and seen as revoked", () => {
    const [answer = ""] = answersOf("Revocation");
    expect(answer).toMatch(/^(revoked: credential \S+: The account was sold\n|Holder .*\n){2}invalid: REVOKED: /);
  });

  test("a holder is deactivated, active again, and forgotten", () => {
    expect(answersOf("Deactivating somebody")[0]).toMatch(
      /^deactivated: holder \S+: Sold tickets at the door\nactive: holder \S+\n$/,
    );
    expect(answersOf("Forgetting a person")[0]).toMatch(/^forgotten: holder \S+\n$/);
  });

  test("names every violation of the register, and every threshold with what it is at first", async () => {
    const owner = database.pool("owner");
    const register = await owner.query<{ name: string }>("select name from press_private.attestation_violations()");
    for (const { name } of register.rows) expect(documentation).toMatch(new RegExp(`^\\|.*\`${name}\`.*\\|`, "m"));
    const rules = await owner.query("select * from press.rule_sets where id = 1");
    for (const name of ["repository_age_days", "repository_size_kb", "account_age_days", "checks_per_hour"]) {
      expect(documentation).toContain(`| \`${name}\` | ${rules.rows[0][name]} |`);
    }
  });
});
