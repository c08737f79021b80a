import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startTestGateway, type TestGateway } from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
let sockets: WebSocket[];

beforeAll(async () => {
  database = await createTestDatabase();
});

afterAll(() => database?.drop());

beforeEach(() => {
  sockets = [];
});

afterEach(async () => {
  for (const socket of sockets) socket.terminate();
  await gateway?.close();
});

/** Opens a WebSocket and says nothing; answers "open", or what the refusal says. */
function open(headers: Record<string, string> = {}, localAddress = "127.0.0.1"): Promise<unknown> {
  const address = `${gateway.url.replace("http", "ws")}/graphql`;
  const socket = new WebSocket(address, "graphql-transport-ws", { headers, localAddress });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    socket.on("open", () => resolve("open"));
    socket.on("error", reject);
    socket.on("unexpected-response", async (_request, response: IncomingMessage) => {
      const [error] = JSON.parse(await text(response)).errors;
      resolve([response.statusCode, error.extensions.code, error.extensions.retryable]);
    });
  });
}

const OVERLOADED = [503, "OVERLOADED", true];
const times = async (count: number, how: () => Promise<unknown>) => {
  const outcomes: unknown[] = [];
  for (let done = 0; done < count; done += 1) outcomes.push(await how());
  return outcomes;
};

describe("WebSockets", () => {
  test("are refused beyond the bound for all, wherever they come from, and taken again when one has gone", async () => {
    gateway = await startTestGateway(database, { webSockets: { max: 3 } });
    expect(await times(3, open)).toEqual(["open", "open", "open"]);
    expect(await open({}, "127.0.0.2")).toEqual(OVERLOADED);
    sockets[0]?.terminate();
    await expect.poll(() => open()).toBe("open");
    expect(await open()).toEqual(OVERLOADED);
  });

  test("are refused beyond the bound for one address, and others are not", async () => {
    gateway = await startTestGateway(database, { webSockets: { perAddressMax: 2 } });
    expect(await times(3, open)).toEqual(["open", "open", OVERLOADED]);
    expect(await open({}, "127.0.0.2")).toBe("open");
    const answer = await gateway.ask("{ __typename }");
    expect(answer.status).toBe(200);
  });

  test("behind a proxy are bounded for each address that it forwards, and only a trusted one is believed", async () => {
    gateway = await startTestGateway(database, { trustedProxies: ["127.0.0.1"], webSockets: { perAddressMax: 1 } });
    const from = (forwarded: string, by = "127.0.0.1") => open({ "x-forwarded-for": forwarded }, by);
    expect(await from("192.0.2.1")).toBe("open");
    expect(await from("192.0.2.2")).toBe("open");
    expect(await from("192.0.2.1")).toEqual(OVERLOADED);
    // The proxy appends what it sees itself; what comes before, the client has made up.
    expect(await from("198.51.100.7, 192.0.2.1")).toEqual(OVERLOADED);
    expect(await from("198.51.100.7", "127.0.0.2")).toBe("open");
    expect(await from("198.51.100.8", "127.0.0.2")).toEqual(OVERLOADED);
    await gateway.close();

    gateway = await startTestGateway(database, { webSockets: { perAddressMax: 1 } });
    expect(await from("192.0.2.1")).toBe("open");
    expect(await from("192.0.2.2")).toEqual(OVERLOADED);
  });

  test("that were refused do not count, even all at once", async () => {
    gateway = await startTestGateway(database, { webSockets: { max: 2 } });
    const foreign = await times(5, () => open({ origin: "https://elsewhere.example" }));
    expect(foreign).toEqual(foreign.map(() => [403, "ORIGIN_NOT_ALLOWED", false]));
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => open()));
    expect(outcomes.filter((outcome) => outcome === "open")).toHaveLength(2);
  });

  test("by default are a hundred from one address", async () => {
    gateway = await startTestGateway(database);
    const outcomes = await Promise.all(Array.from({ length: 105 }, () => open()));
    expect(outcomes.filter((outcome) => outcome === "open")).toHaveLength(100);
  });

  test("that say nothing are closed", async () => {
    gateway = await startTestGateway(database);
    await open();
    const code = await new Promise((resolve) => sockets[0]?.on("close", resolve));
    expect(code).toBe(4408);
  });
});
