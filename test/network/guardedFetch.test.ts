/* What is asked of servers of others: what is sent arrives as it was meant, and goes nowhere else. Hostile servers are in test/worker/hostileEvidence.test.ts. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { guardedFetch, OutsideError } from "../../network/guardedFetch.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/token?x=1`);
}

const LIMITS = { reach: "loopback", timeoutMilliseconds: 30_000, bytesMax: 1_000 } as const;

test.each<[string, string | Uint8Array | undefined, string]>([
  ["GET", undefined, ""],
  ["POST", "grant_type=authorization_code&code=ü", "grant_type=authorization_code&code=ü"],
  ["POST", Buffer.from("bytes"), "bytes"],
  ["POST", undefined, ""],
])("sends %s with the body %j, and gives the answer whatever its status", async (method, body, arrived) => {
  const asked: { request: IncomingMessage; body: string }[] = [];
  const url = await serve(async (request, response) => {
    asked.push({ request, body: await text(request) });
    response.writeHead(400, { "content-type": "application/json" }).end('{"error":"invalid_grant"}');
  });
  const headers = { "content-type": "application/x-www-form-urlencoded", authorization: "Basic eA==" };
  const response = await guardedFetch(url, { ...LIMITS, method, headers, body });
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({ error: "invalid_grant" });
  expect(asked.map(({ request, body }) => [request.method, request.url, body])).toEqual([
    [method, "/token?x=1", arrived],
  ]);
  expect(asked[0]?.request.headers).toMatchObject(headers);
});

test("a redirect of what was posted is an answer: nothing is posted anywhere else", async () => {
  const asked: string[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(307, { location: "/elsewhere" }).end();
  });
  expect((await guardedFetch(url, { ...LIMITS, method: "POST", body: "code=x" })).status).toBe(307);
  expect(asked).toEqual(["/token?x=1"]);
});

test("nothing is posted to an address out of reach", async () => {
  const asked: string[] = [];
  const url = await serve((request, response) => {
    asked.push(request.url ?? "");
    response.end();
  });
  const posting = guardedFetch(url, { ...LIMITS, reach: "network", method: "POST", body: "code=x" });
  await expect(posting).rejects.toThrow(OutsideError);
  await expect(posting).rejects.toThrow("has the address 127.0.0.1, to which nothing is sent");
  expect(asked).toEqual([]);
});
