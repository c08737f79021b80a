import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import fastify from "fastify";
import type { Logger } from "pino";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Bundle, loadBundle, readBuiltOperations } from "../../gateway/dashboard/bundle.ts";
import { collectOperations } from "../../gateway/dashboard/operations.ts";
import { addDashboardRoutes } from "../../gateway/dashboardRoutes.ts";
import { httpRefusal } from "../../gateway/masking.ts";
import { PolicyReports } from "../../gateway/policyReports.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { chromiumPath, testRequiring } from "../requirements.ts";
import { openEdition, startTestGateway, type TestGateway } from "./testGateway.ts";

const execute = promisify(execFile);

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  await openEdition(gateway, { slug: "shown", cap: 5 });
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

interface Raw {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks without what fetch adds and undoes. */
function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Raw> {
  return new Promise((resolve, reject) => {
    request(`${gateway.url}${path}`, { method, headers }, async (response) => {
      resolve({ status: response.statusCode, headers: response.headers, body: await buffer(response) });
    })
      .on("error", reject)
      .end();
  });
}

const PAGE = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const PATHS = ["/editions/shown", "/tickets", "/tickets/1", "/verify", "/ledger", "/operator", "/operator/gate"];

const reportCount = async () =>
  Number(/golden_press_gateway_policy_reports (\d+)/.exec((await ask("/metrics")).body.toString())?.[1]);

/** The assets that the page names. */
async function assetPaths(): Promise<string[]> {
  const { body } = await ask("/", PAGE);
  return [...body.toString().matchAll(/(?:src|href)="(\/dashboard\/[^"]+)"/g)].map(([, path = ""]) => path);
}

describe("the page", () => {
  test("is at / for browsers, and for everybody else there is a list of places", async () => {
    const { status, headers, body } = await ask("/", PAGE);
    expect([status, headers["content-type"], headers["cache-control"]]).toEqual([
      200,
      "text/html; charset=utf-8",
      "no-cache",
    ]);
    expect(body.toString()).toMatch(/^<!doctype html>/);
    for (const accept of [undefined, "*/*", "text/plain", "application/json", "text/html;q=0, */*"]) {
      const other = await ask("/", accept === undefined ? {} : { accept });
      expect([other.headers["content-type"], other.headers.vary], accept).toEqual([
        "text/plain; charset=utf-8",
        "accept",
      ]);
      expect(other.body.toString()).toContain("POST /graphql");
    }
    expect(headers.vary).toBe("accept, accept-encoding");
  });

  test("is the same at every path of the dashboard, and at no other", async () => {
    const page = (await ask("/", PAGE)).body;
    for (const path of [...PATHS, "/operator/editions/shown"]) {
      const { status, body } = await ask(path);
      expect([status, body.equals(page)], path).toEqual([200, true]);
    }
    for (const path of ["/nowhere", "/editions", "/editions/a/b", "/operator/nowhere", "/dashboard/", "/index.html"])
      expect((await ask(path, PAGE)).status, path).toBe(404);
  });

  test("is not sent again to who has it", async () => {
    const { headers } = await ask("/tickets");
    const again = await ask("/tickets", { "if-none-match": String(headers.etag) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await ask("/tickets", { "if-none-match": '"another"' })).status).toBe(200);
  });

  test("says the same to HEAD, without a body", async () => {
    for (const path of ["/", "/tickets", ...(await assetPaths())]) {
      const [get, head] = [await ask(path, PAGE), await ask(path, PAGE, "HEAD")];
      const { date: _date, ...told } = head.headers;
      expect([head.status, head.body.length], path).toEqual([200, 0]);
      expect(get.headers, path).toMatchObject(told);
    }
  });

  test("may do nothing but what it must", async () => {
    const { headers } = await ask("/tickets");
    expect(String(headers["content-security-policy"]).split(";").sort()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "font-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self' data: blob:",
      "report-uri /dashboard-reports",
      "require-trusted-types-for 'script'",
      "script-src 'self'",
      "style-src 'self'",
      "trusted-types 'none'",
    ]);
    const permissions = String(headers["permissions-policy"]).split(", ");
    expect(permissions.filter((one) => !one.endsWith("=()"))).toEqual(["camera=(self)", "clipboard-write=(self)"]);
    expect(permissions).toEqual(expect.arrayContaining(["microphone=()", "geolocation=()", "payment=()", "usb=()"]));
  });
});

