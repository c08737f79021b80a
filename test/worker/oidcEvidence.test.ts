/* ID tokens as evidence, from a real OpenID provider: which ones prove something, which ones never do, and which ones wait until the provider
   answers as it should. */
import { createHmac, generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { OutsideError } from "../../network/guardedFetch.ts";
import type { Proof } from "../../worker/attestations/evidence.ts";
import { makeOidcGather, type OidcOptions } from "../../worker/attestations/oidc.ts";
import { CLIENT_ID, IdentityProvider, OTHER_CLIENT_ID } from "../identityProvider.ts";

let provider: IdentityProvider;
const servers: Server[] = [];
beforeAll(async () => {
  provider = await IdentityProvider.start();
});
afterEach(() => {
  provider.instead = () => false;
  provider.asked.length = 0;
  for (const server of servers.splice(0)) server.closeAllConnections();
});
afterAll(() => provider.close());

const makeNonce = () => randomBytes(32).toString("hex");
const proofOf = (subject: string) => JSON.stringify({ issuer: provider.issuer, kind: "oidc", subject });

function makeGather(options: Partial<OidcOptions> = {}) {
  const gather = makeOidcGather({ issuers: [{ issuer: provider.issuer, clientId: CLIENT_ID }], ...options });
  return (text: string, { submittedAt = new Date() } = {}) =>
    gather({ text, nonce: null, submittedAt, signal: new AbortController().signal });
}

/** What the evidence is refused for; or that it is not. */
async function problemOf(token: string, options?: { submittedAt?: Date }): Promise<string> {
  const found = await makeGather()(token, options);
  return "problem" in found ? found.problem : "none";
}

describe("a token of a provider that is trusted", () => {
  test("proves who its person is to the provider, and names the nonce that it was asked for", async () => {
    const nonce = makeNonce();
    const token = await provider.idToken({ name: "alice", nonce });
    expect(await makeGather()(token)).toEqual({ proof: proofOf("alice"), nonce, facts: {} });
  });

  test("proves the same however often, for whichever sign-in, and whatever its bytes are", async () => {
    const gather = makeGather();
    const [one, other] = await Promise.all([
      provider.idToken({ name: "alice", nonce: makeNonce() }),
      provider.sign({ sub: "alice", nonce: makeNonce(), extra: "more" }, { typ: "JWT" }),
    ]);
    expect(one).not.toBe(other);
    const proofs = (await Promise.all([one, other].map((token) => gather(token)))) as Proof[];
    expect(proofs.map(({ proof }) => proof)).toEqual([proofOf("alice"), proofOf("alice")]);
  });

  test("names no nonce where its person was not asked for one", async () => {
    expect(await makeGather()(await provider.idToken({ name: "alice" }))).toMatchObject({ nonce: null });
    for (const nonce of [7, "", "\u0000", "x".repeat(64), [makeNonce()]]) {
      expect(await makeGather()(await provider.sign({ nonce }))).toMatchObject({ nonce: null });
    }
  });

  test("is judged by when it was submitted, however late the worker comes", async () => {
    const token = await provider.sign({ sub: "late" });
    const { iat = 0, exp = 0 } = decodeJwt(token);
    expect(await problemOf(token, { submittedAt: new Date((exp + 59) * 1000) })).toBe("none");
    expect(await problemOf(token, { submittedAt: new Date((exp + 60) * 1000) })).toContain("had expired");
    expect(await problemOf(token, { submittedAt: new Date((iat - 60) * 1000) })).toBe("none");
    expect(await problemOf(token, { submittedAt: new Date((iat - 61) * 1000) })).toContain('"iat"');
    const lasting = await provider.sign({ sub: "late", iat, exp: exp + 100_000 });
    expect(await problemOf(lasting, { submittedAt: new Date((iat + 960) * 1000) })).toBe("none");
    expect(await problemOf(lasting, { submittedAt: new Date((iat + 961) * 1000) })).toContain("too old");
  });

  test("every token is its own person's, nonce's and client's: of all that are swapped none passes for another", async () => {
    const gather = makeGather();
    const people = ["alice", "bob", "carol"].map((name) => ({ name, nonce: makeNonce() }));
    for (const { name, nonce } of people) {
      for (const clientId of [CLIENT_ID, OTHER_CLIENT_ID]) {
        const found = await gather(await provider.idToken({ name, nonce, clientId }));
        if (clientId === OTHER_CLIENT_ID) {
          expect(found).toEqual({ problem: "The token was issued to another client than this press." });
        } else {
          expect(found).toEqual({ proof: proofOf(name), nonce, facts: {} });
        }
      }
    }
  });
});

describe("a token that proves nothing", () => {
  const now = () => Math.floor(Date.now() / 1000);
  test.each<[string, () => Promise<string>, RegExp]>([
    ["of another audience", () => provider.sign({ aud: "somebody-else" }), /another client/],
    ["of several clients, issued to none of them", () => provider.sign({ aud: [CLIENT_ID, "b"] }), /another client/],
    ["issued to another client", () => provider.sign({ aud: [CLIENT_ID, "b"], azp: "b" }), /another client/],
    ["expired", () => provider.sign({ iat: now() - 800, exp: now() - 200 }), /had expired/],
    ["without an end", () => provider.sign({ exp: undefined }), /"exp" is missing/],
    ["without a beginning", () => provider.sign({ iat: undefined }), /"iat" is missing/],
    ["of tomorrow", () => provider.sign({ iat: now() + 86_400, exp: now() + 90_000 }), /"iat"/],
    ["not valid before tomorrow", () => provider.sign({ nbf: now() + 86_400 }), /"nbf"/],
    ["about nobody", () => provider.sign({ sub: undefined }), /"sub" is missing/],
    ["about an empty name", () => provider.sign({ sub: "" }), /whom it is about/],
    ["about a name without end", () => provider.sign({ sub: "x".repeat(256) }), /whom it is about/],
    ["about a name with control characters", () => provider.sign({ sub: "a\u0000b" }), /whom it is about/],
    ["for access", () => provider.sign({}, { typ: "at+jwt" }), /no ID token/],
    ["for signing out", () => provider.sign({}, { typ: "logout+jwt" }), /no ID token/],
    [
      "with an extension that nobody here knows",
      () => provider.sign({}, { crit: ["golden"], golden: true }),
      /damaged|not signed/,
    ],
  ])("%s", async (_, make, problem) => {
    expect(await problemOf(await make())).toMatch(problem);
  });

  test("one whose claims were changed", async () => {
    const [header, , signature] = (await provider.idToken({ name: "alice" })).split(".");
    const claims = decodeJwt(await provider.sign({ sub: "mallory" }));
    const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
    expect(await problemOf(`${header}.${payload}.${signature}`)).toBe(
      "The token was not signed by a key of its issuer.",
    );
  });

  test("one that is not signed, or signed with what everybody knows", async () => {
    const { keys } = await provider.publicKeys();
    const [key] = keys;
    const claims = Buffer.from(JSON.stringify(decodeJwt(await provider.sign({})))).toString("base64url");
    const secrets = [
      "",
      JSON.stringify(key),
      JSON.stringify({ keys }),
      key?.x ?? "",
      Buffer.from(key?.x ?? "", "base64url"),
    ];
    provider.asked.length = 0;
    for (const alg of ["none", "None", "NONE", "HS256", "HS384", "HS512", "dir", "", "ES256K"]) {
      for (const secret of secrets) {
        const header = Buffer.from(JSON.stringify({ alg, kid: key?.kid })).toString("base64url");
        const mac = createHmac("sha256", secret).update(`${header}.${claims}`).digest("base64url");
        for (const signature of ["", mac]) {
          expect(await problemOf(`${header}.${claims}.${signature}`)).toContain(
            "not signed in a way that only its issuer can",
          );
        }
      }
    }
    expect(provider.asked).toEqual([]);
  });

  test("one that brings its own key, or says where there is one", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const jwk = await exportJWK(publicKey);
    const [published] = (await provider.publicKeys()).keys;
    for (const kid of [published?.kid, "mine", undefined]) {
      const token = await new SignJWT(decodeJwt(await provider.sign({})))
        .setProtectedHeader({
          alg: "ES256",
          kid,
          jwk,
          jku: "http://127.0.0.1:1/keys",
          x5u: "http://127.0.0.1:1/cert",
        } as never)
        .sign(privateKey);
      expect(await problemOf(token)).toBe("The token was not signed by a key of its issuer.");
    }
  });

  test.each(["", ".", "..", "...", "a.b", "a.b.c.d", "eyJhbGciOiJFUzI1NiJ9.e30.", "null.null.null", "🎫.🎫.🎫"])(
    "what is no token: %j",
    async (text) => {
      expect(await problemOf(text)).toMatch(/damaged|not trust/);
      expect(provider.asked).toEqual([]);
    },
  );

  test("one of an issuer that is not listed, however near its name is; nobody is asked", async () => {
    const { issuer } = provider;
    const names = [
      `${issuer}/`,
      issuer.toUpperCase(),
      issuer.replace("127.0.0.1", "localhost"),
      `${issuer}#`,
      `${issuer}@x`,
    ];
    for (const iss of [...names, "", "https://", "constructor", "__proto__", undefined, 7, [issuer], { issuer }]) {
      const token = await provider.sign({ iss: iss as string });
      expect(await problemOf(token)).toBe("The token is of an issuer that this press does not trust.");
    }
    expect(provider.asked).toEqual([]);
  });
});

