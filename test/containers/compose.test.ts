/* docker-compose.yml as a stranger would run it: made, started, used, killed, stopped, and started again. The tests build on each other,
   because every one of them needs the press that the one before left. */
import { createPublicKey, randomUUID } from "node:crypto";
import { jetstream } from "@nats-io/jetstream";
import { afterAll, beforeAll, describe, expect, vi } from "vitest";
import {
  formatMultikey,
  LedgerVerifier,
  readDidDocument,
  readStatusList,
  Verifier,
  verifyCredential,
} from "../../verifier/index.ts";
import { WalletKey } from "../../worker/chain/wallet.ts";
import { Client, publishedPayloads } from "../chain/client.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { missingRequirement, testRequiring } from "../requirements.ts";
import { until } from "../worker/support.ts";
import { ComposePress, SERVICES } from "./composePress.ts";

// Building the image installs packages; Docker may take its time before it starts again what died.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 900_000 });

const isMissing = missingRequirement("docker") !== undefined;
const inContainers = testRequiring("docker");
const withKills = testRequiring("docker", "root");

let press: ComposePress;
let node: RegtestNode;
beforeAll(async () => {
  if (isMissing) return;
  [press, node] = await Promise.all([ComposePress.make(), RegtestNode.start()]);
  await press.compose("build");
  await press.compose("run", "--rm", "secrets");
  const url = new URL(node.url);
  url.host = await press.open(node.port);
  await press.writeSecret("chain-node-url", url.href);
  await press.up();
});
afterAll(async () => {
  if (isMissing) return;
  await press.remove();
  await node.stop();
});

const ALICES_KEY = randomUUID();
let issuedCount = 0;

/** Asks for a signed ticket until there is one, as a client does whose connection broke, and answers with the number that the SDK reads. */
async function issue(subject: string, requestKey: string = randomUUID()): Promise<number> {
  const token = await press.token(subject);
  const mutation = `mutation {
    issueTicket(input: { editionSlug: "in-containers", requestKey: "${requestKey}" }) { envelope(waitMilliseconds: 5000) }
  }`;
  for (;;) {
    const { data } = await press.graphql<{ issueTicket: { envelope: string | null } | null }>(token, mutation);
    const envelope = data?.issueTicket?.envelope;
    if (typeof envelope !== "string") continue;
    const [publicKey = ""] = (await press.read("/keys")).split("\n");
    const verdict = new Verifier(publicKey).verify(envelope);
    if (!verdict.isValid) throw new Error(verdict.message);
    return verdict.ticket.ticket_number;
  }
}

/** Every event of the ledger, once a stream has all of them: place by place, without a gap. */
async function allEvents(): Promise<string[]> {
  let events: string[] = [];
  await until(async () => {
    const size = Number((await press.read("/ledger/checkpoint")).split("\n")[1]);
    events = await press.events().catch(() => []); // NATS may have been started a moment ago.
    return events.length === size;
  });
  expect(events.map((event) => JSON.parse(event).id)).toEqual(events.map((_event, place) => String(place)));
  return events;
}

/** What there is to be read, once it is JSON. */
async function answered(read: () => Promise<string>): Promise<string> {
  let text = "";
  await until(async () => {
    text = (await read()).trim();
    return text.startsWith("{");
  });
  return text;
}

/** A credential as the worker has signed it. It has heard nothing of the service, so the owner of the database has decided in its place. */
async function mintCredential(): Promise<string> {
  const sql = async (text: string) =>
    (await press.compose("run", "--rm", "--no-TTY", "press", "sql", "--raw", text)).trim();
  const nonce = await sql("select nonce from press.begin_attestation('repository', 'carol')");
  const submit = "select id from press.submit_attestation('repository', 'carol/press', null, 'carol', '192.0.2.1')";
  const id = await sql(submit);
  await until(async () => (await press.compose("logs", "worker")).includes("127.0.0.1:9 cannot be reached"));
  const proof = '{"account_id":1,"kind":"repository","service":"http://127.0.0.1:9"}';
  const facts = JSON.stringify({
    repository_created_at: "2011-01-26T19:01:12.000Z",
    repository_size_kb: 1_000,
    account_created_at: "2011-01-25T18:44:36.000Z",
  });
  await sql(`select from press_worker.verify_attestation('${id}', '${proof}', '${nonce}', '${facts}')`);
  return answered(() => sql(`select document from press.credentials where attestation_id = '${id}'`));
}

