/* Credentials at the command line: verified with keys and files alone, or by the DID of their issuer, and revoked. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { didDocument, formatMultikey } from "../../verifier/index.ts";
import { TestCredentials } from "../attesting.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { secure } from "../verifier/credentialIssuer.ts";
import { makeKey, until } from "../worker/support.ts";
import { press } from "./support.ts";

let database: TestDatabase;
let gateway: TestGateway;
let worker: TestCredentials;
let folder: string;
/** alice's is revoked, bob's is not. */
let alice: { id: string; document: string };
let bob: { id: string; document: string };

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  worker = await TestCredentials.start(database, gateway.url);
  folder = await mkdtemp(join(tmpdir(), "golden-press-credential-"));
  alice = await worker.attest("alice", "repository");
  bob = await worker.attest("bob");
  await database.pool("operator").query("select press.revoke_credential($1, 'Sold the account')", [alice.id]);
  await worker.publishLists();
  await save("alice", alice.document);
  await save("bob", `${bob.document}\n`);
  await until(async () => (await fetch(`${gateway.url}/credentials/status/1`)).ok);
  await save("list", await (await fetch(`${gateway.url}/credentials/status/1`)).text());
});
afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true, force: true });
  await database.drop();
});

const file = (name: string) => join(folder, name);
const save = (name: string, text: string) => writeFile(file(name), text);
/** Without anything of the press's environment: whoever verifies needs no press. */
const verify = (name: string, ...options: string[]) => press(["credential", "verify", file(name), ...options]);

describe("with a key and files alone", () => {
  const key = () => worker.key.publicKey;

  test("a credential is valid, and it says that nobody looked whether it was revoked", async () => {
    for (const shown of [key(), formatMultikey(Buffer.from(key(), "hex"))]) {
      const { code, stdout, stderr } = await verify("bob", "--key", shown);
      expect([code, stderr]).toEqual([0, ""]);
      expect(stdout).toMatch(
        new RegExp(
          `^valid: credential urn:uuid:${bob.id} for urn:uuid:\\S+: trust level 1 by oidc, until \\S+Z, signed by the key ${worker.key.keyId}, which claims to be of ${worker.did}; whether it was revoked was not looked at`,
        ),
      );
    }
  });

  test("with its status list it is not revoked, or it is", async () => {
    const status = ["--key", key(), "--status", file("list")];
    expect(await verify("bob", ...status)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/; not revoked by the list of \S+Z\n$/),
    });
    expect(await verify("alice", ...status)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^invalid: REVOKED: /),
    });
    const fromInput = await press(["credential", "verify", "-", ...status], {}, bob.document);
    expect(fromInput.code).toBe(0);
  });

  test("the key is the one that a document names, of several", async () => {
    const other = (await TestCredentials.start(database, gateway.url)).key.publicKey;
    expect((await verify("bob", "--key", other, "--key", key())).code).toBe(0);
    expect(await verify("bob", "--key", other)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^invalid: UNKNOWN_KEY: /),
    });
  });

  test.each<[string, (document: string) => string | Buffer, string]>([
    ["changed", (document) => document.replace('"trustLevel":1', '"trustLevel":2'), "SIGNATURE_INVALID"],
    ["formatted", (document) => JSON.stringify(JSON.parse(document), null, 2), "NOT_CANONICAL"],
    ["ended by two lines", (document) => `${document}\n\n`, "NOT_CANONICAL"],
    ["a list", () => worker.list(1, []), "NOT_CANONICAL"],
    ["empty", () => "", "NOT_CANONICAL"],
    ["no UTF-8", () => Buffer.from([0xff]), "NOT_CANONICAL"],
  ])("what is %s is refused by name", async (_, change, reason) => {
    await writeFile(file("changed"), change(bob.document));
    const answer = await verify("changed", "--key", key());
    expect(answer).toMatchObject({
      code: 1,
      stderr: "",
      stdout: expect.stringMatching(new RegExp(`^invalid: ${reason}: .*\\.\n$`)),
    });
  });

  test("a list that cannot be believed leaves the status unknown", async () => {
    await save("other", worker.list(2, []));
    expect(await verify("bob", "--key", key(), "--status", file("other"))).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /^invalid: STATUS_UNKNOWN: The status list is not the one that the credential names/,
      ),
    });
    await save("damaged", worker.list(1, []).replace('"statusPurpose":"revocation"', '"statusPurpose":"suspension"'));
    expect(await verify("bob", "--key", key(), "--status", file("damaged"))).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^invalid: STATUS_UNKNOWN: NOT_CANONICAL: /),
    });
  });
});

