/* Clients who are slow, on purpose or not: connections over which nothing comes, requests that come a byte at a time, answers that nobody takes. Whoever is honest
   is answered all the while, and in the end those are gone who had not. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../../gateway/limits.ts";
import { createTestDatabase, type TestDatabase } from "../../database.ts";
import { until } from "../../worker/support.ts";
import { issueTicket, makeToken, openEdition, startTestGateway, type TestGateway } from "../testGateway.ts";

/** Of each kind. */
const CLIENTS = 50;
const BYTE_EVERY_MILLISECONDS = 200;
/** The server looks twice a minute who is late; and on a busy machine it takes longer. */
const TIMEOUT_MILLISECONDS = limits.uploadMilliseconds + limits.stallMilliseconds + 120_000;

let database: TestDatabase;
let gateway: TestGateway;
beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  await openEdition(gateway, { slug: "wanted", cap: 100_000, perHolderLimit: 100_000 });
});
afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const headOf = (...headers: string[]) =>
  ["POST /graphql HTTP/1.1", "host: press.test", "content-type: application/json", ...headers].join("\r\n");

/** What a client sends at once, and what it sends then, a little at a time; or it takes nothing of what it is answered. */
interface Kind {
  readonly first: string;
  readonly slow?: string;
  readonly takesNothing?: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  nothing: { first: "" },
  "a head": { first: headOf("x-long: "), slow: "x" },
  "a body": { first: `${headOf("content-length: 50000")}\r\n\r\n{"query":"`, slow: " " },
  "a body in chunks": { first: `${headOf("transfer-encoding: chunked")}\r\n\r\n`, slow: "1\r\n \r\n" },
  "many questions": { first: manyQuestions(), takesNothing: true },
};

/** Their answers do not fit into the buffers on the way. */
function manyQuestions(): string {
  const body = JSON.stringify({ query: "{ __schema { types { name description fields { name description } } } }" });
  return `${headOf(`content-length: ${body.length}`)}\r\n\r\n${body}`.repeat(60);
}

/** Sends until the connection is closed, or the other end does not take more. */
function slowClient({ first, slow, takesNothing = false }: Kind): Socket {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname, () => socket.write(first));
  const timer = setInterval(() => slow !== undefined && socket.write(slow), BYTE_EVERY_MILLISECONDS);
  if (!takesNothing) socket.resume();
  socket.on("error", () => undefined);
  return socket.on("close", () => clearInterval(timer));
}

/** The server's ends of as many connections, once all are open: a client that takes nothing does not hear that its connection was closed. */
async function accepted(count: number, open: () => Socket[]): Promise<{ clients: Socket[]; served: Socket[] }> {
  const served: Socket[] = [];
  const note = (message: unknown) => void served.push((message as { socket: Socket }).socket);
  subscribe("net.server.socket", note);
  const clients = open();
  await until(() => served.length === count);
  unsubscribe("net.server.socket", note);
  return { clients, served };
}

test(
  `${CLIENTS} of each kind are gone in the end, and nobody honest has noticed`,
  async () => {
    const kinds = Object.values(KINDS).flatMap((kind) => Array<Kind>(CLIENTS).fill(kind));
    const { clients, served } = await accepted(kinds.length, () => kinds.map(slowClient));
    const token = await makeToken("ann");
    let isOver = false;
    const honest = (async () => {
      const refused: unknown[] = [];
      let count = 0;
      for (; !isOver; count += 1) {
        const answers = [
          await gateway.ask("{ editions { nodes { slug remainingCount } } }", { token }),
          await issueTicket(gateway, token, { editionSlug: "wanted" }),
        ];
        refused.push(...answers.flatMap(({ errors }) => errors));
      }
      return { count, refused };
    })();
    await until(() => served.every(({ destroyed }) => destroyed));
    isOver = true;
    const { count, refused } = await honest;
    expect(refused).toEqual([]);
    expect(count).toBeGreaterThan(0);
    for (const client of clients) client.destroy();
  },
  TIMEOUT_MILLISECONDS,
);

test("whoever is slow, and not too slow, is answered", async () => {
  const body = JSON.stringify({ query: "{ __typename }" });
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname).setEncoding("utf8");
  let answer = "";
  socket.on("data", (text: string) => {
    answer += text;
  });
  await once(socket, "connect");
  for (const byte of `${headOf(`content-length: ${body.length}`)}\r\n\r\n${body}`) {
    socket.write(byte);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await until(() => answer.endsWith("}"));
  expect(answer).toContain('{"data":{"__typename":"Query"}}');
  socket.destroy();
});
