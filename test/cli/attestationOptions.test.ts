/* What the worker signs credentials as, by its configuration. */
import { expect, test } from "vitest";
import { readAttestationOptions } from "../../cli/attestationOptions.ts";
import { readConfiguration } from "../../configuration.ts";
import { makePem } from "../worker/support.ts";

const PUBLIC_URL = "https://press.example";
const LOCAL = { did: "did:web:127.0.0.1%3A5678", baseUrl: "http://127.0.0.1:5678" };
const PUBLIC = { did: "did:web:press.example", baseUrl: PUBLIC_URL };

test.each([
  [{}, LOCAL],
  [{ PUBLIC_URL }, PUBLIC],
  [{ PUBLIC_URL, PORT: "0" }, PUBLIC],
  [{ PORT: "0" }, undefined],
])("credentials name an address that lasts, or wait: %o", async (env, issuer) => {
  const configuration = readConfiguration({ CREDENTIAL_KEY: makePem(), ...env });
  const { credentials } = await readAttestationOptions(configuration, false);
  expect(credentials?.key.keyId).toMatch(/^[0-9a-f]{16}$/);
  expect(credentials?.issuer).toEqual(issuer);
});

test("without a key nothing is signed", async () => {
  expect((await readAttestationOptions(readConfiguration({ PUBLIC_URL }), false)).credentials).toBeUndefined();
});
