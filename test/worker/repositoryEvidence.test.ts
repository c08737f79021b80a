/* Repositories as evidence, from a service that answers as GitHub documents it: what one proves, what never does, and what waits. */
import { randomBytes } from "node:crypto";
import type { RequestListener, ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { OutsideError } from "../../network/guardedFetch.ts";
import { makeRepositoryGather, type RepositoryOptions } from "../../worker/attestations/repository.ts";
import { type HostingService, json, startHostingService } from "./hostingService.ts";

let service: HostingService;
beforeAll(async () => {
  service = await startHostingService();
});
afterEach(() => {
  service.instead = () => false;
  service.asked.length = 0;
});
afterAll(() => service.close());

const nonce = randomBytes(32).toString("hex");
const another = randomBytes(32).toString("hex");

function makeGather(options: Partial<RepositoryOptions> = {}) {
  const gather = makeRepositoryGather({
    apiUrl: service.url,
    timeoutMilliseconds: 30_000,
    retryMilliseconds: 1,
    ...options,
  });
  return (text: string, expected: string | null = nonce, signal = new AbortController().signal) =>
    gather({ text, nonce: expected, submittedAt: new Date(), signal });
}

const paths = () => service.asked.map(({ url }) => url);
const proofOf = (accountId: number) =>
  JSON.stringify({ account_id: accountId, kind: "repository", service: service.url });

describe("a repository of a person's", () => {
  test("proves whose account it belongs to, with the facts that the rules are held against", async () => {
    service.put("octocat/Hello-World", { file: `${nonce}\n` });
    expect(await makeGather()("octocat/Hello-World")).toEqual({
      proof: proofOf(583_231),
      nonce,
      facts: {
        repository_created_at: "2011-01-26T19:01:12.000Z",
        repository_size_kb: 1_296_269,
        account_created_at: "2011-01-25T18:44:36.000Z",
      },
    });
    expect(paths()).toEqual([
      "/repos/octocat/Hello-World",
      "/users/octocat",
      "/repos/octocat/Hello-World/contents/golden-press.txt",
    ]);
  });

  test("proves the same under any spelling of its name, and each other of the same account does", async () => {
    service.put("Octocat/Hello-World", { file: nonce });
    service.put("Octocat/other", { file: nonce });
    for (const name of ["octocat/hello-world", "OCTOCAT/HELLO-WORLD", "Octocat/other"]) {
      expect(await makeGather()(name)).toMatchObject({ proof: proofOf(583_231), nonce });
    }
  });

  test.each<[string, string | undefined, string | null, string | null]>([
    ["the nonce among other lines", `about this:\r\n${nonce}\r\nand more`, nonce, nonce],
    ["the nonce behind another person's", `${another}\n  ${nonce}  \n`, nonce, nonce],
    ["another person's nonce", another, nonce, another],
    ["a nonce, where its holder has none that is valid", nonce, null, nonce],
    ["the nonce within a line", `x${nonce}`, nonce, null],
    ["the nonce in other letters", nonce.toUpperCase().replace(/^\d*$/, "A"), nonce, null],
    ["nothing", "", nonce, null],
    ["bytes that are no text", Buffer.from([0xff, 0xfe, 0, 10]).toString("latin1"), nonce, null],
    ["no file", undefined, nonce, null],
  ])("names of %s the right one", async (_, file, expected, found) => {
    service.put("octocat/nonces", { file });
    expect(await makeGather()("octocat/nonces", expected)).toMatchObject({ nonce: found, proof: proofOf(583_231) });
  });

  test("is found behind all that the service tells of a file, which is 1 MB", async () => {
    service.put("octocat/long", { file: `${"x".repeat(1_048_575 - nonce.length)}\n${nonce}` });
    expect(await makeGather()("octocat/long")).toMatchObject({ nonce });
  });

  test.each<[string, RequestListener]>([
    ["longer than any that is read", (_, response) => response.end("x".repeat(2_000_000))],
    [
      "larger than any that the service reads",
      (_, response) =>
        json(response as ServerResponse<never>, 403, {
          message: "This API returns blobs up to 100 MB in size.",
          errors: [{ resource: "Blob", field: "data", code: "too_large" }],
        }),
    ],
  ])("is none where its file is %s: it does not wait for another answer", async (_, listener) => {
    service.put("octocat/huge", { file: nonce });
    service.instead = (request, response) => {
      const isFile = request.url?.includes("/contents/") ?? false;
      if (isFile) listener(request, response as ServerResponse<never>);
      return isFile;
    };
    expect(await makeGather()("octocat/huge")).toMatchObject({ nonce: null, proof: proofOf(583_231) });
  });

  test.each<[string, unknown]>([
    ["a folder", [{ type: "file", name: "x", path: "golden-press.txt/x", size: 1 }]],
    ["a submodule", { type: "submodule", size: 0, name: "golden-press.txt", path: "golden-press.txt" }],
    ["too large to be told", { type: "file", encoding: "none", content: "", size: 2_000_000 }],
  ])("has no nonce where its file is %s", async (_, answer) => {
    service.put("octocat/strange", { file: nonce });
    service.instead = (request, response) => {
      const isFile = request.url?.includes("/contents/") ?? false;
      if (isFile) json(response, 200, answer);
      return isFile;
    };
    expect(await makeGather()("octocat/strange")).toMatchObject({ nonce: null });
  });

  test("is asked for with the token, as the version of the API that is read here", async () => {
    service.put("octocat/Hello-World", { file: nonce });
    await makeGather({ token: "github_pat_example" })("octocat/Hello-World");
    for (const { headers } of service.asked) {
      expect(headers).toMatchObject({
        authorization: "token github_pat_example",
        "x-github-api-version": "2022-11-28",
      });
      expect(headers["user-agent"]).toMatch(/^golden-press/);
    }
    expect(service.asked).toHaveLength(3);
  });
});

describe("what proves nothing", () => {
  const NONE = "There is no such public repository: correct its name, or make it public.";

  test("a repository that is not there, or not public", async () => {
    service.put("octocat/secret", { isPrivate: true, file: nonce });
    expect(await makeGather()("octocat/nowhere")).toEqual({ problem: NONE });
    expect(await makeGather()("octocat/secret")).toEqual({ problem: NONE });
  });

  test.each([
    [451, { message: "Repository access blocked", block: { reason: "dmca" } }],
    [403, { message: "Repository access blocked", block: { reason: "tos", created_at: "2026-01-01T00:00:00Z" } }],
    [410, { message: "Gone" }],
  ])("one that the service has taken down: %s", async (status, body) => {
    service.instead = (_, response) => {
      json(response, status, body);
      return true;
    };
    expect(await makeGather()("octocat/blocked")).toEqual({ problem: NONE });
  });

  test("one of an organization, and what is known of it is told", async () => {
    service.put("github/docs", { ownerType: "Organization", file: nonce });
    expect(await makeGather()("github/docs")).toEqual({
      problem: "The repository belongs to an organization: submit one that belongs to an account of your own.",
      facts: { repository_created_at: "2011-01-26T19:01:12.000Z", repository_size_kb: 1_296_269 },
    });
  });

  test("one that has another name by now, whether the service leads there or tells of it", async () => {
    const renamed = { problem: "The repository has another name by now: submit that one." };
    service.instead = (_, response) => {
      const location = `${service.url}/repositories/1296269`;
      json(response, 301, { message: "Moved Permanently", url: location }, { location });
      return true;
    };
    expect(await makeGather()("octocat/former")).toEqual(renamed);
    expect(paths()).toEqual(["/repos/octocat/former"]);
    service.put("octocat/Hello-World");
    service.instead = (request) => {
      request.url = request.url?.replace("former", "Hello-World");
      return false;
    };
    expect(await makeGather()("octocat/former")).toEqual(renamed);
  });

  test.each([
    "",
    "octocat",
    "octocat/",
    "/x",
    "a/b/c",
    "octocat/..",
    "octocat/.",
    "../users",
    "a b/c",
    "a/b?c",
    "a/b#c",
    "ä/b",
    "a/b\n",
    "https://x/y",
  ])("what is no name of a repository; nobody is asked: %j", async (text) => {
    expect(await makeGather()(text)).toEqual({ problem: "That is no name of a repository: owner/name." });
    expect(service.asked).toEqual([]);
  });
});

describe("a service that does not answer as it should: the evidence waits", () => {
  const instead = (listener: RequestListener, part = "/repos/") => {
    service.instead = (request, response) => {
      const isMeant = request.url?.includes(part) ?? false;
      if (isMeant) listener(request, response as ServerResponse<never>);
      return isMeant;
    };
  };
  const complaint = (options?: Partial<RepositoryOptions>) =>
    makeGather(options)("octocat/Hello-World").then(
      (found) => `none: ${JSON.stringify(found)}`,
      (error: Error) =>
        error instanceof OutsideError ? error.message.replace(/^\S+ /, "") : `another: ${error.stack}`,
    );

  test.each([500, 502, 503, 504])("one that answers %s is asked once more, and no more", async (status) => {
    instead((_, response) => json(response, status, { message: "Server Error" }));
    expect(await complaint()).toBe(`answers ${status}`);
    expect(service.asked).toHaveLength(2);
  });

  test("one that fails once is asked once more, which is enough", async () => {
    service.put("octocat/Hello-World", { file: nonce });
    let failures = 0;
    service.instead = (_, response) => {
      failures += 1;
      if (failures === 1) json(response, 502, { message: "Server Error" });
      return failures === 1;
    };
    expect(await makeGather()("octocat/Hello-World")).toMatchObject({ nonce });
  });

  test.each<[string, RequestListener, string]>([
    ["says nothing", () => undefined, "has not answered for 0.3 seconds"],
    ["cuts the connection", (request) => request.destroy(), "cannot be reached (ECONNRESET)"],
    [
      "leads elsewhere",
      (_, response) => response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
      "answers 302",
    ],
    [
      "leads to another service",
      (_, response) => response.writeHead(301, { location: "https://x.example/repositories/1" }).end(),
      "answers 301",
    ],
    ["talks without end", (_, response) => response.end(" ".repeat(300_000)), "answers at too great a length"],
    [
      "talks HTML",
      (_, response) => response.setHeader("content-type", "text/html").end("<p>"),
      "answers with something else than it documents",
    ],
    ["talks no type", (_, response) => response.end("{}"), "answers with something else than it documents"],
    [
      "breaks off",
      (_, response) => response.setHeader("content-type", "application/json").end('{"id": 1, "full'),
      "answers with something else than it documents",
    ],
    ["says nothing much", (_, response) => json(response, 200, {}), "answers with something else than it documents"],
    ["says null", (_, response) => json(response, 200, null), "answers with something else than it documents"],
    ["says that all is well, without a word", (_, response) => response.writeHead(204).end(), "answers 204"],
    ["knows the token no more", (_, response) => json(response, 401, { message: "Bad credentials" }), "answers 401"],
    [
      "does not allow it to the token",
      (_, response) => json(response, 403, { message: "Resource not accessible" }),
      "answers 403",
    ],
  ])("one that %s", async (_, listener, sentence) => {
    instead(listener);
    expect(await complaint({ timeoutMilliseconds: sentence.includes("0.3 s") ? 300 : 30_000 })).toBe(sentence);
  });

  test.each<[string, string, object]>([
    ["a time that is none", "created_at", { created_at: "yesterday" }],
    ["a month that is none", "created_at", { created_at: "2026-13-01T00:00:00Z" }],
    ["a time before there was any", "created_at", { created_at: "0000-01-01T00:00:00Z" }],
    ["an account of nobody's", "owner", { owner: { login: "octocat", type: "User", id: 0 } }],
    ["a size below nothing", "size", { size: -1 }],
    ["a size in parts", "size", { size: 1.5 }],
    ["an account without a number", "owner", { owner: { login: "octocat", type: "User" } }],
    ["an account with a number beyond numbers", "owner", { owner: { login: "o", type: "User", id: 1e300 } }],
  ])("one that tells %s", async (_, __, change) => {
    instead((_request, response) =>
      json(response, 200, {
        full_name: "octocat/Hello-World",
        private: false,
        created_at: "2011-01-26T19:01:12Z",
        size: 108,
        owner: { login: "octocat", id: 1, type: "User" },
        ...change,
      }),
    );
    expect(await complaint()).toBe("answers with something else than it documents");
  });

  test("one that tells of another account than the repository's", async () => {
    service.put("octocat/Hello-World", { file: nonce });
    instead(
      (_, response) => json(response, 200, { login: "octocat", id: 7, created_at: "2011-01-25T18:44:36Z" }),
      "/users/",
    );
    expect(await complaint()).toBe("answers with something else than it documents");
  });

  test("one whose file is in an encoding that is not documented", async () => {
    service.put("octocat/Hello-World", { file: nonce });
    instead((_, response) => json(response, 200, { type: "file", encoding: "rot13", content: "x" }), "/contents/");
    expect(await complaint()).toBe("answers with something else than it documents");
  });

  test("one that is not there", async () => {
    expect(await complaint({ apiUrl: "http://127.0.0.1:1" })).toBe("cannot be reached (ECONNREFUSED)");
  });

  test("a worker that stops does not wait for it", async () => {
    instead(() => undefined);
    const stopping = new AbortController();
    const gathering = makeGather({ timeoutMilliseconds: 60_000 })("octocat/Hello-World", nonce, stopping.signal);
    while (service.asked.length === 0) await new Promise(setImmediate);
    stopping.abort();
    await expect(gathering).rejects.toThrow("was not waited for");
  });
});

describe("a service that asks to be left alone is left alone, and the evidence waits as long", () => {
  const soon = () => Math.floor(Date.now() / 1000) + 120;
  test.each<[string, number, object, () => Record<string, string>, number, number]>([
    [
      "its limit is reached",
      403,
      {
        message:
          "API rate limit exceeded for 192.0.2.1. (But here's the good news: Authenticated requests get a higher rate limit.)",
      },
      () => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(soon()) }),
      115,
      122,
    ],
    [
      "its limit is reached, as it says now",
      429,
      { message: "API rate limit exceeded" },
      () => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(soon()) }),
      115,
      122,
    ],
    [
      "a secondary limit is reached",
      403,
      { message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again." },
      () => ({ "retry-after": "90" }),
      90,
      90,
    ],
    [
      "a secondary limit is reached, and it does not say for how long",
      429,
      { message: "You have exceeded a secondary rate limit." },
      () => ({}),
      60,
      60,
    ],
    ["it is away for a while", 503, { message: "Service unavailable" }, () => ({ "retry-after": "45" }), 45, 45],
    ["it asks for a year", 429, { message: "Too many" }, () => ({ "retry-after": "31536000" }), 3600, 3600],
  ])("%s", async (_, status, body, headers, least, most) => {
    service.instead = (_request, response) => {
      json(response, status, body, headers());
      return true;
    };
    const gather = makeGather();
    const told = await gather("octocat/Hello-World").catch((error: OutsideError) => error);
    expect(told).toBeInstanceOf(OutsideError);
    const { retryAfterSeconds = 0 } = told as OutsideError;
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(least);
    expect(retryAfterSeconds).toBeLessThanOrEqual(most);
    const count = service.asked.length;
    for (let n = 0; n < 5; n++) await expect(gather(`octocat/other-${n}`)).rejects.toThrow("to be left alone");
    expect(service.asked).toHaveLength(count);
  });
});
