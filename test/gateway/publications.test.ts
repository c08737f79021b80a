/* Publications over GraphQL: registering a key, submitting what it has signed, and following what becomes of it, over HTTP and real WebSockets. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Client, type SignedRecord } from "../chain/client.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { putOnChain } from "../records.ts";
import { badRecords, payloadOf, signedBy, withHighS } from "./badRecords.ts";
import { RawSocket } from "./rawSocket.ts";
import { askOver, codesOf, makeOperatorToken, makeToken, startTestGateway, type TestGateway } from "./testGateway.ts";

const SUBJECT = "the-one-and-only-ann";
const client = new Client();

let database: TestDatabase;
let gateway: TestGateway;
let token: string;
let sockets: RawSocket[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  await (await TestWorker.start(database)).work();
  await client.register(database.pool("operator"), SUBJECT);
  token = await makeToken(SUBJECT);
});

afterEach(() => {
  for (const socket of sockets) socket.terminate();
  sockets = [];
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

interface PublicationFacts {
  readonly rowId: string;
  readonly state: string;
  readonly errorCode: string | null;
  readonly txid: string | null;
  readonly confirmations: number | null;
}

interface Submitted {
  readonly submitRecord: { readonly publication: PublicationFacts } | null;
}

const FACTS = "rowId state errorCode errorDetail txid confirmations payload publishingKey { publicKey }";

/** The document has its values in it, so that it is the same over both ways. */
const submission = ({ payload, signature, publicKey }: SignedRecord) => `mutation { submitRecord(input: {
  signedPayload: ${JSON.stringify(payload)}, signature: "${signature}", pubkey: "${publicKey}" }) { publication { ${FACTS} } } }`;

const submit = (record: SignedRecord, bearer: string | undefined = token) =>
  gateway.ask<Submitted>(submission(record), { token: bearer });

/** Submits a record, and answers the id of its publication. */
const submitted = async (record: SignedRecord, bearer?: string) => {
  const { data, errors } = await submit(record, bearer);
  expect(errors).toEqual([]);
  return data.submitRecord?.publication.rowId ?? "";
};

const revoke = (key: Client) =>
  database.pool("operator").query("select press.revoke_public_key($1, 'a test')", [key.publicKey]);

/** A key of its own, which can be revoked. */
const registered = async (subject = SUBJECT) => {
  const key = new Client();
  await key.register(database.pool("operator"), subject);
  return key;
};

describe("registerPublicKey", () => {
  const register = (input: object, bearer: string) =>
    gateway.ask<{ registerPublicKey: { publishingKey: object } | null }>(
      `mutation ($input: RegisterPublicKeyInput!) { registerPublicKey(input: $input) {
         publishingKey { publicKey recordsPerHour verifiedAt holder { subject } } } }`,
      { token: bearer, variables: { input } },
    );
  const textFor = async (publicKey: string, bearer: string, recipient?: string) => {
    const { data } = await gateway.ask<{ keyRegistrationText: string }>(
      "query ($publicKey: String!, $recipient: String) { keyRegistrationText(publicKey: $publicKey, recipient: $recipient) }",
      { token: bearer, variables: { publicKey, recipient } },
    );
    return data.keyRegistrationText;
  };

  test("takes a key that has signed the text which names it and its holder, once", async () => {
    const key = new Client();
    const { publicKey } = key;
    const text = await textFor(publicKey, token);
    expect(text).toBe(
      `{"ledger":"press.test/ledger","public_key":"${publicKey}","subject":"${SUBJECT}","type":"golden-press/key/v1"}`,
    );
    const input = { publicKey, signature: key.sign(text) };
    const [first, second] = [await register(input, token), await register(input, token)];
    expect(first.data.registerPublicKey?.publishingKey).toEqual({
      publicKey,
      recordsPerHour: 1000,
      verifiedAt: null,
      holder: { subject: SUBJECT },
    });
    expect(second.data).toEqual(first.data);
    expect(codesOf(await submit(key.record()))).toEqual([]);
  });

  test("takes it from an operator for somebody else", async () => {
    const key = new Client();
    const olga = await makeOperatorToken();
    const text = await textFor(key.publicKey, olga, "bea");
    const input = { publicKey: key.publicKey, signature: key.sign(text), recipient: "bea" };
    expect((await register(input, olga)).data.registerPublicKey?.publishingKey).toMatchObject({
      holder: { subject: "bea" },
    });
  });

  test("refuses by name what does not show that the caller has the key, and stores nothing of it", async () => {
    const [key, other] = [new Client(), new Client()];
    const { publicKey } = key;
    const text = await textFor(publicKey, token);
    const mallory = await makeToken("mallory");
    const signature = key.sign(text);
    for (const [signed, bearer, code] of [
      [other.sign(text), token, "SIGNATURE_INVALID"],
      [withHighS(signature), token, "SIGNATURE_INVALID"],
      [key.sign(`${text} `), token, "SIGNATURE_INVALID"],
      // What the holder has signed registers nothing for anybody else.
      [signature, mallory, "SIGNATURE_INVALID"],
      [signature, await makeOperatorToken(), "SIGNATURE_INVALID"],
      ["AAAA", token, "INVALID_INPUT"],
    ] as const) {
      expect(codesOf(await register({ publicKey, signature: signed }, bearer))).toEqual([code]);
    }
    expect(codesOf(await register({ publicKey: publicKey.slice(2), signature }, token))).toEqual(["INVALID_INPUT"]);
    expect(codesOf(await register({ publicKey, signature, recipient: "bea" }, token))).toEqual(["NOT_ALLOWED"]);
    const { rows } = await database
      .pool("operator")
      .query("select count(*)::int as count from press.publishing_keys where public_key = $1", [publicKey]);
    expect(rows).toEqual([{ count: 0 }]);
    expect(codesOf(await register({ publicKey, signature }, token))).toEqual([]);
  });

  test("of nobody is NOT_SIGNED_IN", async () => {
    const key = new Client();
    const input = { publicKey: key.publicKey, signature: key.sign("x") };
    const { errors } = await gateway.ask(
      "mutation ($input: RegisterPublicKeyInput!) { registerPublicKey(input: $input) { clientMutationId } }",
      { variables: { input } },
    );
    expect(codesOf({ errors })).toEqual(["NOT_SIGNED_IN"]);
  });
});