describe("an asset", () => {
  test("is kept for ever under a name that changes with it, and has its type", async () => {
    const paths = await assetPaths();
    const types = { js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml" };
    expect(new Set(paths.map((path) => path.split(".").at(-1)))).toEqual(new Set(Object.keys(types)));
    for (const path of paths) {
      const { status, headers } = await ask(path);
      expect(path).toMatch(/^\/dashboard\/[\w-]+-[A-Z0-9]{8}\.\w+$/);
      expect([status, headers["cache-control"], headers["content-type"]]).toEqual([
        200,
        "public, max-age=31536000, immutable",
        types[path.split(".").at(-1) as keyof typeof types],
      ]);
    }
  });

  test("comes compressed to who can read that, and smaller", async () => {
    const [script = ""] = (await assetPaths()).filter((path) => path.endsWith(".js"));
    const plain = await ask(script);
    const brotli = await ask(script, { "accept-encoding": "gzip, deflate, br" });
    const gzip = await ask(script, { "accept-encoding": "gzip;q=0.5, br;q=0" });
    expect([plain, brotli, gzip].map(({ headers }) => headers["content-encoding"])).toEqual([undefined, "br", "gzip"]);
    expect(new Set([plain, brotli, gzip].map(({ headers }) => headers.etag)).size).toBe(3);
    expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(brotli.body.length).toBeLessThan(gzip.body.length);
    expect(gzip.body.length).toBeLessThan(plain.body.length / 2);
    const known = { "accept-encoding": "br", "if-none-match": String(brotli.headers.etag) };
    expect((await ask(script, known)).status).toBe(304);
  });

  test("that is not there is not found, and nobody remembers that", async () => {
    for (const name of [
      "main-AAAAAAAA.js",
      "..%2f..%2fpackage.json",
      "%2e%2e/bundle.ts",
      "index.html",
      "origin.json",
    ]) {
      const { status, headers } = await ask(`/dashboard/${name}`);
      expect(status, name).toBe(404);
      expect(headers["cache-control"] ?? "", name).not.toContain("immutable");
    }
    expect((await ask("/dashboard/main-AAAAAAAA.js")).headers["cache-control"]).toBe("no-store");
  });
});

describe("the built folder", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "golden-press-dist-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("is used as it is while it is made of these sources, and never when it is not", async () => {
    const fresh = await loadBundle();
    const dist = join(folder, "dist");
    // As the image of containers has it made: by a process whose first module this is.
    await execute(process.execPath, [join(import.meta.dirname, "../../gateway/dashboard/bundle.ts"), dist]);
    await writeFile(join(dist, "index.html"), "as it was built");
    expect((await loadBundle(dist)).page.toString()).toBe("as it was built");

    const operations = await readBuiltOperations(dist);
    expect(operations?.toSorted()).toEqual([...(await collectOperations())].toSorted());
    expect(operations?.length).toBeGreaterThan(30);

    const origin = JSON.parse(await readFile(join(dist, "origin.json"), "utf8"));
    expect(origin.files).toEqual(expect.arrayContaining(["gateway/dashboard/bundle.ts", "gateway/dashboard/main.tsx"]));
    await writeFile(join(dist, "origin.json"), JSON.stringify({ ...origin, digest: "of something older" }));
    expect(await readBuiltOperations(dist)).toBeNull();
    const { page, assets } = await loadBundle(dist);
    expect(page.equals(fresh.page)).toBe(true);
    expect([...assets.keys()].sort()).toEqual([...fresh.assets.keys()].sort());
  });
});

test("that cannot be made is said so, tried again after some seconds until it can, and everything else is served", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const app = fastify();
  const log = { error: vi.fn(), warn: vi.fn() } as unknown as Logger;
  app.setErrorHandler((error: Error, _request, reply) => {
    const { status, answer } = httpRefusal(error, log);
    return reply.code(status).send(answer);
  });
  const load = vi.fn(async (): Promise<Bundle> => {
    if (load.mock.calls.length < 3) throw new Error("esbuild is not there");
    return { page: Buffer.from("made"), assets: new Map() };
  });
  addDashboardRoutes(app, { log, welcome: "places", policyReports: new PolicyReports(log), load });
  expect((await app.inject("/")).body).toBe("places");
  for (const tries of [1, 2]) {
    for (const path of ["/tickets", "/verify", "/dashboard/main-AAAAAAAA.js"]) {
      const { statusCode, body } = await app.inject(path);
      const { hint } = JSON.parse(body).errors[0].extensions;
      expect([statusCode, hint]).toEqual([503, expect.stringContaining("npm ci")]);
      vi.advanceTimersByTime(1_000);
    }
    expect([load.mock.calls.length, vi.mocked(log.error).mock.calls.length]).toEqual([tries, tries]);
    vi.advanceTimersByTime(5_000);
  }
  expect((await Promise.all(["/tickets", "/verify"].map((path) => app.inject(path)))).map(({ body }) => body)).toEqual([
    "made",
    "made",
  ]);
  expect(load).toHaveBeenCalledTimes(3);
});