describe("a press in containers", () => {
  inContainers("issues tickets that the public key verifies, for tokens made with the secret of the file", async () => {
    const operator = await press.token("operator", "operator");
    const opened = await press.graphql(
      operator,
      `mutation {
        createEdition(input: { slug: "in-containers", title: "In containers", cap: 100, perHolderLimit: 1 }) { edition { slug } }
        openEdition(input: { editionSlug: "in-containers" }) { edition { remainingCount } }
      }`,
    );
    expect(opened.data).toMatchObject({ openEdition: { edition: { remainingCount: 100 } } });
    expect(await issue("alice", ALICES_KEY)).toBe(++issuedCount);
  });

  inContainers("confines every container", async () => {
    for (const service of [...SERVICES, "migrate"]) {
      expect((await press.container(service)).HostConfig, service).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges:true"],
      });
    }
    const attempt = press.compose("exec", "--no-TTY", "gateway", "sh", "-c", "id -u; touch /app/press.ts");
    await expect(attempt).rejects.toMatchObject({
      stdout: "1000\n",
      stderr: expect.stringContaining("Read-only file system"),
    });
    expect(await press.url("")).toMatch(/^http:\/\/127\.0\.0\.1:/);
  });

  inContainers("keeps every secret in its file, out of the descriptions and the logs of the containers", async () => {
    const names = [
      "postgres-password",
      "database-url",
      "gateway-database-url",
      "worker-database-url",
      "jwt-secret",
      "nats-url",
      "nats-consumer-password",
      "chain-node-url",
      "wallet-key",
    ];
    const secrets = await Promise.all(names.map(async (name) => (await press.secret(name)).trim()));
    const passwords = new Set(secrets.map((secret) => URL.parse(secret)?.password || secret));
    expect(passwords.size).toBe(8); // The first two are of one login.
    const keys = ["signing-key.pem", "checkpoint-key.pem", "credential-key.pem"];
    const pems = await Promise.all(keys.map((name) => press.secret(name)));
    const privateKeys = pems.map((pem) => pem.split("\n")[1] ?? "");
    const containers = await Promise.all([...SERVICES, "migrate"].map((service) => press.container(service)));
    const told = `${JSON.stringify(containers)}${await press.compose("logs", "--no-color")}`;
    expect([...passwords, ...privateKeys].filter((secret) => told.includes(secret))).toEqual([]);
  });

  inContainers("gives each part its own login, and the database to the press alone", async () => {
    const statements = `select distinct usename from pg_stat_activity where usename like 'press%' order by 1;
      select has_function_privilege('press_auditor', 'pg_advisory_lock(bigint)', 'execute')`;
    const answer = await press.compose("run", "--rm", "--no-TTY", "press", "sql", "--raw", statements);
    expect(answer).toBe("press_gateway\npress_worker\nf\n");
  });

  inContainers("brings every event to those who have the password for it, and takes none from them", async () => {
    const types = (await allEvents()).map((event) => JSON.parse(event).type);
    expect(types).toEqual(expect.arrayContaining(["key.activated", "edition.opened", "ticket.issued"]));
    const connection = await press.nats();
    const publishing = jetstream(connection).publish("choco.events.monetization.in_containers.issued", "{}");
    await expect(publishing).rejects.toThrow(/permissions violation/i);
    await connection.close();
    await expect(press.nats({ user: undefined, pass: undefined })).rejects.toThrow(/authorization violation/i);
    await expect(press.nats({ pass: "wrong" })).rejects.toThrow(/authorization violation/i);
  });

  inContainers(
    "signs credentials with the key of the file, under PUBLIC_URL, with no token for the service",
    async () => {
      const document = await mintCredential();
      const did = await press.read("/.well-known/did.json");
      const key = createPublicKey(await press.secret("credential-key.pem")).export({ format: "jwk" });
      expect(did).toContain(formatMultikey(Buffer.from(key.x ?? "", "base64url")));
      const reading = readDidDocument(did);
      if ("problem" in reading) throw new Error(`The DID document ${reading.problem}.`);
      const issuer = reading.document;
      const list = await answered(() => press.read("/credentials/status/1"));
      const read = await readStatusList({ document: list, issuer });
      if (!read.isValid) throw new Error(read.message);
      const verdict = verifyCredential({ document, issuer, statusList: read.statusList });
      expect(verdict).toMatchObject({ verdict: "unrevoked", credential: { issuer: "did:web:press.example" } });
    },
  );

  inContainers("publishes records by the node of the one file, paid from the wallet of the other", async () => {
    const command = (...args: string[]) => press.compose("run", "--rm", "--no-TTY", "press", ...args);
    const wallet = new WalletKey((await press.secret("wallet-key")).trim());
    expect(await command("wallet", "address")).toBe(`${wallet.address("regtest")}\n`);
    const [coin] = await node.fund(wallet.script, 100_000);
    expect(await command("wallet", "fund", coin?.txid ?? "")).toBe(
      `funded: ${coin?.txid}:${coin?.outputIndex} with 100000 satoshis\n`,
    );

    const client = new Client();
    const token = await press.token("ann");
    const key = `publicKey: "${client.publicKey}"`;
    const { data } = await press.graphql<{ text: string }>(token, `{ text: keyRegistrationText(${key}) }`);
    const register = `mutation { registerPublicKey(input: { ${key}, signature: "${client.sign(data?.text ?? "")}" }) { clientMutationId } }`;
    expect((await press.graphql(token, register)).errors).toBeUndefined();
    const { payload, signature, publicKey } = client.record({ from: "a container" });
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const submitted = await fetch(await press.url("/v1/publish"), {
      method: "POST",
      headers,
      body: JSON.stringify({ signed_payload: payload, signature, pubkey: publicKey }),
    });
    expect(submitted.status).toBe(202);
    const job = async () => {
      const answer = await fetch(await press.url(submitted.headers.get("location") ?? ""), { headers });
      return (await answer.json()) as { state: string; txid: string; confirmations: number };
    };
    await until(async () => (await job()).state === "sent");
    await node.mine();
    await until(async () => (await job()).confirmations === 1);
    expect(publishedPayloads(await node.transactions()).get(payload)).toEqual([(await job()).txid]);
  });

  inContainers("serves GraphiQL, though most of what it was made of is not in the image", async () => {
    const page = await fetch(await press.url("/graphiql"));
    expect(page.status).toBe(200);
    const script = /"(\/[^"]+\.js)"/.exec(await page.text())?.[1] ?? "";
    expect((await fetch(await press.url(script))).headers.get("content-type")).toMatch(/javascript/);
  });
});

