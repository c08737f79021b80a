/* Evidence whose author wants the press to open a connection: to a cloud's metadata, to this machine, into the network around it, under every spelling
   of an address, by redirects, and by names that change their address. Every connection that this process opens is counted. */
import type { lookup as systemLookup } from "node:dns";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import net, { type AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isWithin } from "../../network/addresses.ts";
import { guardedFetch, OutsideError } from "../../network/guardedFetch.ts";
import type { Gather } from "../../worker/attestations/evidence.ts";
import { makeOidcGather } from "../../worker/attestations/oidc.ts";
import { makeRepositoryGather } from "../../worker/attestations/repository.ts";

/** Where connections went to, and names that were asked for. */
const opened: string[] = [];
const lookedUp: string[] = [];
const connect = net.Socket.prototype.connect;
const METADATA = "/.well-known/openid-configuration";

let answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.end();
const server = createServer((request, response) => answer(request, response));
let host: string;
let privateKey: CryptoKey;
let publicKeys: object;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pair = await generateKeyPair("ES256", { extractable: true });
  privateKey = pair.privateKey;
  publicKeys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: "k", alg: "ES256" }] };
  net.Socket.prototype.connect = function (this: net.Socket, ...parameters: never[]) {
    this.on("connectionAttempt", (address: string, port: number) => opened.push(`${address}:${port}`));
    return Reflect.apply(connect, this, parameters);
  } as typeof connect;
});
afterEach(() => {
  opened.length = 0;
  lookedUp.length = 0;
});
afterAll(async () => {
  net.Socket.prototype.connect = connect;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A resolver that gives these answers, one after the other, and then the last one again. */
function resolver(...answers: readonly (readonly string[])[]): typeof systemLookup {
  let calls = 0;
  return ((name: string, _: object, callback: (error: null, addresses: object[]) => void) => {
    lookedUp.push(name);
    const addresses = answers[Math.min(calls, answers.length - 1)] ?? [];
    calls += 1;
    callback(
      null,
      addresses.map((address) => ({ address, family: net.isIP(address) })),
    );
  }) as never;
}

const sign = (issuer: unknown, header: object = {}) => {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: issuer as string, aud: "press", sub: "mallory", iat: now, exp: now + 600 })
    .setProtectedHeader({ alg: "ES256", kid: "k", ...header })
    .sign(privateKey);
};

/** Gathers one piece of evidence, and tells what became of it. */
async function outcome(gather: Gather, text: string): Promise<string> {
  const evidence = { text, nonce: null, submittedAt: new Date(), signal: new AbortController().signal };
  try {
    const found = await gather(evidence);
    return "problem" in found ? "refused" : "proved";
  } catch (error) {
    if (error instanceof OutsideError) return "waits";
    throw error;
  }
}