describe("the keys of a provider", () => {
  test("are read once, and again when a token names one that is not among them", async () => {
    const gather = makeGather({ keysCooldownMilliseconds: 0 });
    for (const name of ["alice", "bob"])
      expect(await gather(await provider.sign({ sub: name }))).toMatchObject({ proof: proofOf(name) });
    expect(provider.asked).toEqual(["/.well-known/openid-configuration", "/jwks"]);
    const before = await provider.sign({ sub: "before" });
    await provider.rotateKeys();
    provider.asked.length = 0;
    expect(await gather(await provider.sign({ sub: "carol" }))).toMatchObject({ proof: proofOf("carol") });
    expect(provider.asked).toEqual(["/jwks"]);
    expect(await gather(before)).toEqual({ problem: "The token was not signed by a key of its issuer." });
  });

  test("are not read again and again for strangers; and what came too early for it waits", async () => {
    const gather = makeGather({ keysCooldownMilliseconds: 60_000 });
    await gather(await provider.sign({}));
    await provider.rotateKeys();
    provider.asked.length = 0;
    const token = await provider.sign({ sub: "early" });
    for (let n = 0; n < 3; n++) {
      const early = gather(token); // It waits, however often it was tried before, and whatever for.
      await expect(early).rejects.toThrow(OutsideError);
      await expect(early).rejects.toMatchObject({ retryAfterSeconds: 60 });
    }
    for (let n = 0; n < 50; n++) await gather(await provider.sign({}, { kid: `made-up-${n}` })).catch(() => undefined);
    expect(provider.asked).toEqual([]);
  });

  test("that were read after a token came have to have its key, also those that were read for another", async () => {
    const gather = makeGather({ keysCooldownMilliseconds: 60_000 });
    await gather(await provider.sign({}));
    const { iat = 0 } = decodeJwt(await provider.sign({}));
    const token = await provider.sign({ iat: iat - 30, exp: iat + 600 }, { kid: "made-up" });
    provider.asked.length = 0;
    const submittedAt = new Date(Date.now() - 20_000);
    expect(await gather(token, { submittedAt })).toEqual({
      problem: "The token was not signed by a key of its issuer.",
    });
    // The clock of the database may be behind.
    await expect(gather(token, { submittedAt: new Date(Date.now() - 3_000) })).rejects.toThrow("not been asked again");
    expect(provider.asked).toEqual([]);
  });

  test("are read once for many tokens that come together", async () => {
    const gather = makeGather();
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, n) => provider.sign({ sub: `person-${n}` })));
    const found = await Promise.all(tokens.map((token) => gather(token)));
    expect(found.every((one) => "proof" in one)).toBe(true);
    expect(provider.asked).toEqual(["/.well-known/openid-configuration", "/jwks"]);
  });

  test("are all tried where a token does not say which of them it was signed with", async () => {
    const { keys } = await provider.publicKeys();
    const { publicKey } = await generateKeyPair("ES256", { extractable: true });
    const other = { ...(await exportJWK(publicKey)), alg: "ES256", use: "sig" };
    const [mine] = keys.map(({ kid: _, ...key }) => key);
    provider.instead = (request, response) => {
      if (request.url !== "/jwks") return false;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ keys: [other, mine] }));
      return true;
    };
    const token = await provider.sign({ sub: "nameless" }, { kid: undefined as never });
    expect(await makeGather()(token)).toMatchObject({ proof: proofOf("nameless") });
    const [header, payload, signature = ""] = token.split(".");
    const forged = `${header}.${payload}.${signature.replace(/^./, (first) => (first === "A" ? "B" : "A"))}`;
    expect(await makeGather()(forged)).toEqual({ problem: "The token was not signed by a key of its issuer." });
  });
});