describe("the dashboard", () => {
  inContainers("was made with the image, of what is in it", async () => {
    const page = await fetch(await press.url("/"), { headers: { accept: "text/html" } });
    expect(page.status).toBe(200);
    const script = /src="(\/dashboard\/[^"]+\.js)"/.exec(await page.text())?.[1] ?? "";
    expect((await fetch(await press.url(script))).headers.get("cache-control")).toContain("immutable");
    const attempt = press.compose("exec", "--no-TTY", "gateway", "node", "gateway/dashboard/bundle.ts");
    await expect(attempt).rejects.toMatchObject({ stderr: expect.stringContaining("@esbuild") });
  });

  inContainers("lets nobody in without a provider", async () => {
    expect(JSON.parse(await press.read("/session"))).toEqual({ signedIn: false, signIn: null });
  });
});

describe("killed, and started again by Docker", () => {
  for (const service of SERVICES) {
    withKills(service, async () => {
      await press.crash(service);
      expect(await issue(`one after the death of ${service}`)).toBe(++issuedCount);
    });
  }
});

describe("when NATS has lost its volume", () => {
  inContainers("it is given every event again, byte for byte", async () => {
    const before = await allEvents();
    expect(before.length).toBeGreaterThan(issuedCount);
    await press.wipeNats();
    const after = await allEvents();
    expect(after.slice(0, before.length)).toEqual(before);
  });
});

describe("stopped, removed, and started again", () => {
  inContainers("every part ends in order", async () => {
    await press.compose("stop");
    for (const service of ["postgres", "gateway", "worker"]) {
      expect((await press.container(service)).State.ExitCode, service).toBe(0);
    }
    expect(await press.compose("logs", "--no-color", "worker")).toContain("The worker has stopped.");
  });

  inContainers("nothing is lost, and nothing is issued twice", async () => {
    await press.compose("down");
    await press.up();
    expect(await issue("alice", ALICES_KEY)).toBe(1);
    expect(await issue("bob")).toBe(++issuedCount);
    const ledger = new LedgerVerifier((await press.read("/ledger/vkey")).trim());
    await until(async () => {
      const verdict = ledger.verifyCheckpoint(await press.read("/ledger/checkpoint"));
      if (!verdict.isValid) throw new Error(verdict.message);
      return verdict.checkpoint.size > issuedCount; // The edition is an entry too.
    });
    const issued = (await allEvents()).filter((event) => JSON.parse(event).type === "ticket.issued");
    expect(issued.length).toBe(issuedCount);
  });
});