describe("setPublishingQuota and revokePublicKey", () => {
  test("are for operators, and for the key's holder; nobody else learns that there is such a key", async () => {
    const key = await registered();
    const [olga, mallory] = [await makeOperatorToken(), await makeToken("mallory")];
    const quota = `mutation { setPublishingQuota(input: { publicKey: "${key.publicKey}", recordsPerHour: 7 }) { publishingKey { recordsPerHour } } }`;
    expect((await gateway.ask(quota, { token: olga })).data).toEqual({
      setPublishingQuota: { publishingKey: { recordsPerHour: 7 } },
    });
    expect(codesOf(await gateway.ask(quota, { token }))).toEqual(["NOT_ALLOWED"]);
    const revocation = `mutation { revokePublicKey(input: { publicKey: "${key.publicKey}", reason: "lost" }) { publishingKey { revokedBy revocationReason } } }`;
    expect(codesOf(await gateway.ask(revocation, { token: mallory }))).toEqual(["UNKNOWN_KEY"]);
    expect((await gateway.ask(revocation, { token })).data).toEqual({
      revokePublicKey: { publishingKey: { revokedBy: "holder", revocationReason: "lost" } },
    });
    expect(codesOf(await submit(key.record()))).toEqual(["UNKNOWN_KEY"]);
    const seen = `{ publishingKeyByPublicKey(publicKey: "${key.publicKey}") { rowId } }`;
    expect((await gateway.ask(seen, { token: mallory })).data).toEqual({ publishingKeyByPublicKey: null });
  });
});

