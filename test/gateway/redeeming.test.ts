import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Verifier } from "../../verifier/index.ts";
import { startWorker } from "../../worker/worker.ts";
import { createTestDatabase } from "../database.ts";
import type { HeldTicket } from "../ledger.ts";
import { makeKey, makeLedger, makeLog, until } from "../worker/support.ts";
import { type LedgerPress, startLedgerPress } from "./ledgerPress.ts";
import {
  type Answer,
  codesOf,
  makeOperatorToken,
  makeToken,
  openEdition,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

/* From the ticket to its redemption, over GraphQL. */

let press: LedgerPress;
let operator: string;

beforeAll(async () => {
  press = await startLedgerPress();
  operator = await makeOperatorToken();
  await openEdition(press.gateway, { slug: "dinner", cap: 1000 });
});

afterAll(() => press?.close());

interface Redeemed {
  readonly redeemTicket: {
    readonly ticket: {
      readonly rowId: string;
      readonly status: string;
      readonly redemption: { readonly redeemedBy: string; readonly redeemedAt: string };
    };
  } | null;
}

interface Redemption {
  readonly envelope: string;
  readonly timechainProof: string;
  readonly requestKey?: string;
}

function redeem(gateway: TestGateway, token: string | undefined, input: Redemption): Promise<Answer<Redeemed>> {
  return gateway.ask<Redeemed>(
    `mutation ($input: RedeemTicketInput!) {
       redeemTicket(input: $input) { ticket { rowId status redemption { redeemedBy redeemedAt } } }
     }`,
    { token, variables: { input } },
  );
}

const presented = ({ envelope, proof }: HeldTicket): Redemption => ({ envelope, timechainProof: proof });

/** A ticket of each recipient, in the ledger and under a checkpoint. */
const held = (...recipients: string[]) => press.worker.issueHeld("dinner", recipients);

const only = async (recipient: string): Promise<HeldTicket> => {
  const [ticket] = await held(recipient);
  if (ticket === undefined) throw new Error("No ticket was issued.");
  return ticket;
};

describe("a ticket is redeemed", () => {
  test("by its holder, once", async () => {
    const ticket = await only("alice");
    const token = await makeToken("alice");
    const { data, errors } = await redeem(press.gateway, token, presented(ticket));
    expect(errors).toEqual([]);
    expect(data.redeemTicket?.ticket).toMatchObject({
      rowId: ticket.id,
      status: "redeemed",
      redemption: { redeemedBy: "holder" },
    });
    const again = await redeem(press.gateway, token, presented(ticket));
    expect(codesOf(again)).toEqual(["ALREADY_REDEEMED"]);
    expect(again.errors[0]?.extensions.retryable).toBe(false);
  });

  test("by an operator at the gate, who is recorded", async () => {
    const ticket = await only("bob");
    const { data, errors } = await redeem(press.gateway, operator, presented(ticket));
    expect(errors).toEqual([]);
    expect(data.redeemTicket?.ticket.redemption.redeemedBy).toBe("operator:olga");
  });

  test("not by a stranger, nor by nobody", async () => {
    const ticket = await only("carol");
    expect(codesOf(await redeem(press.gateway, await makeToken("mallory"), presented(ticket)))).toEqual([
      "NOT_THE_HOLDER",
    ]);
    expect(codesOf(await redeem(press.gateway, undefined, presented(ticket)))).toEqual(["NOT_SIGNED_IN"]);
    expect(codesOf(await redeem(press.gateway, await makeToken("carol"), presented(ticket)))).toEqual([]);
  });

  test("the same under one request key, however often", async () => {
    const input = { ...presented(await only("dave")), requestKey: randomUUID() };
    const token = await makeToken("dave");
    const answers = [];
    for (let round = 0; round < 3; round += 1) answers.push(await redeem(press.gateway, token, input));
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const [other] = await held("dave");
    const reused = await redeem(press.gateway, token, { ...input, envelope: other?.envelope ?? "" });
    expect(codesOf(reused)).toEqual(["REQUEST_KEY_REUSED"]);
  });

  test("by one of many who ask at once", async () => {
    const ticket = await only("erin");
    const token = await makeToken("erin");
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => redeem(press.gateway, token, presented(ticket))),
    );
    expect(answers.filter(({ data }) => data.redeemTicket !== null)).toHaveLength(1);
    expect(new Set(answers.flatMap(codesOf))).toEqual(new Set(["ALREADY_REDEEMED"]));
  });

  test("never with what is not its own envelope and proof", async () => {
    const [mine, other] = (await held("frank", "frank")) as [HeldTicket, HeldTicket];
    const signature = /"signature":"([0-9a-f])/;
    const wrong: readonly [string, Partial<Redemption>][] = [
      ["NOT_CANONICAL", { envelope: ` ${mine.envelope}` }],
      ["NOT_CANONICAL", { envelope: "" }],
      [
        "SIGNATURE_INVALID",
        { envelope: mine.envelope.replace(signature, (_all, digit) => `"signature":"${digit === "0" ? "1" : "0"}`) },
      ],
      ["SIGNATURE_INVALID", { envelope: mine.envelope.replace(`"recipient":"frank"`, `"recipient":"frink"`) }],
      ["PROOF_INVALID", { timechainProof: other.proof }],
      ["PROOF_INVALID", { timechainProof: mine.proof.replace(/\n\n.*$/s, "\n\n") }],
      ["PROOF_INVALID", { timechainProof: "" }],
    ];
    const token = await makeToken("frank");
    for (const [code, change] of wrong) {
      const answer = await redeem(press.gateway, token, { ...presented(mine), ...change });
      expect(codesOf(answer), JSON.stringify(change)).toEqual([code]);
      expect(answer.errors[0]?.extensions.retryable).toBe(false);
    }
    expect(codesOf(await redeem(press.gateway, token, presented(mine)))).toEqual([]);
  });
});