describe("a key that cannot be used, which tokens of strangers name", () => {
  const UNUSABLE = { problem: "The token names a key of its issuer's that cannot be used." };
  const publicKeyOf = async (alg: string) => {
    const { publicKey } = await generateKeyPair(alg, { extractable: true });
    return { ...(await exportJWK(publicKey)), kid: "strange", alg };
  };
  const short = (alg: string) => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    return { ...publicKey.export({ format: "jwk" }), kid: "strange", alg };
  };
  const publishKeys = (...keys: object[]) => {
    provider.instead = (request, response) => {
      if (request.url !== "/jwks") return false;
      response.setHeader("content-type", "application/json").end(JSON.stringify({ keys }));
      return true;
    };
  };
  /** Whoever has no key of a provider can still name one, and sign with anything. */
  const forge = async (alg: string, kid?: string) => {
    const payload = Buffer.from(JSON.stringify(decodeJwt(await provider.sign({})))).toString("base64url");
    const header = Buffer.from(JSON.stringify({ alg, kid })).toString("base64url");
    return `${header}.${payload}.${randomBytes(alg === "ES256" ? 64 : 128).toString("base64url")}`;
  };

  test.each<[string, string, () => object | Promise<object>]>([
    ["is too short", "RS256", () => short("RS256")],
    ["is too short", "PS512", () => short("PS512")],
    ["is on no curve", "ES256", async () => ({ ...(await publicKeyOf("ES256")), x: "AAAA" })],
    ["is not on its curve", "ES256", async () => ({ ...(await publicKeyOf("ES256")), y: "A".repeat(43) })],
    ["lacks a part", "ES256", async () => ({ ...(await publicKeyOf("ES256")), y: undefined })],
    ["is of no number", "RS256", async () => ({ ...(await publicKeyOf("RS256")), n: "%" })],
    [
      "may do what nobody knows",
      "ES256",
      async () => ({ ...(await publicKeyOf("ES256")), key_ops: ["verify", "sing"] }),
    ],
    [
      "is private",
      "ES256",
      async () => ({
        ...(await exportJWK((await generateKeyPair("ES256", { extractable: true })).privateKey)),
        kid: "strange",
        alg: "ES256",
      }),
    ],
  ])("because it %s (%s): the token is refused, and does not wait", async (_, alg, make) => {
    publishKeys(await make());
    expect(await makeGather()(await forge(alg, "strange"))).toEqual(UNUSABLE);
  });

  test("does not keep those from being tried that can be", async () => {
    const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
    const good = { ...(await exportJWK(publicKey)), alg: "RS256" };
    const token = await new SignJWT(decodeJwt(await provider.sign({ sub: "nameless" })))
      .setProtectedHeader({ alg: "RS256" })
      .sign(privateKey);
    const { kid: _, ...bad } = short("RS256");
    for (const keys of [
      [bad, good],
      [good, bad],
    ]) {
      publishKeys(...keys);
      expect(await makeGather()(token)).toMatchObject({ proof: proofOf("nameless") });
      expect(await makeGather()(await forge("RS256"))).toHaveProperty("problem");
    }
  });
});

