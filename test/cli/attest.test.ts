/* Attestations and the rules at the command line: an operator begins a proof for somebody, submits it, and hears everything that stands in its way. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VIOLATIONS } from "../../attestationRegister.ts";
import { TestCredentials } from "../attesting.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { press } from "./support.ts";

const TOKEN = "e30.e30.c2ln";

let database: TestDatabase;
let worker: TestCredentials;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  worker = await TestCredentials.start(database);
  folder = await mkdtemp(join(tmpdir(), "golden-press-attest-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

const run = (...args: string[]) => press(args, { DATABASE_URL: database.url("operator") });
const begin = (kind: string, subject: string) => run("attest", "--kind", kind, "--for", subject);

/** A command that waits for the worker, and a worker that finds these facts meanwhile. */
async function withWorker(facts: object | undefined, ...args: string[]) {
  const working = new AbortController();
  const answer = run(...args).finally(() => working.abort());
  while (!working.signal.aborted) {
    await worker.decide(facts);
    await worker.sign();
    await sleep(20);
  }
  return answer;
}

describe("a proof that is begun", () => {
  test.each(["oidc", "repository"])(
    "has its number on the standard output, and says what to do with it: %s",
    async (kind) => {
      const first = await begin(kind, "ann");
      expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/) });
      expect(first.stderr).toContain(kind === "oidc" ? "signs in at a provider" : "the file golden-press.txt");
      expect(first.stderr).toContain(`golden-press attest --kind ${kind} --for ann --address ADDRESS --evidence`);
      expect((await begin(kind, "ann")).stdout).toBe(first.stdout);
      expect((await begin(kind, "bert")).stdout).not.toBe(first.stdout);
    },
  );
});

test("the command that comes next names somebody in one word of the shell, whatever they are called", async () => {
  const subject = "Cleo O'Neil; $(id)";
  const { stderr } = await begin("repository", subject);
  const [, words = ""] = /^Then: golden-press (.*)$/m.exec(stderr) ?? [];
  const { stdout } = await promisify(execFile)("sh", ["-c", `printf '%s\\n' ${words}`]);
  expect(stdout.split("\n")).toContain(subject);
});

describe("evidence that holds", () => {
  test("gives a credential, the same for the same request key, on the standard output or in a file", async () => {
    await begin("repository", "cleo");
    const requestKey = randomUUID();
    const args = [
      "attest",
      "--kind",
      "repository",
      "--for",
      "cleo",
      "--address",
      "192.0.2.1",
      "--request-key",
      requestKey,
    ];
    const first = await withWorker(undefined, ...args, "--evidence", "cleo/press");
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{"@context":.*\}\n$/) });
    expect(first.stderr).toMatch(
      /^Submitted evidence for cleo: attestation [0-9a-f-]{36}\.\nVerified: credential [0-9a-f-]{36}\.\n$/,
    );
    expect(await run(...args, "--evidence", "cleo/press")).toEqual(first);

    const file = join(folder, "cleo.json");
    const written = await run(...args, "--evidence", "cleo/press", "--out", file);
    expect(written).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining(`Wrote ${file}.\n`) });
    expect(`${await readFile(file, "utf8")}\n`).toBe(first.stdout);
    const again = await run(...args, "--evidence", "cleo/press", "--out", file);
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("it exists already")]);
  });

  test("may be a token on the standard input, where no list of processes shows it", async () => {
    await begin("oidc", "dora");
    const args = [
      "attest",
      "--kind",
      "oidc",
      "--for",
      "dora",
      "--address",
      "192.0.2.2",
      "--evidence",
      "-",
      "--no-wait",
    ];
    const submitted = await press(args, { DATABASE_URL: database.url("operator") }, `${TOKEN}\n`);
    expect(submitted).toMatchObject({ code: 0, stdout: "", stderr: expect.stringContaining("The worker decides") });
    await worker.work();
    const { rows } = await database
      .pool("operator")
      .query("select h.trust_level from press.holders h where h.subject = 'dora'");
    expect(rows).toEqual([{ trust_level: 1 }]);
  });

  test("that nothing decides in time is submitted all the same, and the same command waits again", async () => {
    await begin("oidc", "emil");
    const requestKey = randomUUID();
    const args = ["attest", "--kind", "oidc", "--for", "emil", "--address", "192.0.2.3", "--request-key", requestKey];
    const evidence = ["--evidence", "e30.ZW1pbA.c2ln"];
    const first = await run(...args, ...evidence, "--wait", "0");
    expect(first.stderr).toContain(`the same command with --request-key ${requestKey} tells`);
    const second = await run(...args, ...evidence, "--wait", "1");
    expect([second.code, second.stdout]).toEqual([1, ""]);
    expect(second.stderr).toContain("Nothing decided and signed it within 1 s: is a worker running");
    expect(second.stderr).toContain(`the same command with --request-key ${requestKey} waits again`);
    expect(await withWorker(undefined, ...args, ...evidence)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"oidc"'),
    });
  });
});

