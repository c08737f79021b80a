import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema, type GraphQLObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportSchema } from "../../gateway/exportSchema.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";

let database: TestDatabase;
let text: string;

beforeAll(async () => {
  database = await createTestDatabase();
  text = await exportSchema(database.url("press_gateway"));
});

afterAll(() => database?.drop());

const fieldsOf = (type: string) =>
  Object.keys((buildSchema(text).getType(type) as GraphQLObjectType).getFields()).toSorted();

test("gateway/schema.graphql is what the gateway serves (npm run generate)", () => {
  expect(readFileSync(join(import.meta.dirname, "../../gateway/schema.graphql"), "utf8")).toBe(text);
});

test("wherever the tickets of an answer come from, the schema is the same", async () => {
  expect(await exportSchema(database.url("press_gateway"), "database")).toBe(text);
});

test("is the schema of the gateway's login, and of no other", async () => {
  await expect(exportSchema(database.url("superuser"))).rejects.toThrow(/must log in as press_gateway/);
});

describe("the names that people rely on", () => {
  test("mutations, and what they answer", () => {
    expect(fieldsOf("Mutation")).toEqual([
      "beginAttestation",
      "closeEdition",
      "createEdition",
      "deactivateHolder",
      "drawWinner",
      "eraseHolder",
      "fundPool",
      "invariants",
      "issueTicket",
      "issueTickets",
      "openEdition",
      "reactivateHolder",
      "redeemTicket",
      "registerPublicKey",
      "releaseUtxo",
      "replaceWinner",
      "revokeCredential",
      "revokePublicKey",
      "revokeSigningKey",
      "revokeTicket",
      "setPublishingQuota",
      "setRules",
      "startPress",
      "submitAttestation",
      "submitRecord",
      "voidDraw",
    ]);
    expect(fieldsOf("IssueTicketPayload")).toEqual(["clientMutationId", "envelope", "query", "ticket", "ticketEdge"]);
    expect(fieldsOf("IssueTicketsPayload")).toEqual(["clientMutationId", "query", "tickets"]);
    for (const name of ["CreateEdition", "OpenEdition", "CloseEdition"])
      expect(fieldsOf(`${name}Payload`)).toContain("edition");
    for (const name of ["RevokeTicket", "RedeemTicket"]) expect(fieldsOf(`${name}Payload`)).toContain("ticket");
    for (const name of ["DrawWinner", "ReplaceWinner", "VoidDraw"])
      expect(fieldsOf(`${name}Payload`)).toContain("draw");
    expect(fieldsOf("StartPressPayload")).toContain("wasStopped");
    expect(fieldsOf("InvariantsPayload")).toContain("results");
    expect(fieldsOf("BeginAttestationPayload")).toContain("challenge");
    expect(fieldsOf("SubmitAttestationPayload")).toContain("attestation");
    expect(fieldsOf("RevokeCredentialPayload")).toContain("credential");
    expect(fieldsOf("SetRulesPayload")).toContain("ruleSet");
    expect(fieldsOf("SubmitRecordPayload")).toContain("publication");
    for (const name of ["RegisterPublicKey", "RevokePublicKey", "SetPublishingQuota"])
      expect(fieldsOf(`${name}Payload`)).toContain("publishingKey");
    for (const name of ["DeactivateHolder", "ReactivateHolder", "EraseHolder"])
      expect(fieldsOf(`${name}Payload`)).toContain("holder");
  });

  test("queries", () => {
    expect(fieldsOf("Query")).toEqual(
      expect.arrayContaining([
        "anchoredProof",
        "antiGamingViolations",
        "attestation",
        "attestations",
        "audit",
        "checkpoint",
        "checkpoints",
        "credential",
        "credentials",
        "currentHolder",
        "draws",
        "edition",
        "editionBySlug",
        "editions",
        "eligibility",
        "holder",
        "holderBySubject",
        "holders",
        "keyRegistrationText",
        "ledgerConsistencyProof",
        "ledgerEntries",
        "ledgerEntry",
        "ledgerInclusionProof",
        "node",
        "pressStopReason",
        "publication",
        "publications",
        "publishingKey",
        "publishingKeys",
        "recomputeDraw",
        "redemptions",
        "requestOutcome",
        "revocations",
        "salesOverTime",
        "signingKey",
        "signingKeys",
        "ticket",
        "ticketByEditionIdAndTicketNumber",
        "tickets",
        "timechainProof",
        "verifyTicket",
      ]),
    );
  });

  test("subscriptions", () => {
    expect(fieldsOf("Subscription")).toEqual(["editionChanged", "ledgerGrew", "publicationChanged", "ticketChanged"]);
  });

  test("a ticket shows what concerns people, and its relations", () => {
    expect(fieldsOf("Ticket")).toEqual([
      "edition",
      "editionId",
      "envelope",
      "holder",
      "holderId",
      "id",
      "issuedAt",
      "issuedBy",
      "ledgerEntries",
      "ledgerPlace",
      "redemption",
      "requestKey",
      "revocation",
      "rowId",
      "status",
      "ticketNumber",
      "timechainProof",
    ]);
  });

  test("an edition tells how many are left and whether it is open, and has its tickets", () => {
    expect(fieldsOf("Edition")).toEqual(
      expect.arrayContaining(["draws", "isOpen", "ledgerEntries", "remainingCount", "tickets"]),
    );
    expect(fieldsOf("Holder")).toEqual(
      expect.arrayContaining(["subject", "trustLevel", "isActive", "tickets", "attestations", "credentials"]),
    );
    expect(fieldsOf("Attestation")).toEqual(
      expect.arrayContaining(["credential", "facts", "holder", "ruleSet", "violations"]),
    );
    expect(fieldsOf("Credential")).toEqual(
      expect.arrayContaining(["attestation", "document", "holder", "reason", "status"]),
    );
    expect(fieldsOf("Publication")).toEqual(
      expect.arrayContaining(["confirmations", "errorCode", "errorDetail", "holder", "publishingKey", "state", "txid"]),
    );
    expect(fieldsOf("PublishingKey")).toEqual(expect.arrayContaining(["holder", "publications"]));
    expect(fieldsOf("ChainTransaction")).toEqual(
      expect.arrayContaining(["newUtxos", "publications", "replacedBy", "replaces"]),
    );
    expect(fieldsOf("Revocation")).toEqual(expect.arrayContaining(["reason", "revokedAt", "revokedBy", "ticket"]));
    expect(fieldsOf("Redemption")).toEqual(expect.arrayContaining(["redeemedAt", "redeemedBy", "ticket"]));
  });

  test("the ledger shows its entries and its checkpoints; it has one order, and its length is the checkpoint's", () => {
    expect(fieldsOf("LedgerEntry")).toEqual([
      "edition",
      "editionId",
      "id",
      "leaf",
      "leafHash",
      "place",
      "recordedAt",
      "ticket",
      "ticketNumber",
      "type",
    ]);
    expect(fieldsOf("Checkpoint")).toEqual(["id", "keyId", "note", "rootHash", "signedAt", "treeSize"]);
    for (const name of ["LedgerEntry", "Checkpoint", "AuditResult"])
      expect(fieldsOf(`${name}Connection`)).toEqual(["edges", "nodes", "pageInfo"]);
    expect(text).toMatch(
      /enum LedgerEntryOrderBy \{\s+NATURAL\s+PLACE_ASC\s+PLACE_DESC\s+PRIMARY_KEY_ASC\s+PRIMARY_KEY_DESC\s+\}/,
    );
  });
});

test("nothing of the inside is in it", () => {
  expect(text).not.toMatch(/holderSlot|requestPosition|signingClaim|refusalCode|batch|inbox|pressState|Offset|offset/i);
  expect(text).not.toMatch(/press_(private|hidden|worker|gateway|owner)|private/);
});
