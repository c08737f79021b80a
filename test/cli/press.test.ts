import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isComplete } from "../../cli/sql.ts";
import { formatTable } from "../../cli/table.ts";
import { describeVariables } from "../../configuration.ts";
import { canonicalEnvelope } from "../../verifier/index.ts";
import { createLedger, ticketEntry } from "../verifier/testLedger.ts";
import { makeKey, makePem } from "../worker/support.ts";
import { press } from "./support.ts";

const JWT_SECRET = "a-secret-of-more-than-thirty-two-bytes";
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-cli-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("help and usage", () => {
  test("--help names every command, on the standard output", async () => {
    const { code, stdout } = await press(["--help"]);
    expect(code).toBe(0);
    for (const command of [
      "start",
      "gateway",
      "worker",
      "migrate",
      "token",
      "database-url",
      "sql",
      "issue",
      "audit",
      "verify",
      "keys",
      "config",
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    }
  });

  test.each([
    [["nonsense"], "error: unknown command 'nonsense'"],
    [["token"], "error: required option '--sub <subject>' not specified"],
    [
      ["sql", "--as", "root"],
      "argument 'root' is invalid. Allowed choices are owner, operator, auditor, gateway, worker.",
    ],
    [["issue", "golden-ticket", "--to", "x", "--quantity", "-1"], "It must be a whole number."],
  ])("%j is wrong usage: exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await press(args);
    expect(stderr).toContain(message);
    expect([code, stdout]).toEqual([2, ""]);
  });

  test("a wrong variable is one sentence without a stack, exit code 2; LOG_LEVEL=debug shows the stack", async () => {
    const { code, stderr } = await press(["start"], { PORT: "http" });
    expect([code, stderr]).toEqual([2, 'golden-press: PORT must be a whole number from 0 to 65535, not "http".\n']);
    const debug = await press(["start"], { PORT: "http", LOG_LEVEL: "debug" });
    expect(debug.stderr).toMatch(/ConfigurationError: PORT must be[\s\S]+at readConfiguration/);
  });

  test("config shows every variable, and of a secret only that it is set", async () => {
    const { code, stdout } = await press(["config"], { JWT_SECRET, PORT: "1234" });
    expect(code).toBe(0);
    for (const { name, meaning } of describeVariables({})) {
      const shown = stdout.split("\n").filter((line) => line.startsWith(`${name} `) && line.endsWith(` ${meaning}`));
      expect(shown.length, name).toBe(1);
    }
    expect(stdout).toMatch(/^PORT +│ 1234 /m);
    expect(stdout).toMatch(/^JWT_SECRET +│ \(set\) /m);
    expect(stdout).not.toContain(JWT_SECRET);
  });
});

