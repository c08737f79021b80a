/* The one who stands in between: that he sees each message for what it is, counts in its order, and does to it what he was told, there and nowhere
   else. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../db/freePort.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { random, seed } from "../random.ts";
import { until } from "../worker/support.ts";
import { type Fate, WireProxy } from "./proxy.ts";
import { type Conversation, jsonRpc, type Message, nats, postgres, type Side } from "./wire.ts";

describe("what is a message", () => {
  const read = (conversation: Conversation, from: Side, text: string) => conversation.read(from, Buffer.from(text));
  const shapes = (messages: readonly Message[]) =>
    messages.map(({ kind, topic, bytes }) => [kind, topic, bytes.length]);

  test("of NATS: a line, with as many bytes after it as it says, whatever they are; an answer is about what was asked", () => {
    const conversation = nats();
    const text =
      'INFO {"a":1}\r\nMSG a.b 1 4\r\n\r\n\r\n\r\nHMSG c.d 2 reply 12 15\r\nNATS/1.0\r\n\r\nxyz\r\nPING\r\n+OK\r\n';
    expect(shapes(read(conversation, "server", text))).toEqual([
      ["INFO", "INFO", 14],
      ["MSG", "a.b", 19],
      ["HMSG", "c.d", 41],
      ["PING", "PING", 6],
      ["+OK", "+OK", 5],
    ]);
    read(conversation, "client", "PUB asked inbox.1 0\r\n\r\nHPUB too inbox.2 12 12\r\nNATS/1.0\r\n\r\n\r\n");
    expect(shapes(read(conversation, "server", "MSG inbox.1 1 0\r\n\r\nMSG inbox.2 1 0\r\n\r\n"))).toEqual([
      ["MSG", "asked", 19],
      ["MSG", "too", 19],
    ]);
    expect(shapes(read(conversation, "client", "PUB a.b 0\r\n\r\nHPUB c 12 12\r\nNATS/1.0\r\n\r\n\r\n"))).toEqual([
      ["PUB", "a.b", 13],
      ["HPUB", "c", 28],
    ]);
  });

  test("of JSON-RPC: a request or an answer with its body, of a known length or in chunks; an answer is about what was asked", () => {
    const conversation = jsonRpc();
    const body = '[{"method":"getblock"},{"method":"sendrawtransaction"}]';
    const asked = `POST / HTTP/1.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    expect(shapes(read(conversation, "client", asked))).toEqual([
      ["request", "getblock sendrawtransaction", asked.length],
    ]);
    const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\r\n0\r\n2\r\nab\r\n0\r\n\r\n";
    expect(shapes(read(conversation, "server", `${answer}HTTP/1.1 204`))).toEqual([
      ["answer", "getblock sendrawtransaction", answer.length],
    ]);
    expect(shapes(read(conversation, "server", " No Content\r\n\r\n"))).toEqual([["answer", "", 27]]);
  });

  test(`of each protocol the same, however it is cut into packets (seed ${seed})`, () => {
    const streams: [() => Conversation, Buffer][] = [
      [nats, Buffer.from("PUB a.b 6\r\n\r\nPUB \r\nPING\r\nSUB x 1\r\n")],
      [jsonRpc, Buffer.from('POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n{"method":1}GET / HTTP/1.1\r\n\r\n')],
      [postgres, Buffer.concat([startup("a"), typed("P", "one\0select 1\0"), typed("B", "\0one\0"), typed("S", "")])],
    ];
    for (const [protocol, bytes] of streams) {
      const whole = protocol().read("client", bytes);
      expect(Buffer.concat(whole.map((message) => message.bytes))).toEqual(bytes);
      for (let round = 0; round < 20; round += 1) {
        const conversation = protocol();
        const messages: Message[] = [];
        for (let at = 0; at < bytes.length; ) {
          const end = at + 1 + random.integer(8);
          messages.push(...conversation.read("client", bytes.subarray(at, end)));
          at = end;
        }
        expect(messages).toEqual(whole);
      }
    }
  });

  test("of PostgreSQL: also before there is a kind, and about the statement, by its name where it has one", () => {
    const conversation = postgres();
    const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
    expect(shapes(conversation.read("client", sslRequest))).toEqual([["SSLRequest", "connect", 8]]);
    expect(shapes(read(conversation, "server", "N"))).toEqual([["no encryption", "connect", 1]]);
    conversation.read("client", startup("the gateway"));
    expect(conversation.client).toBe("the gateway");
    conversation.read("server", typed("K", "\0\0\u0001\u0002secret"));
    expect(conversation.serverPid).toBe(258);
    const asked = conversation.read("client", Buffer.concat([typed("Q", "begin\0"), typed("P", "\0select 1\0")]));
    expect(shapes(asked)).toEqual([
      ["Query", "begin", 11],
      ["Parse", "select 1", 15],
    ]);
    conversation.read("client", typed("B", "\0named\0"));
    expect(shapes(conversation.read("server", typed("2", "")))).toEqual([["BindComplete", "named", 5]]);
  });
});

function startup(application: string): Buffer {
  const body = Buffer.from(`user\0u\0application_name\0${application}\0\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + body.length, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}

function typed(kind: string, body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + Buffer.byteLength(body));
  return Buffer.concat([Buffer.from(kind), length, Buffer.from(body)]);
}

describe("a client of PostgreSQL", () => {
  /** What an INSERT with a value takes: five messages of the client, and five answers. */
  const MESSAGES = [
    ...["client Parse", "client Bind", "client Describe", "client Execute", "client Sync"],
    ...[
      "server ParseComplete",
      "server BindComplete",
      "server NoData",
      "server CommandComplete",
      "server ReadyForQuery",
    ],
  ];
  const SYNC = 5;
  let database: TestDatabase;
  let proxy: WireProxy;
  const clients: pg.Client[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.pool("superuser").query("create table public.written (n integer)");
    proxy = await WireProxy.start(new URL(database.url("superuser")), postgres);
  });
  afterEach(async () => {
    proxy.disarm();
    proxy.heal();
    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => undefined)));
    await database.pool("superuser").query("delete from public.written");
  });
  afterAll(async () => {
    await proxy.stop();
    await database.drop();
  });

  async function open(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: proxy.through(database.url("superuser")) });
    client.on("error", () => undefined);
    clients.push(client);
    await client.connect();
    return client;
  }

  const insert = (client: pg.Client) => client.query("insert into public.written values ($1)", [1]);
  /** What a session does to the end, although its client is gone, may take it a moment. */
  const written = async () => {
    const sessions = `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`;
    const client = new pg.Client({ connectionString: database.url("superuser") });
    await client.connect();
    await until(async () => (await client.query(sessions)).rowCount === 0);
    const { rowCount } = await client.query("select from public.written");
    await client.end();
    return rowCount;
  };

  test("has its messages counted, each once, in their order", async () => {
    const client = await open();
    const seen: string[] = [];
    const armed = proxy.arm({
      n: 0,
      fate: "lost",
      counts({ from, kind }) {
        seen.push(`${from} ${kind}`);
        return from === "server";
      },
    });
    await insert(client);
    expect(seen).toEqual(MESSAGES);
    expect([armed.count, armed.isReached]).toEqual([5, false]);
  });

  const everyN = MESSAGES.map((message, index) => [message, index + 1] as const);
  for (const [fate, first] of [
    ["lost", SYNC + 1],
    ["reset", SYNC + 1],
    ["unanswered", SYNC],
  ] as const) {
    test.each(everyN)(`whose %s is ${fate} has written if and only if its Sync has arrived`, async (message, n) => {
      const client = await open();
      const armed = proxy.arm({ counts: () => true, n, fate });
      const answer = insert(client);
      const hasAnswer = fate === "unanswered" && n === MESSAGES.length;
      if (hasAnswer) await answer;
      else await expect(answer).rejects.toThrow(/terminated|ECONNRESET|EPIPE/);
      const met = await armed.met;
      expect(`${met.from} ${met.kind}`).toBe(message);
      expect(met.serverPid).toBeGreaterThan(0);
      await until(async () => (await written()) === (n >= first ? 1 : 0));
      await insert(await open()); // Another connection is not concerned, nor anything after the n-th.
    });
  }

  test("is told nothing in a silence, on no connection, and hears no end; then all of it, in its order", async () => {
    const [client, other] = [await open(), await open()];
    const armed = proxy.arm({ counts: () => true, n: SYNC, fate: "silent" });
    let answered = 0;
    const count = () => {
      answered += 1;
    };
    const answers = [insert(client).then(count)];
    await armed.met;
    answers.push(insert(other).then(count), open().then(insert).then(count));
    await sleep(300); // As long as nothing is to happen.
    expect([answered, await database.pool("superuser").query("select from public.written")]).toMatchObject([
      0,
      { rowCount: 0 },
    ]);
    proxy.heal();
    await Promise.all(answers);
    expect(answered).toBe(3);
    await until(async () => (await written()) === 3);
  });

  test.each([
    [true, SYNC, 1],
    [false, SYNC, 0],
    [true, SYNC + 1, 1],
    [false, SYNC + 1, 1],
  ])(
    "waits while something is done, and its message then passes: %s, its %ith; nothing passes without what went before it",
    async (passes, n, count) => {
      const client = await open();
      const { promise, resolve } = Promise.withResolvers<void>();
      const fate: Fate = async () => {
        await promise;
        return passes;
      };
      const armed = proxy.arm({ counts: () => true, n, fate });
      const answer = insert(client).then(() => "answered");
      answer.catch(() => undefined); // It is awaited below.
      expect(await Promise.race([answer, sleep(200).then(() => "nothing")])).toBe("nothing");
      resolve();
      await armed.met;
      if (passes) expect(await answer).toBe("answered");
      else await expect(answer).rejects.toThrow(/terminated|ECONNRESET|EPIPE/);
      await until(async () => (await written()) === count);
    },
  );

  test("whose server is not there hears of it", async () => {
    const way = await WireProxy.start(new URL(`postgres://127.0.0.1:${await freePort()}`), postgres);
    const client = new pg.Client({ connectionString: way.through(database.url("superuser")) });
    await expect(client.connect()).rejects.toThrow();
    await way.stop();
  });
});

test("one who closes a connection in a silence is heard of when it is over, and not before", async () => {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => sockets.push(socket.on("data", () => undefined)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `nats://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy = await WireProxy.start(new URL(url), nats);
  const client = connect(Number(new URL(proxy.through(url)).port), "127.0.0.1");
  client.write("PING\r\n");
  await until(() => sockets[0]?.bytesRead === 6);
  const armed = proxy.arm({ counts: () => true, n: 1, fate: "silent" });
  client.write("PING\r\n");
  await armed.met;
  client.end();
  await sleep(100);
  expect(sockets[0]).toMatchObject({ bytesRead: 6, destroyed: false });
  proxy.heal();
  await until(() => sockets[0]?.destroyed === true);
  expect(sockets[0]?.bytesRead).toBe(12);
  await proxy.stop();
  server.close();
});