describe("submitRecord", () => {
  test("queues a record; on the chain it has its transaction and its confirmations, and a failed one says why", async () => {
    const key = await registered();
    const record = key.record();
    const { data } = await submit(record);
    expect(data.submitRecord?.publication).toEqual({
      rowId: expect.any(String),
      state: "queued",
      errorCode: null,
      errorDetail: null,
      txid: null,
      confirmations: null,
      payload: record.payload,
      publishingKey: { publicKey: key.publicKey },
    });
    const id = data.submitRecord?.publication.rowId ?? "";
    const { txid } = await putOnChain(database, id);
    const failing = await submitted(key.record());
    await revoke(key);
    const read = async () => {
      const query = `query ($a: UUID!, $b: UUID!) { a: publication(rowId: $a) { ${FACTS} } b: publication(rowId: $b) { ${FACTS} } }`;
      return (await gateway.ask(query, { token, variables: { a: id, b: failing } })).data;
    };
    expect(await read()).toMatchObject({
      a: { state: "sent", txid, confirmations: 0, errorCode: null },
      b: {
        state: "failed",
        txid: null,
        confirmations: null,
        errorCode: "UNKNOWN_KEY",
        errorDetail: expect.any(String),
      },
    });
  });

  test("is in the list of its holder, and of nobody else but operators", async () => {
    const id = await submitted(client.record());
    const listed = async (bearer: string | undefined) => {
      const query = "{ publications(first: 100, orderBy: PRIMARY_KEY_DESC) { nodes { rowId } } }";
      const { data } = await gateway.ask<{ publications: { nodes: { rowId: string }[] } }>(query, { token: bearer });
      return data.publications.nodes.some(({ rowId }) => rowId === id);
    };
    expect(await listed(token)).toBe(true);
    expect(await listed(await makeOperatorToken())).toBe(true);
    expect(await listed(await makeToken("mallory"))).toBe(false);
    expect(await listed(undefined)).toBe(false);
    const own = "{ currentHolder { publications(first: 1, orderBy: SUBMITTED_AT_DESC) { nodes { rowId } } } }";
    expect((await gateway.ask(own, { token })).data).toEqual({
      currentHolder: { publications: { nodes: [{ rowId: id }] } },
    });
  });

  test.each(badRecords(client).map((bad) => [bad.what, bad] as const))(
    "that is %s is refused by name over both ways, and its nonce is not used up",
    async (_what, { record, nonce, code }) => {
      expect(codesOf(await submit(record))).toEqual([code]);
      const socket = gateway.webSocket({ authorization: `Bearer ${token}` });
      try {
        expect(codesOf(await askOver(socket, submission(record)))).toEqual([code]);
      } finally {
        await socket.dispose();
      }
      expect(codesOf(await submit(signedBy(client, payloadOf(nonce))))).toEqual([]);
    },
  );

  test("that was used for another record: NONCE_REUSED, and the first stays as it is", async () => {
    const record = signedBy(client, payloadOf("used"));
    const id = await submitted(record);
    expect(codesOf(await submit(signedBy(client, payloadOf("used", { other: true }))))).toEqual(["NONCE_REUSED"]);
    expect(await submitted(record)).toBe(id);
  });

  test("of an operator, several in one operation: those that the key has not signed, and no other, are refused", async () => {
    const [first, second] = [signedBy(client, payloadOf("one-of-two")), signedBy(client, payloadOf("two-of-two"))];
    const forged = { ...first, signature: second.signature };
    const [a, b] = [forged, second].map(
      ({ payload, signature, publicKey }) =>
        `submitRecord(input: { signedPayload: ${JSON.stringify(payload)}, signature: "${signature}", pubkey: "${publicKey}" }) { publication { state } }`,
    );
    const { data, errors } = await gateway.ask(`mutation { a: ${a} b: ${b} }`, { token: await makeOperatorToken() });
    expect(data).toEqual({ a: null, b: { publication: { state: "queued" } } });
    expect(codesOf({ errors })).toEqual(["SIGNATURE_INVALID"]);
    expect(codesOf(await submit(first))).toEqual([]);
  });

  test("of another holder, or of nobody", async () => {
    const record = signedBy(client, payloadOf("of-another"));
    expect(codesOf(await submit(record, await makeToken("mallory")))).toEqual(["UNKNOWN_KEY"]);
    expect(codesOf(await gateway.ask(submission(record)))).toEqual(["NOT_SIGNED_IN"]);
    expect(codesOf(await submit(record))).toEqual([]);
  });
});

