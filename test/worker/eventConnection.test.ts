/* How the publisher gets to its server: users, tokens, credentials, permissions, TLS; and that no password is ever said. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { afterEach, describe, expect, test } from "vitest";
import { type EventOptions, EventStream } from "../../worker/events/stream.ts";
import { type NatsOptions, TestNats } from "../nats.ts";
import { everyTestRequires, testRequiring } from "../requirements.ts";
import { eventOptions, messageOf, PREFIX } from "./eventSupport.ts";

everyTestRequires("nats-server");

const ORIGIN = "press.test/ledger";
const LEAF = '{"at":"2026-03-01T09:30:00.000Z","key_id":"0123456789abcdef","type":"key.activated"}';
let nats: TestNats;
afterEach(() => nats?.stop());

/** Connects, asks for the stream, and publishes one event; returns what it was told when that failed. */
async function complaint(server: NatsOptions, options: (nats: TestNats) => Partial<EventOptions>): Promise<string> {
  nats = await TestNats.start(server);
  return complaintOf(options(nats));
}

async function complaintOf(options: Partial<EventOptions>): Promise<string> {
  let stream: EventStream | undefined;
  try {
    stream = await EventStream.open(eventOptions(nats, options), ORIGIN);
    const { size: place } = await stream.ensure();
    const { subject, data } = messageOf(ORIGIN, place, LEAF);
    const { failure } = await stream.publish(ORIGIN, [{ place, subject, json: data }]);
    return failure?.message ?? "";
  } catch (error) {
    expect((error as Error).name).toBe("EventStreamError");
    return (error as Error).message;
  } finally {
    await stream?.close();
  }
}

/** Another name before the host. */
const as = (user: string) => (server: TestNats) => ({ natsUrls: [server.url.replace("//", `//${user}@`)] });

describe("a user and a password in the URL", () => {
  const config = 'authorization { user: press, password: "p@ss/word" }';

  test("let in, also where they must be percent-encoded", async () => {
    expect(await complaint({ config }, as("press:p%40ss%2Fword"))).toBe("");
  });

  test.each(["press:hush-hush", "mallory:hush-hush", ""])(
    "that are wrong (%s) are said to be, without the password",
    async (user) => {
      const said = await complaint({ config }, user === "" ? () => ({}) : as(user));
      expect(said).toBe(
        `The NATS server 127.0.0.1:${nats.port} does not let the worker in: correct the user and password in NATS_URL, or NATS_CREDENTIALS_FILE.`,
      );
    },
  );
});

test("a token in the URL lets in", async () => {
  expect(await complaint({ config: "authorization { token: opensesame }" }, as("opensesame"))).toBe("");
});

test("a user that may not publish is told which permission it lacks", async () => {
  const config = `authorization { users: [{ user: press, password: pw, permissions: { publish: ["$JS.API.>"], subscribe: ["_INBOX_PRESS.>"] } }] }`;
  const said = await complaint({ config }, as("press:pw"));
  expect(said).toBe(
    `The NATS server 127.0.0.1:${nats.port} does not let the worker publish to ${PREFIX}._press.key.activated: give its user that permission.`,
  );
});

test("a user that may not ask for its stream is told so too", async () => {
  const config = `authorization { users: [{ user: press, password: pw, permissions: { publish: ["${PREFIX}.>"], subscribe: ["_INBOX_PRESS.>"] } }] }`;
  expect(await complaint({ config }, as("press:pw"))).toContain(
    "does not let the worker publish to $JS.API.STREAM.INFO.GOLDEN_PRESS",
  );
});

test("a server whose JetStream is off for the account is said to be", async () => {
  const config = "accounts { PRESS { users: [{ user: press, password: pw }] } }";
  expect(await complaint({ config }, as("press:pw"))).toContain("has no JetStream for the worker");
});

test("an account with no room left is said to have none", async () => {
  const config =
    "accounts { PRESS { jetstream { max_file: 1, max_streams: 5 }, users: [{ user: press, password: pw }] } }";
  expect(await complaint({ config }, as("press:pw"))).toMatch(/refuses \(\d+, .*\): give it more room\.$/);
});

test("credentials of an operator's user (JWT) let in, and those of another operator's do not", async () => {
  const [own, foreign] = [makeCredentials(), makeCredentials()];
  expect(await complaint({ config: own.config }, () => ({ credentials: own.credentials }))).toBe("");
  expect(await complaintOf({ credentials: foreign.credentials })).toContain("does not let the worker in");
});