describe("without a press", () => {
  test.each([
    [["sql", "select 1"]],
    [["database-url"]],
    [["issue", "golden-ticket", "--to", "x"]],
    [["keys", "list"]],
    [["migrate"]],
  ])("%j says that none is running", async (args) => {
    const home = join(folder, "none");
    const { code, stdout, stderr } = await press(args, { GOLDEN_PRESS_HOME: home });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      `golden-press: No press is running in ${home}: start it with \`npm start\`, or set DATABASE_URL.`,
    );
  });

  test.each([
    [
      { GATEWAY_DATABASE_URL: "postgres://g@h/d" },
      "GATEWAY_DATABASE_URL or WORKER_DATABASE_URL is set, but DATABASE_URL is not",
    ],
    [{ DATABASE_URL: "postgres://o@h/d" }, "DATABASE_URL is set, but GATEWAY_DATABASE_URL is not"],
    [
      { DATABASE_URL: "postgres://o@h/d", GATEWAY_DATABASE_URL: "postgres://g@h/d" },
      "DATABASE_URL is set, but WORKER_DATABASE_URL is not",
    ],
    [
      {
        DATABASE_URL: "postgres://o@h/d",
        GATEWAY_DATABASE_URL: "postgres://g@h/d",
        WORKER_DATABASE_URL: "postgres://w@h/d",
      },
      "DATABASE_URL is set, but none of JWT_JWKS_URL, JWT_SECRET_FILE and JWT_SECRET",
    ],
    [
      {
        DATABASE_URL: "postgres://o@h/d",
        GATEWAY_DATABASE_URL: "postgres://g@h/d",
        WORKER_DATABASE_URL: "postgres://w@h/d",
        JWT_SECRET,
      },
      "DATABASE_URL is set, but neither SIGNING_KEY_FILE nor SIGNING_KEY",
    ],
    [
      {
        DATABASE_URL: "postgres://o@h/d",
        GATEWAY_DATABASE_URL: "postgres://g@h/d",
        WORKER_DATABASE_URL: "postgres://w@h/d",
        JWT_SECRET,
        SIGNING_KEY_FILE: "/key",
      },
      "DATABASE_URL is set, but neither CHECKPOINT_KEY_FILE nor CHECKPOINT_KEY",
    ],
    [
      {
        DATABASE_URL: "postgres://o@h/d",
        GATEWAY_DATABASE_URL: "postgres://g@h/d",
        WORKER_DATABASE_URL: "postgres://w@h/d",
        JWT_SECRET,
        SIGNING_KEY_FILE: "/key",
        CHECKPOINT_KEY_FILE: "/other-key",
      },
      "DATABASE_URL is set, but CHECKPOINT_STORE is not",
    ],
  ])("start with a part of its configuration says what is missing: %#", async (settings, message) => {
    const { code, stderr } = await press(["start"], settings);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  test("the worker needs two keys and a store, and the gateway a way to check tokens", async () => {
    const urls = {
      DATABASE_URL: "postgres://o@127.0.0.1:1/d",
      WORKER_DATABASE_URL: "postgres://w@127.0.0.1:1/d",
      GATEWAY_DATABASE_URL: "postgres://g@127.0.0.1:1/d",
    };
    const worker = await press(["worker"], urls);
    expect([worker.code, worker.stderr]).toEqual([2, expect.stringContaining("The worker needs a signing key")]);
    const keys = { SIGNING_KEY: makePem(), CHECKPOINT_KEY: makePem() };
    const withOneKey = await press(["worker"], { ...urls, SIGNING_KEY: keys.SIGNING_KEY });
    expect([withOneKey.code, withOneKey.stderr]).toEqual([2, expect.stringContaining("The worker needs another key")]);
    const withoutStore = await press(["worker"], { ...urls, ...keys });
    expect([withoutStore.code, withoutStore.stderr]).toEqual([
      2,
      expect.stringContaining("The worker needs CHECKPOINT_STORE: the file"),
    ]);
    const gateway = await press(["gateway"], urls);
    expect([gateway.code, gateway.stderr]).toEqual([2, expect.stringContaining("Tokens need a key")]);
  });

  test("the gateway says what keeps people from signing in", async () => {
    const file = join(folder, "client-secret");
    const urls = { GATEWAY_DATABASE_URL: "postgres://g@127.0.0.1:1/d", JWT_JWKS_URL: "https://provider.example/keys" };
    const oidc = {
      OIDC_ISSUER: "https://provider.example",
      OIDC_CLIENT_ID: "press",
      OIDC_CLIENT_SECRET_FILE: file,
      PUBLIC_URL: "https://press.example",
    };
    const refusalOf = async (...[args, settings]: Parameters<typeof press>) => {
      const { code, stderr } = await press(args, settings);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refusalOf(["gateway"], { ...urls, ...oidc })).toContain(
      `The file of OIDC_CLIENT_SECRET_FILE cannot be read: ${file} (ENOENT).`,
    );
    await writeFile(file, "\n");
    expect(await refusalOf(["gateway"], { ...urls, ...oidc })).toContain(
      "The file of OIDC_CLIENT_SECRET_FILE is empty",
    );
    const asked = ["gateway", "--trial-sign-in"];
    expect(await refusalOf(asked, { ...urls, ...oidc })).toContain(
      "--trial-sign-in and OIDC_ISSUER exclude each other",
    );
    expect(await refusalOf(asked, urls)).toContain("--trial-sign-in and JWT_JWKS_URL exclude each other");
  });

  test("a database that does not answer is said so", async () => {
    const { code, stderr } = await press(["sql", "select 1"], { DATABASE_URL: "postgres://o:p@127.0.0.1:1/d" });
    expect([code, stderr]).toEqual([
      1,
      "golden-press: connect ECONNREFUSED 127.0.0.1:1: no database answers there; start it, or correct the URL.\n",
    ]);
  });
});

describe("token", () => {
  const verify = (token: string) => jwtVerify(token, Buffer.from(JWT_SECRET), { algorithms: ["HS256"] });

  test("of a holder: subject, audience, 12 hours, no role", async () => {
    const { code, stdout, stderr } = await press(["token", "--sub", "alice"], { JWT_SECRET });
    const { payload } = await verify(stdout.trim());
    expect([code, stderr]).toEqual([0, ""]);
    expect(payload).toEqual({
      sub: "alice",
      aud: "golden-press",
      iat: payload.iat,
      exp: (payload.iat ?? 0) + 12 * 3600,
    });
  });

  test("of an operator, as the configuration says", async () => {
    const settings = {
      JWT_SECRET,
      JWT_ISSUER: "https://issuer.example",
      JWT_AUDIENCE: "press",
      JWT_ROLE_CLAIM: "press_role",
    };
    const { stdout } = await press(["token", "--sub", "olga", "--operator", "--expires", "30m"], settings);
    const { payload } = await verify(stdout.trim());
    expect(payload).toEqual({
      sub: "olga",
      aud: "press",
      iss: "https://issuer.example",
      press_role: "operator",
      iat: payload.iat,
      exp: (payload.iat ?? 0) + 30 * 60,
    });
  });

  test("the secret may be in a file, whose final line feed is not part of it", async () => {
    const file = join(folder, "jwt-secret");
    await writeFile(file, `${JWT_SECRET}\n`);
    const { stdout } = await press(["token", "--sub", "alice"], { JWT_SECRET_FILE: file });
    expect((await verify(stdout.trim())).payload.sub).toBe("alice");
  });

  test.each([
    [["--sub", " "], { JWT_SECRET }, "--sub must name whom the token is for"],
    [
      ["--sub", "a", "--expires", "soon"],
      { JWT_SECRET },
      '--expires must be a time span like 30m, 12h or 7d, not "soon"',
    ],
    [["--sub", "a"], { JWT_JWKS_URL: "https://issuer.example/keys" }, "the tokens come from that issuer"],
    [["--sub", "a"], { JWT_SECRET_FILE: "/nowhere" }, "cannot be read from /nowhere (ENOENT)"],
    [["--sub", "a"], { GOLDEN_PRESS_HOME: "/nowhere" }, "Tokens need a key"],
  ])("%j is refused: %#", async (args, settings, message) => {
    const { code, stdout, stderr } = await press(["token", ...args], settings);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });
});

describe("keys", () => {
  test("create makes a file for its owner only and prints the public key; public prints it again", async () => {
    const file = join(folder, "signing-key.pem");
    const created = await press(["keys", "create", file]);
    expect([created.code, created.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f]{64}\n$/)]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await press(["keys", "public", file])).toEqual({ code: 0, stdout: created.stdout, stderr: "" });
    const again = await press(["keys", "create", file]);
    expect([again.code, again.stderr]).toEqual([
      1,
      `golden-press: ${file} exists already, and a key is never overwritten.\n`,
    ]);
    const secret = (await readFile(file, "utf8")).split("\n")[1] ?? "?";
    expect(JSON.stringify([created, again])).not.toContain(secret);
  });
});