describe("evidence that is rejected", () => {
  test("has every reason said at once, with what was found and what is demanded", async () => {
    await begin("repository", "fay");
    const day = 86_400_000;
    const ago = (days: number) => new Date(Date.now() - days * day).toISOString();
    const facts = { repository_created_at: ago(3), repository_size_kb: 7, account_created_at: ago(4) };
    const submit = [
      "attest",
      "--kind",
      "repository",
      "--for",
      "fay",
      "--evidence",
      "fay/press",
      "--address",
      "2001:db8::1",
    ];
    await begin("oidc", "gus");
    await run(
      "attest",
      "--kind",
      "oidc",
      "--for",
      "gus",
      "--evidence",
      "e30.Z3Vz.c2ln",
      "--address",
      "2001:db8::2",
      "--no-wait",
    );
    const { code, stdout } = await withWorker(facts, ...submit);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split("\n")).toEqual([
      expect.stringMatching(
        /^rejected: repository_too_young: The repository is too young\. Found: made at .*Z; demanded: at least 30 days old\. Wait until it is old enough, or take an older one\.$/,
      ),
      `rejected: repository_too_small: The repository is too small. Found: 7 KB; demanded: at least 100 KB. ${VIOLATIONS.repository_too_small?.hint}`,
      expect.stringMatching(
        /^rejected: account_too_young: .*; demanded: at least 90 days old\. Wait until it is old enough\.$/,
      ),
      expect.stringMatching(
        /^rejected: address_checked_too_often: .* 2 .*; demanded: at most 1 within an hour\. Submit it again after an hour, or from elsewhere\.$/,
      ),
    ]);
  });

  test("says why it does not hold", async () => {
    const cases: [string, object, string | null, string][] = [
      [
        "hal",
        { problem: "There is no such repository." },
        null,
        `evidence_invalid: The evidence does not hold. There is no such repository. ${VIOLATIONS.evidence_invalid?.hint}`,
      ],
      [
        "ian",
        {},
        "0".repeat(64),
        `nonce_invalid: ${VIOLATIONS.nonce_invalid?.sentence} ${VIOLATIONS.nonce_invalid?.hint}`,
      ],
    ];
    for (const [subject, facts, nonce, said] of cases) {
      await begin("oidc", subject);
      const evidence = `e30.${Buffer.from(subject).toString("base64url")}.c2ln`;
      const submit = [
        "attest",
        "--kind",
        "oidc",
        "--for",
        subject,
        "--evidence",
        evidence,
        "--address",
        `2001:db8:0:${subject === "hal" ? 1 : 2}::1`,
      ];
      const again = [...submit, "--request-key", randomUUID()];
      const { stderr } = await run(...again, "--no-wait");
      const id = /attestation ([0-9a-f-]{36})/.exec(stderr)?.[1];
      const proof = nonce === null ? null : `{"issuer":"https://id.test","kind":"oidc","subject":"${subject}"}`;
      const problem = nonce === null ? "evidence_invalid" : null;
      await database
        .pool("press_worker")
        .query("select press_worker.verify_attestation($1, $2, $3, $4, $5)", [id, proof, nonce, facts, problem]);
      expect(await run(...again)).toMatchObject({ code: 1, stdout: `rejected: ${said}\n` });
    }
  });
});

