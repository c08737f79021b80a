import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import fastify from "fastify";
import type { QueryConfig } from "pg";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LedgerReader, type LedgerReaderOptions } from "../../gateway/ledger.ts";
import { addLedgerRoutes } from "../../gateway/ledgerRoutes.ts";
import { httpRefusal } from "../../gateway/masking.ts";
import { parseVkey } from "../../verifier/index.ts";
import { until } from "../worker/support.ts";

/* The routes over a database that is played here: what they ask of it, and what they make of its answers. test/gateway/ledger.test.ts has a
   real one. */

/** The key of the example in c2sp.org/signed-note, and a note of its form. */
const VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE = `example.com/foo\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n`;

/** 256 entries of one letter. */
const BUNDLE = Buffer.concat(Array.from({ length: 256 }, () => Buffer.from([0, 1, 120])));
const TILE = randomBytes(256 * 32);

type Answers = Partial<Record<string, (values: readonly unknown[]) => unknown>>;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0)) await close();
});

function serve(answers: Answers, options: Partial<LedgerReaderOptions> = {}) {
  const asked: string[] = [];
  const checkpointsAsked: string[] = [];
  const pool = {
    async query({ name = "", values = [] }: QueryConfig) {
      (name === "ledger_checkpoint" ? checkpointsAsked : asked).push(name);
      const answer = await answers[name]?.(values);
      const latest = (await answers.ledger_checkpoint?.([])) as { note: string } | undefined;
      const origin = latest?.note.split("\n")[0] ?? "";
      return { rows: answer === undefined ? [] : [name === "ledger_checkpoint" ? answer : { answer, origin }] };
    },
  } as unknown as LedgerReaderOptions["pool"];
  const app = fastify();
  closing.push(() => app.close());
  const log = { error: () => undefined };
  app.setErrorHandler((error: Error, _request, reply) => {
    const { status, answer } = httpRefusal(error, log);
    return reply.code(status).send(answer);
  });
  addLedgerRoutes(app, new LedgerReader({ pool, ...options }));
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url: `/ledger/${url}`, headers });
  return { app, asked, checkpointsAsked, get };
}

const checkpoint = () => ({
  note: NOTE,
  publicKey: Buffer.from(parseVkey(VKEY).publicKey).toString("hex"),
});

describe("the checkpoint and its key", () => {
  test("are text that is kept for a second, and that pages of any origin may read", async () => {
    const { get } = serve({ ledger_checkpoint: checkpoint });
    for (const [path, body] of [
      ["checkpoint", checkpoint().note],
      ["vkey", `${VKEY}\n`],
    ] as const) {
      const answer = await get(path);
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toBe(body);
      expect(answer.headers).toMatchObject({
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "public, max-age=1",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
      });
    }
  });

  test("are asked for once, however many read them", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { get, checkpointsAsked } = serve({ ledger_checkpoint: checkpoint });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => get(index % 2 ? "vkey" : "checkpoint")),
    );
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect(checkpointsAsked).toEqual(["ledger_checkpoint"]);
  });

  test("are not there before the first", async () => {
    const { get } = serve({});
    for (const path of ["checkpoint", "vkey"]) expect((await get(path)).statusCode).toBe(404);
  });
});

