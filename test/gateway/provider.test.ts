/* What a gateway asks a provider, and how little it lets it answer: a provider may be anybody's, and lead anywhere. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as client from "openid-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { discover, isForeignAnswer, logged } from "../../gateway/provider.ts";

let server: Server;
let issuer: URL;
const asked: string[] = [];
let serve: RequestListener;

beforeEach(async () => {
  asked.length = 0;
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    serve(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** A provider that says this of itself, and that tokens are there. */
function sayThatTokensAreAt(tokenEndpoint: string): void {
  serve = (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        issuer: issuer.origin,
        authorization_endpoint: `${issuer.origin}/auth`,
        token_endpoint: tokenEndpoint,
      }),
    );
  };
}

/** What went wrong, as the log has it; it is nobody's fault who wants to sign in. */
async function failureOf(asking: Promise<unknown>): Promise<string> {
  const error = await asking.then(
    () => expect.unreachable("it was answered"),
    (thrown: unknown) => thrown,
  );
  expect(isForeignAnswer(error)).toBe(false);
  return String((logged(error) as { err: Error }).err);
}

const redeem = (provider: client.Configuration) => {
  const callback = new URL("http://127.0.0.1:9/callback?code=x&state=y");
  return client.authorizationCodeGrant(provider, callback, { expectedState: "y", pkceCodeVerifier: "z".repeat(43) });
};

describe("what a provider says of itself", () => {
  test("is not read for ever", async () => {
    serve = (_request, response) => {
      response.setHeader("content-type", "application/json");
      const more = () => response.write(" ".repeat(65_536)) || undefined;
      response.on("drain", more);
      for (let piece = 0; piece < 5; piece += 1) more();
    };
    expect(await failureOf(discover({ issuer, clientId: "x" }))).toContain("answers at too great a length");
  });

  test("leads nowhere else", async () => {
    serve = (_request, response) => response.writeHead(302, { location: `${issuer.origin}/elsewhere` }).end();
    await expect(discover({ issuer, clientId: "x" })).rejects.toThrow();
    expect(asked).toEqual(["GET /.well-known/openid-configuration"]);
  });

  test("is asked of no address that its name must not have", async () => {
    const named = new URL("https://id.example");
    const lookup = ((_name: string, _options: object, callback: (error: null, addresses: object[]) => void) =>
      callback(null, [{ address: "169.254.169.254", family: 4 }])) as never;
    expect(await failureOf(discover({ issuer: named, clientId: "x", lookup }))).toContain(
      "has the address 169.254.169.254, to which nothing is sent",
    );
  });
});

describe.each([[undefined], ["a secret"]])("a code, by a client with %s", (clientSecret) => {
  test.each([
    ["https://169.254.169.254/latest", "has the address 169.254.169.254, to which nothing is sent"],
    ["https://10.0.0.1/token", "has the address 10.0.0.1, to which nothing is sent: in private networks only ISSUER"],
    ["http://192.0.2.1/token", "names a server without https (http://192.0.2.1)"],
    ["http://id.example/token", "names a server without https (http://id.example)"],
  ])("goes not to %s, whoever names it", async (tokenEndpoint, said) => {
    sayThatTokensAreAt(tokenEndpoint);
    const provider = await discover({
      issuer,
      clientId: "x",
      ...(clientSecret === undefined ? null : { clientSecret }),
    });
    const failure = await failureOf(redeem(provider));
    expect(failure).toContain(said.replace("ISSUER", issuer.origin));
    // Where the operator can do something, it says what, and nowhere else.
    expect(/have it name an address at that origin, or a public one$/.test(failure)).toBe(said.includes("ISSUER"));
  });

  test("goes, in a form, to where the provider takes it, and its answer is not read for ever", async () => {
    sayThatTokensAreAt(`${issuer.origin}/token`);
    const provider = await discover({
      issuer,
      clientId: "x",
      ...(clientSecret === undefined ? null : { clientSecret }),
    });
    let form = "";
    serve = (request, response) => {
      request.on("data", (chunk) => {
        form += chunk;
      });
      request.on("end", () => {
        response.setHeader("content-type", "application/json");
        response.end(`{"access_token":"${"x".repeat(300_000)}"}`);
      });
    };
    expect(await failureOf(redeem(provider))).toContain("answers at too great a length");
    expect(Object.fromEntries(new URLSearchParams(form))).toMatchObject({
      grant_type: "authorization_code",
      code: "x",
      code_verifier: "z".repeat(43),
      redirect_uri: "http://127.0.0.1:9/callback",
    });
    expect(asked).toEqual(["GET /.well-known/openid-configuration", "POST /token"]);
  });
});
