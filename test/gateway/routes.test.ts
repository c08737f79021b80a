import fastify from "fastify";
import type { Pool } from "pg";
import { expect, onTestFinished, test, vi } from "vitest";
import { kept } from "../../gateway/kept.ts";
import { addRoutes } from "../../gateway/routes.ts";

const PATHS = ["/keys", "/.well-known/jwks.json", "/.well-known/did.json", "/readyz"];

test("a hundred requests for keys and readiness at once take one connection", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  let connections = 0;
  const state = { reason: null, is_read_only: false };
  const query = async (text: string) => ({ rows: text.includes("press_stop_reason") ? [state] : [] });
  const client = { query, release: () => undefined };
  const pool = {
    connect: async () => {
      connections += 1;
      return client;
    },
  } as unknown as Pool;
  const app = fastify();
  addRoutes(app, pool, () => "did:web:press.example");
  const answers = await Promise.all(
    Array.from({ length: 102 }, (_, index) => app.inject(PATHS[index % PATHS.length] as string)),
  );
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
  expect(connections).toBe(1);
  await app.close();
});

test("what was read is kept for its time, and then read again", async () => {
  vi.useFakeTimers();
  try {
    let reads = 0;
    const read = kept(async () => ++reads, 1_000);
    expect(await Promise.all([read(), read()])).toEqual([1, 1]);
    vi.advanceTimersByTime(999);
    expect(await read()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(await read()).toBe(2);
  } finally {
    vi.useRealTimers();
  }
});

test("a failure is not kept", async () => {
  let reads = 0;
  const read = kept(async () => {
    reads += 1;
    if (reads === 1) throw new Error("out of reach");
    return "keys";
  }, 1_000);
  await expect(read()).rejects.toThrow("out of reach");
  expect(await read()).toBe("keys");
});