describe("reports against the policy", () => {
  const report = (body: string, type = "application/csp-report") =>
    fetch(`${gateway.url}/dashboard-reports`, { method: "POST", headers: { "content-type": type }, body });
  const violation = { "effective-directive": "script-src", "blocked-uri": "https://elsewhere.example/" };

  test("are counted, whatever they say, and nothing else is taken", async () => {
    const before = await reportCount();
    const bodies = [{ "csp-report": violation }, {}, null, 7, [], { "csp-report": { "blocked-uri": { toString: 1 } } }];
    for (const body of bodies) expect((await report(JSON.stringify(body))).status, JSON.stringify(body)).toBe(204);
    await expect.poll(reportCount).toBe(before + bodies.length);
    expect((await report("no JSON")).status).toBe(400);
    expect((await report("{}", "application/json")).status).toBe(415);
    expect((await report(JSON.stringify({ more: "x".repeat(9_000) }))).status).toBe(413);
  });

  test("are a few lines a minute in the log, of a length, however many come", () => {
    vi.useFakeTimers();
    try {
      const warn = vi.fn();
      const reports = new PolicyReports({ warn } as unknown as Logger);
      const long = {
        "csp-report": { ...violation, "script-sample": "x".repeat(5_000), "original-policy": "a policy" },
      };
      for (let count = 0; count < 1_000; count += 1) reports.take(long);
      expect([reports.count, warn.mock.calls.length]).toEqual([1_000, 10]);
      expect(warn.mock.calls[0]?.[0]).toEqual({ report: { ...violation, "script-sample": "x".repeat(200) } });
      vi.advanceTimersByTime(60_001);
      reports.take(long);
      expect(warn).toHaveBeenCalledTimes(11);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    const executablePath = chromiumPath();
    if (executablePath === undefined) return;
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  /** A page that notes everything that the browser complains of. */
  async function openPage(): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    return { page, complaints };
  }

  testRequiring("chromium")("runs under its policy without a complaint, WebSockets included", async () => {
    const { page, complaints } = await openPage();
    const before = await reportCount();
    await page.goto(gateway.url);
    await page.getByText("A title").first().waitFor(); // It has asked for the editions, and shows them.
    const acknowledged = await page.evaluate(async () => {
      const socket = new WebSocket(`${location.origin.replace("http", "ws")}/graphql`, "graphql-transport-ws");
      await new Promise((resolve) => socket.addEventListener("open", resolve));
      socket.send(JSON.stringify({ type: "connection_init" }));
      return new Promise((resolve) => socket.addEventListener("message", ({ data }) => resolve(JSON.parse(data).type)));
    });
    expect(acknowledged).toBe("connection_ack");
    expect(complaints).toEqual([]);
    expect(await reportCount()).toBe(before);
  });

  testRequiring("chromium")("what the policy keeps from happening does not happen, and is reported", async () => {
    const { page } = await openPage();
    const before = await reportCount();
    await page.goto(gateway.url);
    const outcome = await page.evaluate(async () => {
      const attempts: Record<string, () => unknown> = {
        "an inline script": () => {
          const script = document.createElement("script");
          script.append("document.title = 'taken over'");
          document.head.append(script);
          return document.title === "taken over" ? "ran" : "did not run"; // The page gives itself a title meanwhile.
        },
        "an inline handler": () => {
          document.body.setAttribute("onclick", "document.title = 'taken over'");
          document.body.click();
          return document.title;
        },
        "markup from a string": () => {
          document.body.innerHTML = "<b>taken over</b>";
          return document.querySelector("b")?.textContent;
        },
        "a policy of its own": () => {
          const { trustedTypes } = window as unknown as {
            trustedTypes: { createPolicy(name: string, rules: object): unknown };
          };
          return trustedTypes.createPolicy("default", { createHTML: (text: string) => text });
        },
        // Later: what a debugger evaluates may do so, and so may this.
        "code from a string": () =>
          new Promise((resolve, reject) => {
            setTimeout(() => {
              try {
                resolve(new Function("return 'taken over'")());
              } catch (error) {
                reject(error);
              }
            });
          }),
        "a request to another origin": () => fetch("http://127.0.0.1:9/"),
      };
      const outcomes: Record<string, string> = {};
      for (const [name, attempt] of Object.entries(attempts)) {
        try {
          outcomes[name] = String(await attempt());
        } catch (error) {
          outcomes[name] = (error as Error).name;
        }
      }
      return outcomes;
    });
    expect(outcome).toEqual({
      "an inline script": "did not run",
      "an inline handler": "TypeError",
      "markup from a string": "TypeError",
      "a policy of its own": "TypeError",
      "code from a string": "EvalError",
      "a request to another origin": "TypeError",
    });
    await expect.poll(reportCount).toBeGreaterThanOrEqual(before + 6);
  });

  testRequiring("chromium")("no other page can show it in a frame", async () => {
    const { page } = await openPage();
    await page.setContent(`<iframe src="${gateway.url}/tickets"></iframe>`);
    await expect.poll(() => page.frames().map((frame) => frame.url())).toContain("chrome-error://chromewebdata/");
  });
});