test("the rules are shown and changed, one threshold or several, and decisions say by which they were made", async () => {
  const shown = await run("rules", "show");
  expect(shown.code).toBe(0);
  const [names, , row] = shown.stdout.split("\n").map((line) => line.split("│").map((cell) => cell.trim()));
  expect(names).toEqual([
    "id",
    "repository_age_days",
    "repository_size_kb",
    "account_age_days",
    "checks_per_hour",
    "activated_at",
    "rule_set_hash",
  ]);
  expect(row?.slice(1, 5)).toEqual(["30", "100", "90", "1"]);

  const set = await run("rules", "set", "--repository-size-kb", "5", "--checks-per-hour", "3");
  expect(set).toMatchObject({ code: 0, stderr: "" });
  const said =
    /^in force: rule set 2: repository_age_days 30, repository_size_kb 5, account_age_days 90, checks_per_hour 3 \([0-9a-f]{64}\)\n$/;
  expect(set.stdout).toMatch(said);
  expect(await run("rules", "set", "--checks-per-hour", "3")).toEqual(set);
  const latest = (await run("rules", "show")).stdout.split("\n")[2];
  expect(latest?.split("│").map((cell) => cell.trim())).toEqual([
    "2",
    "30",
    "5",
    "90",
    "3",
    expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    expect.stringMatching(/^[0-9a-f]{64}$/),
  ]);

  await begin("repository", "ida");
  const facts = {
    repository_created_at: "2020-01-01T00:00:00Z",
    repository_size_kb: 5,
    account_created_at: "2020-01-01T00:00:00Z",
  };
  const submit = [
    "attest",
    "--kind",
    "repository",
    "--for",
    "ida",
    "--evidence",
    "ida/press",
    "--address",
    "192.0.2.9",
  ];
  expect((await withWorker(facts, ...submit)).code).toBe(0);
});

test("what was typed wrongly is said, and nothing is submitted", async () => {
  const attest = ["attest", "--kind", "repository", "--for", "jo"];
  const cases: [string[], number, string][] = [
    [["attest"], 2, "--kind"],
    [["attest", "--kind", "passport", "--for", "jo"], 2, "Allowed choices are oidc, repository"],
    [["attest", "--kind", "oidc"], 2, "--for"],
    [[...attest, "--evidence", "jo/press"], 2, "--address is missing"],
    [[...attest, "--evidence", "jo/press", "--address", "192.0.2.5", "--request-key", "once"], 2, "It must be a UUID"],
    [[...attest, "--evidence", "jo", "--address", "192.0.2.5"], 1, "INVALID_INPUT"],
    [[...attest, "--evidence", "jo/press", "--address", "home"], 1, "INVALID_INPUT"],
    [
      ["attest", "--kind", "oidc", "--for", "jo", "--evidence", "no token", "--address", "192.0.2.5"],
      1,
      "INVALID_INPUT",
    ],
    [["rules", "set"], 2, "Say which threshold is to be another"],
    [["rules", "set", "--checks-per-hour", "many"], 2, "It must be a whole number"],
    [["rules", "set", "--checks-per-hour", "0"], 1, "INVALID_INPUT"],
  ];
  for (const [args, code, said] of cases) {
    const answer = await run(...args);
    expect([answer.code, answer.stdout, answer.stderr], args.join(" ")).toEqual([
      code,
      "",
      expect.stringContaining(said),
    ]);
  }
  const { rows } = await database
    .pool("operator")
    .query("select from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'jo'");
  expect(rows).toEqual([]);
});
