import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { random } from "../random.ts";
import { createIssuer } from "../verifier/issuer.ts";
import { startTestGateway, type TestGateway } from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
});
afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

test("anybody can have a signature verified, with bytes in Base64", async () => {
  const issuer = createIssuer();
  const message = random.bytes(100);
  const { data, errors } = await gateway.ask(
    `query ($key: Base64EncodedBinary!, $message: Base64EncodedBinary!, $signature: Base64EncodedBinary!, $other: Base64EncodedBinary!) {
       good: ed25519Verify(publicKey: $key, message: $message, signature: $signature)
       forged: ed25519Verify(publicKey: $key, message: $other, signature: $signature)
       tooShort: ed25519Verify(publicKey: $key, message: $message, signature: "")
     }`,
    {
      variables: {
        key: issuer.publicKey.toString("base64"),
        message: message.toString("base64"),
        signature: issuer.sign(message).toString("base64"),
        other: random.bytes(100).toString("base64"),
      },
    },
  );
  expect(errors).toEqual([]);
  expect(data).toEqual({ good: true, forged: false, tooShort: false });
});
