/* A whole press as `npm start` runs it: from nothing to a verified ticket, stopped, killed, and started again. The tests of this file build
   on each other, because every one of them needs the press that the one before left. */

import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, open, readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CheckpointFile } from "../../worker/checkpointStore.ts";
import { launch, press, type Running } from "../cli/support.ts";
import { until } from "../worker/support.ts";

let folder: string;
let home: string;
let running: Running;
let url: string;
let publicKey: string;
let ticketFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-start-"));
  await chmod(folder, 0o755); // Started by root, PostgreSQL runs as another user, who must be able to enter.
  home = join(folder, "home");
  ticketFile = join(folder, "ticket.json");
});
afterAll(async () => {
  running.child.kill("SIGKILL");
  await until(async () => (await processes("press.ts")).length === 0);
  for (const { pid } of await processes("postgres -D")) process.kill(pid, "SIGQUIT");
  await until(async () => (await processes("")).length === 0);
  await rm(folder, { recursive: true });
});

const settings = () => ({ GOLDEN_PRESS_HOME: home, PORT: "0" });
const inPress = (...args: string[]) => press(args, settings());

/** Starts the press of the folder and waits until it says that it runs. */
async function startPress(...options: string[]): Promise<void> {
  running = launch(["start", ...options], settings());
  let hasEnded = false;
  void running.ended.then(() => {
    hasEnded = true;
  });
  await until(() => running.output.includes("The press is running.") || hasEnded);
  url = /GraphQL +(http:\S+)\/graphql/.exec(running.output)?.[1] ?? "";
  publicKey = /--key ([0-9a-f]{64})/.exec(running.output)?.[1] ?? "";
  expect([url, publicKey], running.output).toEqual([
    expect.stringMatching(/^http:/),
    expect.stringMatching(/^[0-9a-f]{64}$/),
  ]);
}

/** The processes of this folder's press whose command line contains a text: they have the folder in it, or in their environment. */
async function processes(text: string): Promise<{ pid: number; command: string; environment: string }[]> {
  const found = [];
  for (const name of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)) {
    const read = (file: string) => readFile(`/proc/${name}/${file}`, "utf8").catch(() => "");
    const [command, environment, workingFolder] = await Promise.all([
      read("cmdline"),
      read("environ"),
      readlink(`/proc/${name}/cwd`).catch(() => ""),
    ]);
    // It ended while it was read: what has ended for longer has nothing to read at all.
    if (command === "") continue;
    const isOurs = [command, environment, workingFolder].some((place) => place.includes(home));
    if (isOurs && command.replaceAll("\0", " ").includes(text))
      found.push({ pid: Number(name), command: command.replaceAll("\0", " "), environment });
  }
  return found;
}

/** To one process that must be there: the number 0 would mean the tests themselves. */
function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (!pid) throw new Error(`There is no process to send ${name} to.`);
  process.kill(pid, name);
}

async function graphql(token: string, query: string): Promise<Record<string, unknown>> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query }) });
  return (await answer.json()) as Record<string, unknown>;
}

const ISSUE = `mutation {
  issueTicket(input: { editionSlug: "golden-ticket" }) { ticket { ticketNumber } envelope(waitMilliseconds: 10000) }
}`;

async function issueOverGraphql(subject: string): Promise<Record<string, unknown>> {
  const { stdout } = await inPress("token", "--sub", subject);
  return graphql(stdout.trim(), ISSUE);
}