describe("a tile", () => {
  test("is bytes that are kept for ever", async () => {
    const { get } = serve({ ledger_tile: () => TILE });
    const answer = await get("tile/0/x001/234");
    expect(answer.rawPayload.equals(TILE)).toBe(true);
    expect(answer.headers).toMatchObject({
      "content-type": "application/octet-stream",
      "cache-control": "public, max-age=31536000, immutable",
      "content-length": "8192",
      "access-control-allow-origin": "*",
    });
  });

  test("is asked for by its level, its index and its width", async () => {
    const seen: unknown[] = [];
    const { get } = serve({
      ledger_tile: (values) => {
        seen.push(values);
        return TILE.subarray(0, 32 * Number(values[2]));
      },
      ledger_entries: (values) => {
        seen.push(values);
        return BUNDLE.subarray(0, 3 * Number(values[1]));
      },
    });
    for (const path of ["tile/2/x001/234", "tile/0/000.p/7", "tile/entries/003", "tile/entries/003.p/255"])
      expect((await get(path)).statusCode).toBe(200);
    expect(seen).toEqual([
      [2, 1234, 256],
      [0, 0, 7],
      [3, 256],
      [3, 255],
    ]);
  });

  test("that is full is read from the database once", async () => {
    const { get, asked } = serve({ ledger_tile: () => TILE, ledger_entries: () => BUNDLE });
    for (let round = 0; round < 3; round += 1) for (const level of ["0", "entries"]) await get(`tile/${level}/000`);
    expect(asked.toSorted()).toEqual(["ledger_entries", "ledger_tile"]);
  });

  test("that is full is read anew when the ledger goes on under another name", async () => {
    let { note } = checkpoint();
    let tile = TILE;
    const { get } = serve({ ledger_checkpoint: () => ({ ...checkpoint(), note }), ledger_tile: () => tile });
    expect((await get("tile/0/000")).rawPayload.equals(TILE)).toBe(true);
    [note, tile] = [note.replaceAll("example.com/foo", "example.com/bar"), randomBytes(256 * 32)];
    await until(async () => (await get("checkpoint")).body === note);
    expect((await get("tile/0/000")).rawPayload.equals(tile)).toBe(true);
  });

  test("that was read from a ledger of another name is not served under the old one", async () => {
    let { note } = checkpoint();
    const { get } = serve({
      ledger_checkpoint: () => ({ ...checkpoint(), note }),
      ledger_tile: () => {
        note = note.replaceAll("example.com/foo", "example.com/bar");
        return TILE;
      },
    });
    expect((await get("tile/0/000")).statusCode).toBe(404);
    await until(async () => (await get("checkpoint")).body === note);
    expect((await get("tile/0/000")).rawPayload.equals(TILE)).toBe(true);
  });

  test("that is not full is read anew, but once for all who ask at the same time", async () => {
    const { get, asked } = serve({ ledger_tile: () => TILE.subarray(0, 32) });
    await Promise.all(Array.from({ length: 50 }, () => get("tile/0/000.p/1")));
    expect(asked).toHaveLength(1);
    await get("tile/0/000.p/1");
    expect(asked).toHaveLength(2);
  });

  test("of more than the cache holds makes room for others", async () => {
    const { get, asked } = serve({ ledger_tile: () => TILE }, { cacheBytesMax: 2 * TILE.byteLength });
    for (const index of [0, 1, 2, 0]) await get(`tile/0/00${index}`);
    expect(asked).toHaveLength(4);
  });

  test("that does not exist is 404, and nobody keeps that", async () => {
    const { get } = serve({ ledger_tile: () => null });
    const answer = await get("tile/0/009");
    expect(answer.statusCode).toBe(404);
    expect(answer.headers).toMatchObject({ "cache-control": "no-store", "access-control-allow-origin": "*" });
  });

  test.each([
    "tile/0/9",
    "tile/0/000.p/256",
    "tile/0/000.p/0",
    "tile/64/000",
    "tile/7/000",
    "tile/data/000",
    "tile/",
    "tile/0/000/",
  ])("whose path cannot be (%s) is 404 without a question", async (path) => {
    const { get, asked } = serve({ ledger_tile: () => TILE });
    expect((await get(path)).statusCode).toBe(404);
    expect(asked).toEqual([]);
  });

  test("with a hole in it is a fault, and not served", async () => {
    const { get } = serve({ ledger_tile: () => TILE.subarray(32), ledger_entries: () => BUNDLE.subarray(1) });
    for (const path of ["tile/0/000", "tile/entries/000"]) {
      const answer = await get(path);
      expect(answer.statusCode).toBe(500);
      expect(answer.json().errors[0].extensions.code).toBe("INTERNAL_ERROR");
      expect(answer.headers["cache-control"]).toBeUndefined();
    }
  });
});

describe("what a reader has already", () => {
  test("is not sent again", async () => {
    const { get } = serve({ ledger_checkpoint: checkpoint, ledger_tile: () => TILE, ledger_entries: () => BUNDLE });
    for (const path of ["checkpoint", "vkey", "tile/0/000", "tile/entries/000"]) {
      const { headers } = await get(path);
      const etag = String(headers.etag);
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
        const answer = await get(path, { "if-none-match": known });
        expect(answer.statusCode).toBe(304);
        expect(answer.rawPayload).toHaveLength(0);
        expect(answer.headers).toMatchObject({ etag, "cache-control": headers["cache-control"] });
      }
      expect((await get(path, { "if-none-match": `"other"` })).statusCode).toBe(200);
    }
  });

  test("HEAD tells the same headers", async () => {
    const { app, get } = serve({ ledger_checkpoint: checkpoint, ledger_tile: () => TILE });
    for (const path of ["checkpoint", "tile/0/000"]) {
      const { headers } = await get(path);
      const head = await app.inject({ method: "HEAD", url: `/ledger/${path}` });
      expect(head.statusCode).toBe(200);
      expect(head.rawPayload).toHaveLength(0);
      expect({ ...head.headers, date: "" }).toEqual({ ...headers, date: "" });
    }
  });
});