test("a file that has no credentials in it, or broken ones, is said to have none", async () => {
  const said = "The file of NATS_CREDENTIALS_FILE has no credentials of a NATS user";
  expect(await complaint({}, () => ({ credentials: "hush-hush" }))).toContain(said);
  const misread = makeCredentials().credentials.replace(/(?<=\nSU..)./, (letter) => (letter === "A" ? "B" : "A"));
  expect(await complaintOf({ credentials: misread })).toContain(said);
});

describe("TLS", () => {
  async function makeCertificate(names: string) {
    const folder = await mkdtemp(join(tmpdir(), "golden-press-tls-"));
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=nats".split(" ");
    execFileSync("openssl", [...request, "-addext", `subjectAltName=${names}`, "-keyout", key, "-out", certificate], {
      stdio: "ignore",
    });
    const files = { "key.pem": await readFile(key, "utf8"), "certificate.pem": await readFile(certificate, "utf8") };
    await rm(folder, { recursive: true });
    const config = 'tls { cert_file: "FOLDER/certificate.pem", key_file: "FOLDER/key.pem" }';
    return { files, config, ca: files["certificate.pem"] };
  }
  const secure = (server: TestNats, host = "127.0.0.1") => [`tls://${host}:${server.port}`];

  testRequiring("openssl", "nats-server")(
    "a certificate of the right name, by an authority that is known",
    async () => {
      const { ca, ...server } = await makeCertificate("IP:127.0.0.1,DNS:localhost");
      expect(await complaint(server, (started) => ({ natsUrls: secure(started), ca }))).toBe("");
      expect(await complaintOf({ natsUrls: secure(nats, "localhost"), ca })).toBe("");
      expect(await complaintOf({ natsUrls: [nats.url], ca }), "nats:// with an authority").toBe("");
    },
  );

  testRequiring("openssl", "nats-server")("an authority that nobody knows is refused", async () => {
    const { ca: _, ...server } = await makeCertificate("IP:127.0.0.1");
    const { ca: another } = await makeCertificate("IP:127.0.0.1");
    const refused = /has no certificate that can be trusted \(\w+\): name its authority in NATS_CA_FILE/;
    expect(await complaint(server, (started) => ({ natsUrls: secure(started) }))).toMatch(refused);
    expect(await complaintOf({ natsUrls: secure(nats), ca: another })).toMatch(refused);
    expect(await complaintOf({ natsUrls: [nats.url] }), "nats://, and the server wants TLS").toMatch(refused);
  });

  testRequiring("openssl", "nats-server")("a certificate of another name is refused", async () => {
    const { ca, ...server } = await makeCertificate("IP:127.0.0.2,DNS:nats.example");
    const refused = "has no certificate that can be trusted (ERR_TLS_CERT_ALTNAME_INVALID)";
    expect(await complaint(server, (started) => ({ natsUrls: secure(started), ca }))).toContain(refused);
    expect(await complaintOf({ natsUrls: secure(nats, "localhost"), ca })).toContain(refused);
  });

  test("a server without it is not spoken to by tls://", async () => {
    expect(await complaint({}, (started) => ({ natsUrls: secure(started) }))).toContain(
      "server does not support 'tls'",
    );
  });
});

/** An operator with an account and a user of it, and the account that every server needs: what the server is told, and the user's credentials. */
function makeCredentials(): { config: string; credentials: string } {
  const [operator, user] = [nkeys.createOperator(), nkeys.createUser()];
  const [account, systemAccount] = [nkeys.createAccount(), nkeys.createAccount()];
  const sign = (issuer: typeof operator, subject: string, name: string, nats: object) => {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
    const claims = { jti: name, iat: 1, iss: issuer.getPublicKey(), sub: subject, name, nats: { version: 2, ...nats } };
    const signed = `${encode({ typ: "JWT", alg: "ed25519-nkey" })}.${encode(claims)}`;
    return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString("base64url")}`;
  };
  const unlimited = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, conn: -1, leaf: -1, wildcards: true };
  const store = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const operatorJwt = sign(operator, operator.getPublicKey(), "operator", { type: "operator" });
  const accounts = [account, systemAccount].map((key) => {
    const limits = { ...unlimited, ...(key === account && store) };
    return `${key.getPublicKey()}: ${sign(operator, key.getPublicKey(), "press", { type: "account", limits })}`;
  });
  const userJwt = sign(account, user.getPublicKey(), "press", { type: "user", subs: -1, data: -1, payload: -1 });
  const seed = Buffer.from(user.getSeed()).toString();
  return {
    config: `operator: ${operatorJwt}
      system_account: ${systemAccount.getPublicKey()}
      resolver: MEMORY
      resolver_preload: { ${accounts.join("\n")} }`,
    credentials: `-----BEGIN NATS USER JWT-----\n${userJwt}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
  };
}
