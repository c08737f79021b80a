/* What is left of an attempt to reach a NATS server that lets nobody in: nothing, however often and whyever it was given up. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { EventStream } from "../../worker/events/stream.ts";
import { until } from "./support.ts";

const INFO = `INFO {"server_id":"half-way","version":"2.10.0","max_payload":1048576}\r\n`;
const NEVER_MILLISECONDS = 2_000_000;

let server: Server;
const sockets = new Set<Socket>();
let accepted = 0;
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
  accepted = 0;
});

/** A server that says no more than this to anybody. */
async function startServer(greeting: string): Promise<string> {
  server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
    socket.resume();
    if (greeting !== "") socket.write(greeting);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `nats://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(url: string, connectMilliseconds: number, signal?: AbortSignal): Promise<EventStream> {
  const options = { natsUrls: [url], prefix: "test", stream: "TEST", replicas: 1, connectMilliseconds };
  return EventStream.open(options, "press.test/ledger", signal);
}

test.each([
  ["nothing", ""],
  ["who it is, and no more", INFO],
])("a server that says %s is left when its time is up", async (_said, greeting) => {
  const url = await startServer(greeting);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect(open(url, 50)).rejects.toThrow("does not answer");
  }
  await until(() => accepted === 3 && sockets.size === 0);
});

test.each([
  ["nothing", ""],
  ["who it is, and no more", INFO],
])("a server that says %s is left when the worker stops", async (_said, greeting) => {
  const url = await startServer(greeting);
  const stopping = new AbortController();
  const opening = open(url, NEVER_MILLISECONDS, stopping.signal);
  await until(() => sockets.size === 1);
  stopping.abort();
  await expect(opening).rejects.toThrow("before the worker was stopped");
  await until(() => sockets.size === 0);
});