/** As people write addresses of places where the press has no business. */
const HOSTS = [
  ...[
    "169.254.169.254",
    "169.254.170.2",
    "2852039166",
    "0xa9fea9fe",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
  ],
  ...[
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "100.100.100.200",
    "168.63.129.16",
    "[fd00:ec2::23]",
    "[fd00:42::42]",
    "192.0.0.192",
    "[fe80::a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
  ],
  ...[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.255.255.254",
  ],
  ...[
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[2002:7f00:1::]",
    "①②⑦.⓪.⓪.①",
  ],
  ...["0", "0.0.0.0", "[::]", "255.255.255.255", "224.0.0.1", "[ff02::1]", "240.0.0.1"],
  ...["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "198.18.0.1", "[fc00::1]", "[fd12::1]"],
  ...[
    "3232235777",
    "0xc0a80101",
    "0300.0250.1.1",
    "[::ffff:10.0.0.1]",
    "[2001:0:a00:1::]",
    "[64:ff9b::a00:1]",
    "[2001:db8::1]",
  ],
];
const NAMES = ["localhost", "LOCALHOST", "localhost.", "metadata.google.internal", "127.0.0.1.nip.io", "localtest.me"];

/** Issuers that nobody has listed. */
const ISSUERS = [
  ...[...HOSTS, ...NAMES].flatMap((name) => [`http://${name}/`, `https://${name}:443/latest/meta-data`]),
  ...[...HOSTS, ...NAMES].flatMap((name) => [`https://trusted.example@${name}/`, `https://${name}/#@trusted.example`]),
  ...[
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://127.0.0.1/",
    "data:application/json,{}",
    "//127.0.0.1",
  ],
  ...[
    "https://trusted.example.",
    "https://trusted.example:443",
    "https://trusted.example/../",
    "HTTPS://trusted.example",
  ],
  ...[
    "https://trusted.example/.well-known/openid-configuration",
    "https://trusted.example\\@127.0.0.1",
    "https://trusted。example",
  ],
];
/** What is submitted as the name of a repository. */
const REPOSITORIES = HOSTS.flatMap((name) => [`http://${name}/x`, `${name}/latest`, `..%2f..@${name}/x`]);

test("what follows are 500 at least: issuers, names of repositories, places of keys in tokens, redirects", () => {
  const keysAndRedirects = 2 * HOSTS.length;
  expect(new Set([...ISSUERS, ...REPOSITORIES]).size + keysAndRedirects).toBeGreaterThanOrEqual(500);
});

describe("an issuer that is not listed", () => {
  test(`is never asked: ${ISSUERS.length} of them open no connection, and no name is looked up`, async () => {
    const gather = makeOidcGather({
      issuers: [{ issuer: "https://trusted.example", clientId: "press" }],
      lookup: resolver(["127.0.0.1"]),
    });
    const outcomes = await Promise.all(ISSUERS.map(async (issuer) => outcome(gather, await sign(issuer))));
    expect(outcomes.filter((one) => one !== "refused")).toEqual([]);
    expect([opened, lookedUp]).toEqual([[], []]);
  });
});

test(`a token that names ${HOSTS.length} places of its keys is checked with its issuer's, and only they are asked for`, async () => {
  serveIssuer({ jwks_uri: `http://${host}/keys` });
  const gather = makeOidcGather({ issuers: [{ issuer: `http://${host}`, clientId: "press" }] });
  for (const name of HOSTS) {
    const url = `https://${name}/keys`;
    expect(await outcome(gather, await sign(`http://${host}`, { jku: url, x5u: url }))).toBe("proved");
  }
  expect(opened).toEqual([host, host]); // What it says of itself, and its keys.
});

function serveIssuer(metadata: object): void {
  answer = (request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.url === METADATA ? { issuer: `http://${host}`, ...metadata } : publicKeys));
  };
}

describe("an issuer that is listed, and hostile", () => {
  const away = HOSTS.filter((name) => !isWithin("loopback", new URL(`https://${name}`).hostname.replace(/[[\]]/g, "")));
  test(`leads nowhere with its keys: ${away.length} addresses outside this machine`, async () => {
    for (const scheme of ["https", "http"]) {
      for (const name of away) {
        serveIssuer({ jwks_uri: `${scheme}://${name}/keys` });
        const gather = makeOidcGather({ issuers: [{ issuer: `http://${host}`, clientId: "press" }] });
        expect(await outcome(gather, await sign(`http://${host}`))).toBe("waits");
      }
    }
    expect(new Set(opened)).toEqual(new Set([host]));
  });

  test(`leads nowhere with ${HOSTS.length} redirects`, async () => {
    for (const [index, name] of HOSTS.entries()) {
      const status = [301, 302, 303, 307, 308][index % 5] ?? 302;
      answer = (_, response) => response.writeHead(status, { location: encodeURI(`http://${name}/`) }).end();
      const gather = makeOidcGather({ issuers: [{ issuer: `http://${host}`, clientId: "press" }] });
      expect(await outcome(gather, await sign(`http://${host}`))).toBe("waits");
    }
    expect(new Set(opened)).toEqual(new Set([host]));
  });

  test.each(HOSTS.map((name) => new URL(`https://${name}`).hostname.replace(/[[\]]/g, "")).filter(net.isIP))(
    "leads nowhere with a name for its keys that has the address %s, alone or among others",
    async (address) => {
      serveIssuer({ jwks_uri: "https://keys.example/" });
      for (const answers of [[address], ["198.41.0.4", address], [address, "2001:503:ba3e::2:30"]]) {
        const issuers = [{ issuer: `http://${host}`, clientId: "press" }];
        const gather = makeOidcGather({ issuers, lookup: resolver(answers) });
        expect(await outcome(gather, await sign(`http://${host}`))).toBe("waits");
      }
      expect(opened).toEqual([host, host, host]);
      expect(lookedUp).toEqual(["keys.example", "keys.example", "keys.example"]);
    },
  );

  const OF_NOBODY = ["127.0.0.1", "::1", "169.254.169.254", "0.0.0.0", "fe80::1", "::ffff:127.0.0.1"];
  const OF_CLOUDS = [
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "fd00:ec2::23",
    "fd00:ec2::254",
    "fd00:42::42",
    "fd20:ce::254",
  ];
  test.each([...OF_NOBODY, ...OF_CLOUDS])(
    "is not followed itself when its name gets the address %s",
    async (address) => {
      const issuers = [{ issuer: "https://trusted.example", clientId: "press" }];
      const gather = makeOidcGather({ issuers, lookup: resolver([address]) });
      expect(await outcome(gather, await sign("https://trusted.example"))).toBe("waits");
      expect([opened, lookedUp]).toEqual([[], ["trusted.example"]]);
    },
  );
});