describe("from nothing", () => {
  test("starts, says where to look, and is alive and ready", async () => {
    await startPress();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await (await fetch(`${url}/keys`)).text()).trim()).toBe(publicKey);
    expect(running.output).toContain("edition   golden-ticket, open: 5 of 5 left");
    expect(running.output).toContain("edition   summer-raffle, open: 100 of 100 left");
    const waiting = "ID tokens (ATTESTATION_ISSUERS); repositories (REPOSITORY_API_URL); credentials (PUBLIC_URL,";
    expect(running.output.split("\n").filter((line) => line.includes("warning"))).toEqual([
      expect.stringContaining(
        `worker    warning: Attestations and credentials wait where this worker lacks what they take: ${waiting}`,
      ),
    ]);
    const { stdout } = await inPress(
      "sql",
      "--raw",
      "select slug, cap, per_holder_limit, draw_mode from press.editions order by slug",
    );
    expect(stdout).toBe("golden-ticket\t5\t1\tnone\nsummer-raffle\t100\t2\trandom_int\n");
  });

  test("shows the dashboard first, at which whoever sits here signs in under any name", async () => {
    expect(running.output).toMatch(/nothing is lost\.\n\n {2}Dashboard +http:\/\/127\.0\.0\.1:\d+\/\n/);
    const page = await fetch(`${url}/`, { headers: { accept: "text/html" } });
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const signedIn = await fetch(`${url}/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url },
      body: JSON.stringify({ name: "somebody", operator: true }),
    });
    expect(await signedIn.json()).toMatchObject({
      signedIn: true,
      subject: "somebody",
      role: "operator",
      signIn: "trial",
    });
  });

  test("a ticket over GraphQL comes with its signed envelope, which verifies offline", async () => {
    const answer = await issueOverGraphql("alice");
    expect(answer.errors).toBeUndefined();
    const { issueTicket } = answer.data as { issueTicket: { ticket: { ticketNumber: number }; envelope: string } };
    expect(issueTicket.ticket.ticketNumber).toBe(1);
    const verdict = await press(["verify", "-", "--key", publicKey], {}, issueTicket.envelope);
    expect([verdict.code, verdict.stdout]).toEqual([
      0,
      expect.stringMatching(/^valid: ticket 1 of golden-ticket for alice, issued /),
    ]);
  });

  test("a ticket by command is written byte for byte, and the same request key gives the same ticket", async () => {
    const key = ["--request-key", "7f3f7a60-0000-4000-8000-000000000001"];
    const issued = await inPress("issue", "golden-ticket", "--to", "bob", "--out", ticketFile, ...key);
    expect([issued.code, issued.stderr]).toEqual([
      0,
      `Issued ticket 2 of golden-ticket to bob.\nWrote ${ticketFile}.\n`,
    ]);
    const envelope = await readFile(ticketFile, "utf8");
    expect(envelope).toMatch(/^\{.*\}$/);
    const again = await inPress("issue", "golden-ticket", "--to", "bob", ...key);
    expect([again.code, again.stdout]).toEqual([0, `${envelope}\n`]);
    expect((await inPress("verify", ticketFile, "--key", publicKey)).code).toBe(0);
    const over = await inPress("issue", "golden-ticket", "--to", "bob", "--out", ticketFile, ...key);
    expect([over.code, over.stderr]).toEqual([1, expect.stringContaining("it exists already")]);
  });

  test("a ticket by SQL, as an operator and as a psql login would", async () => {
    const { code, stdout } = await inPress(
      ...["sql", "--as", "operator"],
      "select ticket_number, status from press.issue_ticket('golden-ticket', recipient => 'carol')",
    );
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^ticket_number │ status\n─+┼─+\n {12}3 │ pending\n\(1 row\)\n$/),
    ]);
  });

  test("ticket 6 is refused by name: over GraphQL, by command and by SQL", async () => {
    await inPress("issue", "golden-ticket", "--to", "dave");
    await inPress("issue", "golden-ticket", "--to", "erin");
    const { errors } = (await issueOverGraphql("frank")) as {
      errors: { message: string; extensions: { code: string } }[];
    };
    expect(errors.map((error) => error.extensions.code)).toEqual(["CAP_REACHED"]);
    const command = await inPress("issue", "golden-ticket", "--to", "frank");
    expect([command.code, command.stdout, command.stderr]).toEqual([
      1,
      "",
      expect.stringMatching(/^golden-press: CAP_REACHED: /),
    ]);
    const sql = await inPress(
      "sql",
      "--as",
      "operator",
      "select press.issue_ticket('golden-ticket', recipient => 'frank')",
    );
    expect([sql.code, sql.stdout]).toEqual([1, ""]);
    expect(sql.stderr).toMatch(/^ERROR PRCAP: CAP_REACHED: .+\nDETAIL: .+\nHINT: .+\n$/);
  });

  test("several tickets at once: one envelope a line, or one numbered file each", async () => {
    const printed = await inPress("issue", "summer-raffle", "--to", "gina", "--quantity", "2");
    expect(printed.stdout.match(/"ticket_number":\d+/g)).toEqual(['"ticket_number":1', '"ticket_number":2']);
    const out = join(folder, "raffle.json");
    await inPress("issue", "summer-raffle", "--to", "hugo", "--quantity", "2", "--out", out);
    for (const number of [3, 4]) {
      const verdict = await inPress("verify", join(folder, `raffle-${number}.json`), "--key", publicKey);
      expect(verdict.stdout).toMatch(new RegExp(`^valid: ticket ${number} of summer-raffle for hugo`));
    }
    const ids = await inPress("issue", "summer-raffle", "--to", "ida", "--no-wait");
    expect([ids.code, ids.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
  });
});

describe("the commands of a running press", () => {
  test.each([
    ["owner", "postgres"],
    ["operator", "operator"],
    ["auditor", "press_auditor"],
    ["gateway", "press_gateway"],
    ["worker", "press_worker"],
  ])("database-url --as %s is a URL that connects as %s", async (as, login) => {
    const { stdout } = await inPress("database-url", "--as", as);
    const { code, stdout: user } = await press(["sql", "--raw", "select session_user"], {
      DATABASE_URL: stdout.trim(),
    });
    expect([code, user]).toEqual([0, `${login}\n`]);
  });

  test("sql reads statements from its standard input, and shows what each gave", async () => {
    const statements =
      "create temporary table t (n integer); insert into t values (1), (2); select n as number, null as nothing from t;";
    const { code, stdout } = await press(["sql"], settings(), statements);
    expect([code, stdout]).toEqual([
      0,
      "CREATE\nINSERT 2\nnumber │ nothing\n───────┼────────\n     1 │\n     2 │\n(2 rows)\n",
    ]);
  });

  test("sql as the auditor reads and changes nothing", async () => {
    const { code, stderr } = await inPress("sql", "--as", "auditor", "update press.tickets set status = 'revoked'");
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^ERROR 25006: cannot execute UPDATE in a read-only transaction\n/),
    ]);
  });

  test("migrate changes nothing, and says so", async () => {
    const { code, stdout } = await inPress("migrate");
    expect([code, stdout]).toEqual([0, "The database is up to date.\n"]);
  });

  test("keys list shows the keys that sign, and what for", async () => {
    const { stdout } = await inPress("keys", "list");
    expect(stdout).toMatch(new RegExp(`│ ${publicKey} +│ ticket +│`));
    expect(stdout).toMatch(/│ [0-9a-f]{64} +│ checkpoint +│/);
  });

  test("ledger status shows what is in the checkpoint store; the gateway serves it, under the key that it says", async () => {
    const stored = new CheckpointFile(join(home, "checkpoint"));
    let status = "";
    await until(async () => {
      status = (await inPress("ledger", "status")).stdout;
      const size = (await stored.read())?.checkpoint.size;
      return status.includes(`size       ${size} entries\n`) && status.includes(`checkpoint ${size} entries, signed `);
    });
    const { vkey, note } = (await stored.read()) ?? { vkey: "", note: "" };
    expect(status).toMatch(/^origin +golden-press\.local\/ledger$/m);
    expect(status).toContain(`vkey       ${vkey}\n`);
    expect(status).toMatch(/^press +runs$/m);
    expect((await (await fetch(`${url}/ledger/vkey`)).text()).trim()).toBe(vkey);
    await until(async () => (await (await fetch(`${url}/ledger/checkpoint`)).text()) === note);
    expect(running.output).toContain(`Ledger       ${url}/ledger/checkpoint\n`);
  });

  test("a second start in the same folder is refused, and the first goes on", async () => {
    const second = await inPress("start");
    expect([second.code, second.stderr]).toEqual([
      1,
      expect.stringContaining(`Another Golden Press is running on ${home}.`),
    ]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe("secrets", () => {
  test("are in files for their owner only", async () => {
    for (const file of ["press.json", "jwt-secret", "signing-key.pem", "checkpoint-key.pem", "credential-key.pem"]) {
      expect((await stat(join(home, file))).mode & 0o777, file).toBe(0o600);
    }
  });

  test("the signing keys are in no argument, environment, log, job or session; the secret of the tokens not in the worker's", async () => {
    const readPem = async (file: string) => (await readFile(join(home, file), "utf8")).split("\n")[1] ?? "?";
    const pems = await Promise.all(["signing-key.pem", "checkpoint-key.pem", "credential-key.pem"].map(readPem));
    const seeds = pems.map((pem) => Buffer.from(pem, "base64").subarray(-32));
    const jwtSecret = (await readFile(join(home, "jwt-secret"), "utf8")).trim();
    const places = [running.output];
    for (const { command, environment } of await processes("")) places.push(command, environment);
    const { stdout } = await inPress(
      "sql",
      "select * from pg_stat_activity; select * from graphile_worker._private_jobs",
    );
    places.push(stdout, await readFile(join(home, "postgres", "server.log"), "utf8"));
    const texts = seeds.flatMap((seed) => [seed.toString("hex"), seed.toString("base64")]);
    for (const secret of [...pems, ...texts, jwtSecret]) expect(places.join("\n")).not.toContain(secret);
    const [worker] = await processes("press.ts worker");
    const [gateway] = await processes("press.ts gateway");
    expect(worker?.environment).toContain("DATABASE_URL=");
    expect(worker?.environment).not.toMatch(/JWT_|[^R]_DATABASE_URL=.*press_gateway/);
    expect(gateway?.environment).toContain("DATABASE_URL=");
    expect(gateway?.environment).not.toMatch(/SIGNING_|CHECKPOINT_|CREDENTIAL_|press_worker/);
  });
});

describe("stopped and killed", () => {
  test("Ctrl-C ends everything in order, also when npm passes the signal on a second time: nothing is left running", async () => {
    running.child.kill("SIGINT");
    running.child.kill("SIGINT");
    expect(await running.ended).toBe(0);
    expect(running.output).toMatch(/press +stopping\npress +stopped\n$/);
    expect(await processes("")).toEqual([]);
  });

  test("the next start finds its data: the same key, the same tickets, and the edition sold out", async () => {
    const before = publicKey;
    await startPress();
    expect(publicKey).toBe(before);
    expect(running.output).toContain("edition   golden-ticket, open: 0 of 5 left");
    const key = ["--request-key", "7f3f7a60-0000-4000-8000-000000000001"];
    const again = await inPress("issue", "golden-ticket", "--to", "bob", ...key);
    expect(again.stdout).toBe(`${await readFile(ticketFile, "utf8")}\n`);
  });

  test.each(["gateway", "worker"])("a killed %s is started again", async (part) => {
    const [before] = await processes(`press.ts ${part}`);
    signal(before?.pid, "SIGKILL");
    await until(() => running.output.includes(`${part.padEnd(9)} runs again`));
    expect(running.output).toContain(
      `${part.padEnd(9)} ended unexpectedly (signal SIGKILL); starting it again in 0.5 s`,
    );
    const [after] = await processes(`press.ts ${part}`);
    expect(after?.pid).not.toBe(before?.pid);
  });

  test("signing goes on after the worker was killed", async () => {
    const { code, stdout } = await inPress("issue", "summer-raffle", "--to", "jan");
    expect([code, stdout]).toEqual([0, expect.stringContaining('"recipient":"jan"')]);
  });

  test("when the start itself is killed, gateway and worker end by themselves and PostgreSQL waits for the next start", async () => {
    running.child.kill("SIGKILL");
    await running.ended;
    await until(async () => (await processes("press.ts")).length === 0);
    expect((await processes("postgres")).length).toBeGreaterThan(0);
    await startPress();
    expect(running.output).toContain("taking over the database server");
    const { stdout } = await inPress("issue", "summer-raffle", "--to", "kim");
    expect((await press(["verify", "-", "--key", publicKey], {}, stdout)).code).toBe(0);
  });

  test("when its checkpoint store is gone it does not start, and says what to do; with --adopt it does", async () => {
    running.child.kill("SIGINT");
    await running.ended;
    await rm(join(home, "checkpoint"));
    const refused = await inPress("start");
    expect([refused.code, refused.stderr]).toEqual([
      1,
      `golden-press: The worker did not start: The checkpoint store ${home}/checkpoint is empty, but the ledger in the database has been published: correct CHECKPOINT_STORE or put the file back; or, if you know that this database is the latest, start with --adopt.\n`,
    ]);
    expect(await processes("")).toEqual([]);
    await startPress("--adopt");
    const { stdout } = await inPress("issue", "summer-raffle", "--to", "leo");
    expect((await press(["verify", "-", "--key", publicKey], {}, stdout)).code).toBe(0);
  });

  test("a second Ctrl-C does not wait for a part that does not stop", async () => {
    const [worker] = await processes("press.ts worker");
    signal(worker?.pid, "SIGSTOP");
    let hasEnded = false;
    void running.ended.then(() => {
      hasEnded = true;
    });
    running.child.kill("SIGINT");
    await until(() => running.output.includes("press     stopping"));
    await until(() => {
      if (!running.output.includes("killing")) running.child.kill("SIGINT");
      return hasEnded;
    });
    expect(await running.ended).toBe(0);
    expect(running.output).toMatch(/press +stopping\npress +killing what has not stopped yet\npress +stopped\n$/);
    expect(await processes("")).toEqual([]);
  });

  test("Ctrl-C in the middle of a start ends what was started", async () => {
    running = launch(["start"], settings());
    await until(() => running.output.includes("PostgreSQL answers"));
    running.child.kill("SIGINT");
    expect(await running.ended).toBe(0);
    expect(running.output).not.toContain("The press is running.");
    expect(await processes("")).toEqual([]);
  });

  test("while the worker reads its checkpoint store there is no gateway yet, which could issue in a database from a backup", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    running = launch(["start"], { ...settings(), CHECKPOINT_STORE: pipe });
    const store = await open(pipe, "w"); // Opens when the worker does.
    expect(await processes("press.ts gateway")).toEqual([]);
    await store.close();
    expect(await running.ended).toBe(1);
    expect(running.output).toContain(`The worker did not start: The checkpoint store ${pipe} is damaged`);
  });

  test("a port that is taken is said so, and nothing is left running", async () => {
    const occupant = createServer().listen(0, "127.0.0.1");
    await until(() => occupant.listening);
    const address = occupant.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const { code, stderr } = await press(["start"], { ...settings(), PORT: port });
    occupant.close();
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^golden-press: The gateway did not start: .*EADDRINUSE.*set PORT/),
    ]);
    expect(await processes("")).toEqual([]);
  });
});