describe("a provider that does not answer as it should: the evidence waits", () => {
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    server.unref();
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** What is said of a provider with these answers. */
  async function complaintAbout(
    answers: (issuer: string) => Readonly<Record<string, RequestListener>>,
    timeoutMilliseconds: number,
  ): Promise<string> {
    let listeners: Readonly<Record<string, RequestListener>> = {};
    const issuer = await serve((request, response) => (listeners[request.url ?? ""] ?? nothing)(request, response));
    listeners = answers(issuer);
    const gather = makeGather({ issuers: [{ issuer, clientId: CLIENT_ID }], timeoutMilliseconds });
    const complaint = await gather(await provider.sign({ iss: issuer })).then(
      (found) => `none: ${JSON.stringify(found)}`,
      (error: Error) => (error instanceof OutsideError ? error.message : `another error: ${error.stack}`),
    );
    return complaint.replaceAll(issuer, "ISSUER").replaceAll(new URL(issuer).host, "HOST");
  }

  const METADATA = "/.well-known/openid-configuration";
  const nothing: RequestListener = (_, response) => response.writeHead(404).end();
  const json =
    (value: unknown): RequestListener =>
    (_, response) =>
      response.setHeader("content-type", "application/json").end(JSON.stringify(value));
  const metadata = (issuer: string, more: object = {}) => json({ issuer, jwks_uri: `${issuer}/keys`, ...more });
  const redirect =
    (status: number, location: string): RequestListener =>
    (_, response) =>
      response.writeHead(status, { location }).end();
  const endless: RequestListener = (request, response) => {
    const more = () => {
      while (!request.destroyed && response.write("x".repeat(65_536)));
    };
    response.on("drain", more);
    more();
  };
  const dripping: RequestListener = (_, response) => {
    const drip = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(drip));
  };

  test.each<[string, (issuer: string) => Readonly<Record<string, RequestListener>>, string]>([
    [
      "leads elsewhere",
      (i) => ({ [METADATA]: redirect(302, `${i}/elsewhere`), "/elsewhere": metadata(i) }),
      "HOST answers 302",
    ],
    ["has failed", () => ({ [METADATA]: (_, response) => response.writeHead(500).end() }), "HOST answers 500"],
    ["has moved away", () => ({ [METADATA]: (_, response) => response.writeHead(404).end() }), "HOST answers 404"],
    ["says nothing", () => ({ [METADATA]: () => undefined }), "HOST has not answered for 0.3 seconds"],
    ["says it too slowly", () => ({ [METADATA]: dripping }), "HOST has not answered for 0.3 seconds"],
    [
      "cuts the connection",
      () => ({ [METADATA]: (request) => request.destroy() }),
      "HOST cannot be reached (ECONNRESET)",
    ],
    ["says no end", () => ({ [METADATA]: endless }), "HOST answers at too great a length"],
    [
      "talks HTML",
      () => ({ [METADATA]: (_, response) => response.end("<p>") }),
      "HOST answers with something else than JSON",
    ],
    [
      "says null",
      () => ({ [METADATA]: json(null) }),
      "ISSUER gives itself another name than the one that is configured",
    ],
    [
      "calls itself otherwise",
      (i) => ({ [METADATA]: metadata(`${i}/`) }),
      "ISSUER gives itself another name than the one that is configured",
    ],
    [
      "compresses",
      (i) => ({ [METADATA]: (_, response) => response.setHeader("content-encoding", "gzip").end(i) }),
      "HOST answers in an encoding that was not asked for",
    ],
    [
      "has no keys",
      (i) => ({ [METADATA]: metadata(i, { jwks_uri: undefined }) }),
      "ISSUER does not say where its keys are",
    ],
    [
      "has its keys nowhere",
      (i) => ({ [METADATA]: metadata(i, { jwks_uri: "keys" }) }),
      "ISSUER does not say where its keys are",
    ],
    [
      "has them in a file",
      (i) => ({ [METADATA]: metadata(i, { jwks_uri: "file:///etc/passwd" }) }),
      "HOST names a server without https (file://)",
    ],
    [
      "has them where everybody listens",
      (i) => ({ [METADATA]: metadata(i, { jwks_uri: "http://keys.example/" }) }),
      "HOST names a server without https (http://keys.example)",
    ],
    [
      "has them in our network",
      (i) => ({ [METADATA]: metadata(i, { jwks_uri: "https://10.0.0.1/keys" }) }),
      "10.0.0.1 has the address 10.0.0.1, to which nothing is sent: in private networks only ISSUER itself is asked, which the operator has named; have it name an address at that origin, or a public one",
    ],
    [
      "has them where a cloud tells secrets",
      (i) => ({ [METADATA]: metadata(i, { jwks_uri: "https://169.254.169.254/" }) }),
      "169.254.169.254 has the address 169.254.169.254, to which nothing is sent",
    ],
    [
      "leads from its keys elsewhere",
      (i) => ({ [METADATA]: metadata(i), "/keys": redirect(307, `${i}/other`) }),
      "HOST answers 307",
    ],
    [
      "never gives its keys",
      (i) => ({ [METADATA]: metadata(i), "/keys": () => undefined }),
      "HOST has not answered for 0.3 seconds",
    ],
    [
      "gives keys without end",
      (i) => ({ [METADATA]: metadata(i), "/keys": endless }),
      "HOST answers at too great a length",
    ],
    [
      "gives no keys",
      (i) => ({ [METADATA]: metadata(i), "/keys": json({ keys: 7 }) }),
      "ISSUER publishes keys that are none",
    ],
    [
      "gives keys that are lists",
      (i) => ({ [METADATA]: metadata(i), "/keys": json({ keys: [[]] }) }),
      "ISSUER publishes keys that are none",
    ],
    [
      "gives HTML for keys",
      (i) => ({ [METADATA]: metadata(i), "/keys": (_, r) => r.end("<p>") }),
      "HOST answers with something else than JSON",
    ],
  ])("one that %s", async (_, answers, complaint) => {
    expect(await complaintAbout(answers, complaint.includes("0.3 s") ? 300 : 30_000)).toBe(complaint);
  });

  test("one that has recovered is asked again: nothing of its failure is kept", async () => {
    let isAway = true;
    provider.instead = (_, response) => {
      if (isAway) response.writeHead(503).end();
      return isAway;
    };
    const gather = makeGather();
    const token = await provider.sign({ sub: "patient" });
    await expect(gather(token)).rejects.toThrow("answers 503");
    isAway = false;
    expect(await gather(token)).toMatchObject({ proof: proofOf("patient") });
  });
});