describe("by the DID of its issuer", () => {
  test("keys and status list are fetched, by a URL or by the DID", async () => {
    for (const place of [gateway.url, `${gateway.url}/.well-known/did.json`, worker.did]) {
      expect(await verify("bob", "--did", place)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining("; not revoked by the list of "),
      });
      expect(await verify("alice", "--did", place)).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^invalid: REVOKED: /),
      });
    }
  });

  test("a status list is not fetched from where anybody on the way could answer with an older one", async () => {
    const url = "http://press.example/credentials/status/1";
    const { proof, ...members } = JSON.parse(bob.document);
    const { statusListIndex } = members.credentialStatus;
    const credentialStatus = {
      ...members.credentialStatus,
      id: `${url}#${statusListIndex}`,
      statusListCredential: url,
    };
    const { verificationMethod, created } = proof;
    await save("plain", secure(worker.key, { ...members, credentialStatus }, { verificationMethod, created }));
    const { code, stdout, stderr } = await verify("plain", "--did", gateway.url);
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringContaining(`${url} is without TLS`)]);
  });

  describe("at a server that is no good", () => {
    const answers = new Map<string, () => { status?: number; body: string; location?: string }>();
    const asked: string[] = [];
    let server: Server;
    let url: string;
    beforeAll(async () => {
      server = createServer((request, response) => {
        asked.push(request.url ?? "");
        const { status = 200, body, location } = answers.get(request.url ?? "")?.() ?? { status: 404, body: "" };
        response.writeHead(status, location === undefined ? {} : { location }).end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => server.close());

    test.each<[string, () => { status?: number; body: string; location?: string }, RegExp]>([
      [
        "a document of another DID",
        () => ({ body: didDocument("did:web:press.example", []) }),
        /serves the document of did:web:press\.example/,
      ],
      ["no document", () => ({ body: "<html>" }), /The DID document of \S+ has no DID as its id/],
      [
        "a document without keys",
        () => ({ body: didDocument(`did:web:${encodeURIComponent(new URL(url).host)}`, []) }),
        /has no keys/,
      ],
      ["an endless document", () => ({ body: "x".repeat(2_000_000) }), /it is longer than 1048576 bytes/],
      [
        "a way elsewhere",
        () => ({ status: 302, body: "", location: `${gateway.url}/.well-known/did.json` }),
        /cannot be fetched: .*redirect/,
      ],
      ["an error", () => ({ status: 500, body: "" }), /cannot be fetched: it answers 500/],
    ])("it is refused: %s", async (_, answer, said) => {
      answers.set("/.well-known/did.json", answer);
      const { code, stdout, stderr } = await verify("bob", "--did", url);
      expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(said)]);
    });

    test("nothing that a credential names is fetched before its signature was verified", async () => {
      const did = `did:web:${encodeURIComponent(new URL(url).host)}`;
      answers.set("/.well-known/did.json", () => ({
        body: didDocument(did, [{ publicKey: Buffer.from(worker.key.publicKey, "hex") }]),
      }));
      await save("forged", bob.document.replaceAll(gateway.url, url).replaceAll(worker.did, did));
      asked.length = 0;
      expect(await verify("forged", "--did", url)).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^invalid: SIGNATURE_INVALID: /),
      });
      expect(asked).toEqual(["/.well-known/did.json"]);
    });

    describe("which is another issuer's", () => {
      const evil = makeKey();
      const evilKey = Buffer.from(evil.publicKey, "hex");
      const didOf = (origin: string) => `did:web:${encodeURIComponent(new URL(origin).host)}`;
      const serve = (document: string) => answers.set("/.well-known/did.json", () => ({ body: document }));
      /** Bob's credential with a trust level of its own, signed by this key in the name of whom is told. */
      const forge = async (issuer: string, keyName = `${issuer}#${evil.keyId}`) => {
        const { proof: _, ...members } = JSON.parse(bob.document.replaceAll(worker.did, issuer));
        members.credentialSubject.trustLevel = 2;
        await save("forged", secure(evil, members, { verificationMethod: keyName, created: members.validFrom }));
      };

      test("its own credential is valid there, and the press has said nothing of it", async () => {
        serve(didDocument(didOf(url), [{ publicKey: evilKey }]));
        await forge(didOf(url));
        // Only its list is missing.
        expect(await verify("forged", "--did", url)).toMatchObject({
          code: 1,
          stdout: expect.stringMatching(/^invalid: STATUS_UNKNOWN: UNKNOWN_KEY: /),
        });
      });

      test("a credential in the name of the press is not valid, whoever vouches for its key", async () => {
        await forge(worker.did);
        const entry = {
          controller: worker.did,
          id: `${worker.did}#${evil.keyId}`,
          publicKeyMultibase: formatMultikey(evilKey),
          type: "Multikey",
        };
        const honest = didDocument(didOf(url), [{ publicKey: evilKey }]);
        const { verificationMethod, assertionMethod, ...members } = JSON.parse(honest);
        const greedy = (method: object) =>
          JSON.stringify({
            ...members,
            assertionMethod: [...assertionMethod, entry.id],
            verificationMethod: [...verificationMethod, method],
          });
        const documents = [honest, greedy(entry), greedy({ ...entry, controller: didOf(url) })];
        for (const document of documents) {
          serve(document);
          for (const places of [[url], [gateway.url, url], [url, gateway.url]]) {
            const answer = await verify("forged", ...places.flatMap((place) => ["--did", place]));
            expect(answer, `${document} ${places}`).toMatchObject({
              code: 1,
              stdout: expect.stringMatching(/^invalid: UNKNOWN_KEY: /),
            });
          }
          expect((await verify("bob", "--did", gateway.url, "--did", url)).code).toBe(0);
        }
      });

      test("a key under the name of a key of the press is not that key", async () => {
        const name = `${worker.did}#${worker.key.keyId}`;
        await forge(worker.did, name);
        const method = {
          controller: worker.did,
          id: name,
          publicKeyMultibase: formatMultikey(evilKey),
          type: "Multikey",
        };
        serve(
          JSON.stringify({
            ...JSON.parse(didDocument(didOf(url), [{ publicKey: evilKey }])),
            assertionMethod: [`${didOf(url)}#${evil.keyId}`, name],
            verificationMethod: [
              ...JSON.parse(didDocument(didOf(url), [{ publicKey: evilKey }])).verificationMethod,
              method,
            ],
          }),
        );
        for (const places of [[url], [gateway.url, url], [url, gateway.url]]) {
          const answer = await verify("forged", ...places.flatMap((place) => ["--did", place]));
          expect(answer).toMatchObject({
            code: 1,
            stdout: expect.stringMatching(/^invalid: (UNKNOWN_KEY|SIGNATURE_INVALID): /),
          });
        }
      });

      test("with a key alone, whom it claims to be of is said to be a claim", async () => {
        await forge(worker.did);
        const { stdout } = await verify("forged", "--key", evil.publicKey);
        expect(stdout).toContain(`signed by the key ${evil.keyId}, which claims to be of ${worker.did}; whether`);
      });
    });
  });
});

