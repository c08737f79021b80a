/* What the gateway makes of the configuration of evidence, which is the worker's, too. */
import { expect, test } from "vitest";
import { evidenceOf, repositoryHostOf } from "../../cli/evidenceOptions.ts";
import { readConfiguration } from "../../configuration.ts";

test("people are taken to the providers that are named, to the character, and back to where the press is known", () => {
  const ATTESTATION_ISSUERS = "https://id.example/=golden-press,http://127.0.0.1:9/realms/a=b=c";
  const configuration = readConfiguration({ ATTESTATION_ISSUERS, PUBLIC_URL: "https://press.example" });
  expect(evidenceOf(configuration)).toEqual({
    issuers: [
      { issuer: "https://id.example/", clientId: "golden-press" },
      { issuer: "http://127.0.0.1:9/realms/a", clientId: "b=c" },
    ],
    publicUrl: new URL("https://press.example"),
  });
  const trying = readConfiguration({ ATTESTATION_ISSUERS, HOST: "::", PORT: "5999" });
  expect(evidenceOf(trying)?.publicUrl.href).toBe("http://127.0.0.1:5999/");
  expect(evidenceOf(readConfiguration({}))).toBe(undefined);
  expect(evidenceOf(readConfiguration({ PORT: "0" }))).toBe(undefined);
  expect(() => evidenceOf(readConfiguration({ ATTESTATION_ISSUERS, PORT: "0" }))).toThrow(
    "ATTESTATION_ISSUERS is set, but with PORT=0 nobody can say",
  );
});

test.each([
  ["https://api.github.com", "github.com"],
  ["https://code.example/api/v3", "code.example"],
  ["http://127.0.0.1:4000/api", "127.0.0.1:4000"],
  [undefined, undefined],
])("repositories at %s are shown as those of %s", (REPOSITORY_API_URL, host) => {
  expect(repositoryHostOf(readConfiguration({ ...(REPOSITORY_API_URL && { REPOSITORY_API_URL }) }))).toBe(host);
});