describe("verify", () => {
  const key = makeKey();
  const unsigned = {
    edition: "golden-ticket",
    key_id: key.keyId,
    recipient: "alice",
    ticket_id: "0d0f8f3c-6c1f-4b5e-9a53-1f8f5d7b2c11",
    ticket_number: 1,
    timestamp: "2026-11-21T15:09:26.535Z",
    type: "golden-press/ticket/v1" as const,
  };
  const signature = Buffer.from(key.sign(Buffer.from(canonicalEnvelope(unsigned)))).toString("hex");
  const envelope = canonicalEnvelope({ ...unsigned, signature });
  const verify = (text: string) => press(["verify", "-", "--key", key.publicKey], {}, text);

  test("a valid ticket: exit code 0, from a file and from the standard input, with and without a final line feed", async () => {
    const file = join(folder, "ticket.json");
    await writeFile(file, envelope);
    const said = `valid: ticket 1 of golden-ticket for alice, issued 2026-11-21T15:09:26.535Z, signed by the key ${key.keyId}\n`;
    expect(await press(["verify", file, "--key", key.publicKey])).toEqual({ code: 0, stdout: said, stderr: "" });
    expect(await verify(envelope)).toEqual({ code: 0, stdout: said, stderr: "" });
    expect(await verify(`${envelope}\n`)).toEqual({ code: 0, stdout: said, stderr: "" });
  });

  test.each([
    ["two final line feeds", `${envelope}\n\n`, "NOT_CANONICAL"],
    ["a Windows line end", `${envelope}\r\n`, "NOT_CANONICAL"],
    ["a space before", ` ${envelope}`, "NOT_CANONICAL"],
    ["a byte order mark", `\ufeff${envelope}`, "NOT_CANONICAL"],
    ["another recipient", envelope.replace("alice", "mallory"), "SIGNATURE_INVALID"],
    ["another key", envelope.replace(key.keyId, "0000000000000000"), "UNKNOWN_KEY"],
    ["nothing", "", "NOT_CANONICAL"],
  ])("%s: exit code 1 with the reason", async (_name, text, reason) => {
    const { code, stdout, stderr } = await verify(text);
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toMatch(new RegExp(`^invalid: ${reason}: .+\n$`));
  });

  test("bytes that are no UTF-8: exit code 1", async () => {
    const file = join(folder, "latin1.json");
    await writeFile(file, Buffer.from(envelope.replace("alice", "al\u00efce"), "latin1"));
    const { code, stdout } = await press(["verify", file, "--key", key.publicKey]);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/^invalid: NOT_CANONICAL: The file is not UTF-8/)]);
  });

  describe("with a proof", () => {
    const entries = ['{"type":"edition.opened"}', ticketEntry(envelope), ticketEntry(envelope, { ticket_number: 2 })];
    const ledger = createLedger("press.example/ledger", entries);
    const withProof = async (proof: string | Buffer, input = envelope, vkey = ledger.vkey) => {
      const file = join(folder, "ticket.tlog-proof");
      await writeFile(file, proof);
      return press(["verify", "-", "--key", key.publicKey, "--proof", file, "--ledger", vkey], {}, input);
    };

    test("a recorded ticket: exit code 0, with its place and the size of the checkpoint", async () => {
      const { code, stdout, stderr } = await withProof(ledger.proof(1));
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(
        /^valid: ticket 1 of golden-ticket for alice, issued .+, signed by the key [0-9a-f]{16}, /,
      );
      expect(stdout).toMatch(
        /, recorded at place 1 of the ledger press.example\/ledger, under its checkpoint of size 3\n$/,
      );
      expect(await withProof(ledger.proof(1), `${envelope}\n`)).toEqual({ code, stdout, stderr });
    });

    test("the proof from the standard input and the ticket from a file", async () => {
      const file = join(folder, "ticket.json");
      await writeFile(file, envelope);
      const args = ["verify", file, "--key", key.publicKey, "--proof", "-", "--ledger", ledger.vkey];
      const { code, stdout } = await press(args, {}, ledger.proof(1));
      expect([code, stdout]).toEqual([0, expect.stringContaining(", recorded at place 1 of ")]);
    });

    const other = createLedger("press.example/ledger", entries);
    test.each<[string, string | Buffer, string]>([
      ["of another entry", ledger.proof(0), "PROOF_INVALID"],
      ["of an entry that says something else", ledger.proof(2), "PROOF_INVALID"],
      ["under another key of the ledger", other.proof(1), "PROOF_INVALID"],
      ["with a newline too many", `${ledger.proof(1)}\n`, "PROOF_INVALID"],
      ["without its last newline", ledger.proof(1).slice(0, -1), "PROOF_INVALID"],
      [
        "that is not UTF-8",
        Buffer.concat([Buffer.from(ledger.proof(1)), Buffer.of(0xff)]),
        "PROOF_INVALID: The proof is not UTF-8",
      ],
    ])("a proof %s: exit code 1 with the reason", async (_name, proof, reason) => {
      const { code, stdout, stderr } = await withProof(proof);
      expect([code, stderr]).toEqual([1, ""]);
      expect(stdout).toMatch(new RegExp(`^invalid: ${reason}.+\n$`));
    });

    test("a ticket that is not even signed is refused for that", async () => {
      const { code, stdout } = await withProof(ledger.proof(1), envelope.replace("alice", "mallory"));
      expect([code, stdout]).toEqual([1, expect.stringMatching(/^invalid: SIGNATURE_INVALID: /)]);
    });
  });

  test.each([
    [["-", "--key", key.publicKey, "--proof", "-"], "--proof and --ledger belong together"],
    [["-", "--key", key.publicKey, "--ledger", "x"], "--proof and --ledger belong together"],
    [["-", "--key", key.publicKey, "--proof", "-", "--ledger", "x"], "The standard input is one file; name the other."],
    [["-", "--key", key.publicKey, "--proof", "/nowhere", "--ledger", "x"], "--ledger: A vkey is a name, a key id"],
    [["/nowhere.json", "--key", key.publicKey], "/nowhere.json cannot be read (ENOENT)"],
    [["-", "--key", "xyz"], "--key: A public key is 64 lower-case hexadecimal characters"],
    [["-", "--key", "0".repeat(64)], "--key: This is not an Ed25519 public key"],
    [["-"], "required option '--key <hex>' not specified"],
  ])("%j: exit code 2", async (args, message) => {
    const { code, stdout, stderr } = await press(["verify", ...args]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });
});

describe("the prompt of sql", () => {
  test.each([
    ["select 1;", true],
    ["select 1;  \n", true],
    ["select 1", false],
    ["select ';", false],
    ["select ';';", true],
    ["select 'it''s;", false],
    ["select $$ begin; $$", false],
    ["select $$ begin; ", false],
    ["do $body$ begin null; end $body$;", true],
    ['select 1 as "a;', false],
    ["select 1 -- ;", false],
    ["select 1; -- done", true],
    ["select /* ; ", false],
  ])("%j is complete: %s", (text, complete) => {
    expect(isComplete(text)).toBe(complete);
  });

  test("tables are laid out like psql's, numbers to the right", () => {
    const table = formatTable(
      [{ name: "slug" }, { name: "left", isNumeric: true }],
      [
        ["golden-ticket", "5"],
        ["two\nlines", "100"],
        [null, null],
      ],
    );
    expect(table.split("\n")).toEqual([
      "slug          │ left",
      "──────────────┼─────",
      "golden-ticket │    5",
      "two↵lines     │  100",
      "              │",
    ]);
  });
});