test("a credential is revoked, once, and its holder's trust falls to what is left", async () => {
  const carol = await worker.attest("carol", "repository");
  await worker.attest("carol", "oidc");
  const run = (...args: string[]) =>
    press(["credential", "revoke", ...args], { DATABASE_URL: database.url("operator") });
  const first = await run(carol.id, "--reason", "Sold the account");
  expect(first).toMatchObject({ code: 0, stdout: `revoked: credential ${carol.id}: Sold the account\n` });
  expect(first.stderr).toContain("has trust level 1 now");
  expect(await run(carol.id, "--reason", "Another reason")).toEqual(first);
  const missing = await run("01944c1e-7a00-7000-8000-0000000000c1", "--reason", "Why not");
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("There is no such credential")]);
});

test("what was typed wrongly is said", async () => {
  const cases: [string[], string][] = [
    [["verify"], "missing required argument"],
    [["verify", file("bob")], "Give the keys of the issuer (--key), or where its DID document is (--did)"],
    [["verify", file("bob"), "--key", worker.key.publicKey, "--did", gateway.url], "Give the keys of the issuer"],
    [["verify", file("bob"), "--key", "abc"], "--key: A public key is 64"],
    [["verify", file("bob"), "--key", "z6Mk"], "--key: The Multikey"],
    [["verify", file("nowhere"), "--key", worker.key.publicKey], "cannot be read (ENOENT)"],
    [["verify", "-", "--key", worker.key.publicKey, "--status", "-"], "The standard input is one file"],
    ...[
      "press.example",
      "did:key:z6Mk",
      "ftp://press.example",
      "https://press.example/other",
      "https://a:b@press.example",
      "did:web:%zz",
      "did:web:press.example%2Fother",
    ].map((place): [string[], string] => [
      ["verify", file("bob"), "--did", place],
      "--did is a DID like did:web:press.example",
    ]),
    ...["http://press.example", "http://127.0.0.1.press.example", "http://10.0.0.1"].map(
      (place): [string[], string] => [["verify", file("bob"), "--did", place], `--did: ${place} is without TLS`],
    ),
    [["revoke", "1", "--reason", "x"], "It must be a UUID"],
    [["revoke", bob.id], "--reason"],
  ];
  for (const [args, said] of cases) {
    const answer = await press(["credential", ...args]);
    expect([answer.code, answer.stdout, answer.stderr], args.join(" ")).toEqual([2, "", expect.stringContaining(said)]);
  }
});