describe("a bundle of entries", () => {
  test.each(["gzip", "br, gzip", "gzip;q=0.5", "gzip; q=1.0", "deflate,gzip;q=1"])(
    "travels in gzip to who says %j",
    async (accepted) => {
      const { get } = serve({ ledger_entries: () => BUNDLE });
      const answer = await get("tile/entries/000", { "accept-encoding": accepted });
      expect(answer.headers).toMatchObject({ "content-encoding": "gzip", vary: "accept-encoding" });
      expect(gunzipSync(answer.rawPayload).equals(BUNDLE)).toBe(true);
      const { etag } = answer.headers;
      expect(etag).not.toBe((await get("tile/entries/000")).headers.etag);
      const again = await get("tile/entries/000", { "accept-encoding": accepted, "if-none-match": String(etag) });
      expect(again.statusCode).toBe(304);
    },
  );

  test.each(["", "identity", "br", "gzip;q=0", "gzip;q=0.0", "x-gzip-not"])(
    "travels as it is to who says %j",
    async (accepted) => {
      const { get } = serve({ ledger_entries: () => BUNDLE });
      const answer = await get("tile/entries/000", { "accept-encoding": accepted });
      expect(answer.headers["content-encoding"]).toBeUndefined();
      expect(answer.headers.vary).toBe("accept-encoding");
      expect(answer.rawPayload.equals(BUNDLE)).toBe(true);
    },
  );
});

describe("a proof", () => {
  const proofOf = (values: readonly unknown[]) => `the proof of ${values}\n`;

  test("is a document to keep; under a named checkpoint it stays the same for ever", async () => {
    const { get } = serve({ ledger_proof: proofOf });
    const latest = await get("proof/12");
    expect(latest.body).toBe("the proof of 12,\n");
    expect(latest.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": `inline; filename="12.tlog-proof"`,
      "cache-control": "public, max-age=1",
    });
    const named = await get("proof/12?size=20");
    expect(named.body).toBe("the proof of 12,20\n");
    expect(named.headers["cache-control"]).toContain("immutable");
  });

  test.each([
    "proof/012",
    "proof/-1",
    "proof/1.0",
    "proof/x",
    "proof/9007199254740992",
    "proof/1?size=",
    "proof/1?size=01",
    "proof/1?size=2&size=3",
  ])("of what cannot be (%s) is 404 without a question", async (path) => {
    const { get, asked } = serve({ ledger_proof: proofOf });
    expect((await get(path)).statusCode).toBe(404);
    expect(asked).toEqual([]);
  });
});

describe("when the database is slow", () => {
  test("one reading too many is OVERLOADED, and those before get their answers", async () => {
    const { promise, resolve } = Promise.withResolvers<Buffer>();
    const { get, asked } = serve({ ledger_tile: () => promise }, { readingMax: 2 });
    const first = ["tile/0/000", "tile/0/001", "tile/0/000"].map((path) => get(path));
    await expect.poll(() => asked.length).toBe(2);
    const refused = await get("tile/0/002");
    expect(refused.statusCode).toBe(503);
    expect(refused.json().errors[0].extensions).toMatchObject({ code: "OVERLOADED", retryable: true });
    resolve(TILE);
    expect((await Promise.all(first)).map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect((await get("tile/0/002")).statusCode).toBe(200);
  });

  test("or away, it says so, and asks again the next time", async () => {
    const answers: Answers = {
      ledger_tile: () => Promise.reject(new Error("Connection terminated unexpectedly")),
    };
    const { get } = serve(answers);
    expect((await get("tile/0/000")).statusCode).toBe(503);
    answers.ledger_tile = () => TILE;
    expect((await get("tile/0/000")).statusCode).toBe(200);
  });
});