test("a name that changes its address between two requests is judged at each, by the answer that the connection takes", async () => {
  const issuer = `http://localhost:${host.split(":")[1]}`;
  answer = (request, response) => {
    const metadata = { issuer, jwks_uri: `${issuer}/keys` };
    response.end(JSON.stringify(request.url === METADATA ? metadata : publicKeys));
  };
  const makeGather = (...answers: string[][]) =>
    makeOidcGather({ issuers: [{ issuer, clientId: "press" }], lookup: resolver(...answers) });
  expect(await outcome(makeGather(["127.0.0.1"]), await sign(issuer))).toBe("proved");
  expect([opened.splice(0), lookedUp.splice(0)]).toEqual([
    [host, host],
    ["localhost", "localhost"],
  ]);
  for (const later of ["169.254.169.254", "10.0.0.1", "198.41.0.4"]) {
    expect(await outcome(makeGather(["127.0.0.1"], [later]), await sign(issuer))).toBe("waits");
    expect([opened.splice(0), lookedUp.splice(0)]).toEqual([[host], ["localhost", "localhost"]]);
    expect(await outcome(makeGather([later], ["127.0.0.1"]), await sign(issuer))).toBe("waits");
    expect([opened.splice(0), lookedUp.splice(0)]).toEqual([[], ["localhost"]]);
  }
});

describe("repositories", () => {
  test(`${REPOSITORIES.length} names that are addresses lead to no other server than the one that is configured`, async () => {
    answer = (_, response) => response.writeHead(404, { "content-type": "application/json" }).end("{}");
    const gather = makeRepositoryGather({
      apiUrl: `http://${host}`,
      retryMilliseconds: 1,
      lookup: resolver(["10.0.0.1"]),
    });
    const outcomes = await Promise.all(REPOSITORIES.map((text) => outcome(gather, text)));
    expect(outcomes.filter((one) => one !== "refused")).toEqual([]);
    expect(opened.filter((address) => address !== host)).toEqual([]);
    expect(lookedUp).toEqual([]);
  });

  test(`a service that leads to ${HOSTS.length} places is followed to none`, async () => {
    for (const name of HOSTS) {
      answer = (_, response) => response.writeHead(302, { location: encodeURI(`http://${name}/`) }).end();
      const gather = makeRepositoryGather({ apiUrl: `http://${host}`, retryMilliseconds: 1 });
      expect(await outcome(gather, "octocat/Hello-World")).toBe("waits");
    }
    expect(new Set(opened)).toEqual(new Set([host]));
  });
});

test("the resolver of the system is asked where no other is set, and its answer is judged too", async () => {
  const asking = guardedFetch(new URL("https://localhost/"), {
    reach: "network",
    timeoutMilliseconds: 30_000,
    bytesMax: 1,
  });
  await expect(asking).rejects.toThrow(/^localhost has the address (127\.0\.0\.1|::1), to which nothing is sent$/);
  expect(opened).toEqual([]);
});