describe("publicationChanged", () => {
  const CHANGED = `subscription ($id: UUID!) { publicationChanged(id: $id) { publication { ${FACTS} } } }`;

  interface Changed {
    readonly publication: PublicationFacts | null;
  }

  const listen = async (id: string, bearer?: string) => {
    const socket = await RawSocket.open(gateway, bearer);
    sockets.push(socket);
    socket.subscribe("1", CHANGED, { id });
    await expect.poll(() => socket.eventsOf("1").length).toBe(1);
    return socket;
  };
  const statesOf = (socket: RawSocket) => socket.eventsOf<Changed>("1").map(({ publication }) => publication?.state);
  const latestOf = (socket: RawSocket) => socket.eventsOf<Changed>("1").at(-1)?.publication;

  test("tells at once how it stands, and then what becomes of it", async () => {
    const key = await registered();
    const [sent, failed] = [await submitted(key.record()), await submitted(key.record())];
    const [ofSent, ofFailed] = [await listen(sent, token), await listen(failed.toUpperCase(), token)];
    expect([...statesOf(ofSent), ...statesOf(ofFailed)]).toEqual(["queued", "queued"]);
    const { txid } = await putOnChain(database, sent, 100);
    await expect.poll(() => latestOf(ofSent)).toMatchObject({ rowId: sent, state: "sent", txid });
    await database.pool("press_worker").query("select press_worker.record_tip(101, repeat('c', 64))");
    await expect.poll(() => latestOf(ofSent)?.confirmations).toBe(2);
    await revoke(key);
    await expect
      .poll(() => latestOf(ofFailed))
      .toMatchObject({ rowId: failed, state: "failed", errorCode: "UNKNOWN_KEY" });
    // What happens to another one is not told.
    expect(new Set(ofSent.eventsOf<Changed>("1").map(({ publication }) => publication?.rowId))).toEqual(
      new Set([sent]),
    );
  });

  test("of one that nobody else follows, while others come and go", async () => {
    const id = await submitted(client.record());
    const [stays, goes] = [await listen(id, token), await listen(id, token)];
    goes.complete("1");
    const { txid } = await putOnChain(database, id);
    await expect.poll(() => latestOf(stays)).toMatchObject({ state: "sent", txid });
    expect(statesOf(goes)).toEqual(["queued"]);
  });

  test("of another holder, not one byte reaches others, or nobody; operators are told", async () => {
    const key = await registered();
    const record = key.record({ secret: "what-only-ann-knows" });
    const id = await submitted(record);
    const mine = await listen(id, token);
    const others = [
      await listen(id, await makeToken("mallory")),
      await listen(id, await makeToken(SUBJECT.toUpperCase())),
      await listen(id, await makeToken(`${SUBJECT} `)),
      await listen(id),
    ];
    const operator = await listen(id, await makeOperatorToken());
    await revoke(key);
    for (const socket of [mine, operator]) await expect.poll(() => latestOf(socket)?.state).toBe("failed");
    // What the others follow beside it comes later than that, and has come.
    for (const socket of others) {
      const before = socket.eventsOf("1");
      expect(before).toEqual([{ publication: null }]);
      socket.subscribe("2", "subscription { ledgerGrew { treeSize } }");
      await expect.poll(() => socket.eventsOf("2").length).toBe(1);
      expect(socket.eventsOf("1")).toEqual(before);
      for (const trace of [id, key.publicKey, record.signature, "what-only-ann-knows", "failed", "UNKNOWN_KEY"]) {
        expect(socket.bytes).not.toContain(trace);
      }
    }
  });

  test("of another holder, told by mistake, is read with the rights of whoever is told", async () => {
    const owner = database.pool("owner");
    const { rows } = await owner.query<{ text: string }>(
      "select pg_get_functiondef('press_gateway.changed_publications'::regproc) as text",
    );
    const record = client.record({ secret: "what-only-ann-knows" });
    const id = await submitted(record);
    try {
      await owner.query(`
        create or replace function press_gateway.changed_publications(publication_ids uuid[], seen timestamptz[])
          returns table (publication_id uuid, subject text, changed_at timestamptz) language sql stable security definer set search_path = pg_catalog, pg_temp
        as 'select i, null::text, clock_timestamp() from unnest(publication_ids) i'`);
      const socket = await listen(id, await makeToken("mallory"));
      await expect.poll(() => socket.eventsOf("1").length, { timeout: 10_000 }).toBeGreaterThan(2);
      expect(new Set(statesOf(socket))).toEqual(new Set([undefined]));
      for (const trace of [id, client.publicKey, record.signature, "what-only-ann-knows"]) {
        expect(socket.bytes).not.toContain(trace);
      }
    } finally {
      await owner.query(rows[0]?.text ?? "");
    }
  });

  test("of one that is not there says so once; of no UUID is refused", async () => {
    const socket = await listen(randomUUID(), token);
    expect(socket.eventsOf("1")).toEqual([{ publication: null }]);
    socket.subscribe("2", CHANGED, { id: "1" });
    await expect.poll(() => socket.codesOf("2")).toEqual(["INVALID_INPUT"]);
  });
});