test("an envelope can be verified by anybody, before and after", async () => {
  const ticket = await only("grace");
  const verify = async () => {
    const { data, errors } = await press.gateway.ask<{ verifyTicket: Record<string, unknown> }>(
      `query ($envelope: String!) {
         verifyTicket(envelope: $envelope) { ticketId isCanonical isKeyKnown isSignatureValid isTicketKnown status ledgerPlace refusal }
       }`,
      { variables: { envelope: ticket.envelope } },
    );
    expect(errors).toEqual([]);
    return data.verifyTicket;
  };
  const good = {
    ticketId: ticket.id,
    isCanonical: true,
    isKeyKnown: true,
    isSignatureValid: true,
    isTicketKnown: true,
  };
  expect(await verify()).toMatchObject({ ...good, status: "signed", refusal: null, ledgerPlace: expect.any(String) });
  await redeem(press.gateway, operator, presented(ticket));
  expect(await verify()).toMatchObject({ ...good, status: "redeemed", refusal: "ALREADY_REDEEMED" });
});

test("from issuing to redeeming with a worker at work, each step by the client alone", async () => {
  const database = await createTestDatabase();
  const gateway = await startTestGateway(database);
  const signingKey = makeKey();
  const databaseUrl = database.url("press_worker");
  const worker = await startWorker({ databaseUrl, signingKey, ledger: makeLedger(), log: makeLog() });
  await openEdition(gateway, { slug: "golden-ticket", cap: 5, perHolderLimit: 1 });
  const token = await makeToken("charlie");

  const issued = await gateway.ask<{ issueTicket: { envelope: string; ticket: { rowId: string } } }>(
    `mutation {
       issueTicket(input: { editionSlug: "golden-ticket" }) { envelope(waitMilliseconds: 10000) ticket { rowId } }
     }`,
    { token },
  );
  expect(issued.errors).toEqual([]);
  const { envelope, ticket } = issued.data.issueTicket;

  let timechainProof: string | null = null;
  await until(async () => {
    const { data } = await gateway.ask<{ ticket: { timechainProof: string | null } }>(
      `query ($id: UUID!) { ticket(rowId: $id) { timechainProof } }`,
      { token, variables: { id: ticket.rowId } },
    );
    timechainProof = data.ticket.timechainProof;
    return timechainProof !== null;
  });

  const vkey = (await (await fetch(`${gateway.url}/ledger/vkey`)).text()).trimEnd();
  expect(vkey).toBe(worker.vkey);
  const verifier = new Verifier(signingKey.publicKey, { ledger: vkey });
  expect(verifier.verifyRecorded(envelope, timechainProof ?? "")).toMatchObject({ isValid: true, verdict: "recorded" });

  const redeemed = await redeem(gateway, token, { envelope, timechainProof: timechainProof ?? "" });
  expect(redeemed.errors).toEqual([]);
  await until(async () => (await entryTypes(gateway, token, ticket.rowId)).includes("ticket.redeemed"));
  expect(await entryTypes(gateway, token, ticket.rowId)).toEqual(["ticket.issued", "ticket.redeemed"]);

  await worker.stop();
  await gateway.close();
  await database.drop();
});

/** What the ledger has of one ticket, in its order. */
async function entryTypes(gateway: TestGateway, token: string, id: string): Promise<string[]> {
  const { data } = await gateway.ask<{ ticket: { ledgerEntries: { nodes: { type: string }[] } } }>(
    `query ($id: UUID!) { ticket(rowId: $id) { ledgerEntries { nodes { type } } } }`,
    { token, variables: { id } },
  );
  return data.ticket.ledgerEntries.nodes.map(({ type }) => type);
}
