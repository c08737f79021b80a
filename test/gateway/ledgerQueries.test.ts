import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LedgerVerifier } from "../../verifier/index.ts";
import { type LedgerPress, sizeOf, startLedgerPress } from "./ledgerPress.ts";
import { codesOf, issueTicket, makeOperatorToken, makeToken, openEdition } from "./testGateway.ts";

/* The ledger over GraphQL: who sees what of it, and a press that was stopped. */

interface Entry {
  readonly place: string;
  readonly type: string;
  readonly leaf: string;
  readonly ticketNumber: number | null;
  readonly edition: { readonly slug: string } | null;
}

let press: LedgerPress;
let ids: string[];

beforeAll(async () => {
  press = await startLedgerPress();
  await openEdition(press.gateway, { slug: "concert", cap: 200, perHolderLimit: 200 });
  await openEdition(press.gateway, { slug: "gala", cap: 5 });
  ids = await press.issue("concert", 120, "alice the holder");
  await press.issue("gala", 2, "bob the holder");
  await press.publish();
});

afterAll(() => press?.close());

/** What nobody in particular sees. */
async function entries(listArguments = ""): Promise<Entry[]> {
  const { data, errors } = await press.gateway.ask<{ ledgerEntries: { nodes: Entry[] } }>(
    `{ ledgerEntries${listArguments} { nodes { place type leaf ticketNumber edition { slug } } } }`,
  );
  expect(errors).toEqual([]);
  return data.ledgerEntries.nodes;
}

describe("the list of entries", () => {
  test("is everybody's, in the order of places, 50 at a time and 100 at most", async () => {
    const page = await entries();
    expect(page.map(({ place }) => place)).toEqual(Array.from({ length: 50 }, (_, place) => String(place)));
    expect(await entries("(first: 100)")).toHaveLength(100);
    const tooMany = await press.gateway.ask("{ ledgerEntries(first: 101) { nodes { place } } }");
    expect(codesOf(tooMany)).toEqual(["INVALID_INPUT"]);
    const [last] = await entries("(last: 1)");
    expect(Number(last?.place)).toBe(sizeOf(press.notes[0]) - 1);
  });

  test("goes on after any place", async () => {
    const page = await entries(`(first: 3, filter: { place: { greaterThanOrEqualTo: "70" } })`);
    expect(page.map(({ place }) => place)).toEqual(["70", "71", "72"]);
  });

  test("can be that of a type, and that of an edition", async () => {
    const opened = await entries(`(filter: { type: { equalTo: "edition.opened" } })`);
    expect(opened.map(({ edition }) => edition?.slug)).toEqual(["concert", "gala"]);
    const { data } = await press.gateway.ask<{ editionBySlug: { ledgerEntries: { nodes: Entry[] } } }>(
      `{ editionBySlug(slug: "gala") { ledgerEntries { nodes { type ticketNumber } } } }`,
    );
    expect(data.editionBySlug.ledgerEntries.nodes).toEqual([
      { type: "edition.opened", ticketNumber: null },
      { type: "ticket.issued", ticketNumber: 1 },
      { type: "ticket.issued", ticketNumber: 2 },
    ]);
  });

  test("names nobody", async () => {
    const all = [...(await entries("(first: 100)")), ...(await entries("(last: 100)"))];
    expect(all.filter(({ type }) => type === "ticket.issued").length).toBeGreaterThan(100);
    expect(JSON.stringify(all)).not.toMatch(/alice|bob/);
  });

  test("counts nothing, and is searched by nothing that has no index", async () => {
    for (const query of [
      "{ ledgerEntries { totalCount } }",
      `{ ledgerEntries(filter: { leaf: { equalTo: "x" } }) { nodes { place } } }`,
      `{ ledgerEntries(filter: { ticketNumber: { equalTo: 1 } }) { nodes { place } } }`,
      "{ ledgerEntries(orderBy: TYPE_ASC) { nodes { place } } }",
    ])
      expect(codesOf(await press.gateway.ask(query)), query).toEqual(["INVALID_INPUT"]);
  });
});

describe("the ticket of an entry", () => {
  const QUERY = `{ ledgerEntries(last: 100, filter: { type: { equalTo: "ticket.issued" } }) { nodes { edition { slug } ticket { rowId } } } }`;
  type Answered = { ledgerEntries: { nodes: { edition: { slug: string }; ticket: { rowId: string } | null }[] } };
  const ticketsFor = async (token: string | undefined) => {
    const { data, errors } = await press.gateway.ask<Answered>(QUERY, { token });
    const nodes = data?.ledgerEntries?.nodes ?? [];
    return { errors, editions: nodes.filter(({ ticket }) => ticket !== null).map(({ edition }) => edition.slug) };
  };

  test("is seen by its holder and by operators, and by nobody else", async () => {
    expect(await ticketsFor(await makeToken("bob the holder"))).toEqual({ errors: [], editions: ["gala", "gala"] });
    expect((await ticketsFor(await makeOperatorToken())).editions).toHaveLength(100);
    expect(await ticketsFor(await makeToken("carol"))).toEqual({ errors: [], editions: [] });
    const nobody = await ticketsFor(undefined);
    expect(nobody.editions).toEqual([]);
    expect(new Set(codesOf(nobody))).toEqual(new Set(["NOT_ALLOWED"]));
  });

  test("tells its place and its proof", async () => {
    const { data, errors } = await press.gateway.ask<{ ticket: { ledgerPlace: string; timechainProof: string } }>(
      `query ($id: UUID!) { ticket(rowId: $id) { ledgerPlace timechainProof } }`,
      { token: await makeToken("alice the holder"), variables: { id: ids[7] } },
    );
    expect(errors).toEqual([]);
    const { ledgerPlace, timechainProof } = data.ticket;
    const verdict = new LedgerVerifier(press.worker.vkey).verifyEntry(timechainProof);
    expect(verdict).toMatchObject({
      isValid: true,
      place: Number(ledgerPlace),
      entry: expect.stringContaining(ids[7] ?? ""),
    });
    expect(timechainProof).toBe(await press.getText(`proof/${ledgerPlace}`));
  });
});

test("the list of checkpoints ends with the one that is served", async () => {
  const { data } = await press.gateway.ask<{
    checkpoints: { nodes: { treeSize: string; note: string; rootHash: string }[] };
  }>("{ checkpoints(last: 1) { nodes { treeSize note rootHash } } }");
  const [checkpoint] = data.checkpoints.nodes;
  expect(checkpoint?.note).toBe(await press.getText("checkpoint"));
  expect(checkpoint?.note).toContain(`\n${checkpoint?.treeSize}\n${checkpoint?.rootHash}\n`);
});

test("operators can have everything checked", async () => {
  const audit = (token: string) =>
    press.gateway.ask<{ audit: { nodes: { check: string; isOk: boolean; finding: string | null }[] } | null }>(
      "{ audit(first: 100) { nodes { check subject isOk finding } } }",
      { token },
    );
  const { data, errors } = await audit(await makeOperatorToken());
  expect(errors).toEqual([]);
  expect(data.audit?.nodes.filter(({ isOk }) => !isOk)).toEqual([]);
  expect(data.audit?.nodes.length).toBeGreaterThan(10);
  expect(codesOf(await audit(await makeToken("carol")))).toEqual(["NOT_ALLOWED"]);
});

test("operators can have what is promised looked at", async () => {
  const look = (token: string) =>
    press.gateway.ask<{ invariants: { results: { invariant: string; isOk: boolean | null }[] } | null }>(
      "mutation { invariants(input: {}) { results { invariant check subject isOk finding remedy foundAt } } }",
      { token },
    );
  const { data, errors } = await look(await makeOperatorToken());
  expect(errors).toEqual([]);
  expect(data.invariants?.results.filter(({ isOk }) => isOk === false)).toEqual([]);
  expect(new Set(data.invariants?.results.map(({ invariant }) => invariant)).size).toBe(14);
  expect(codesOf(await look(await makeToken("carol")))).toEqual(["NOT_ALLOWED"]);
});

test("a press that was stopped refuses by name, shows why, still shows its ledger, and is started by an operator alone", async () => {
  const { gateway, database } = press;
  const state = async () => (await fetch(`${gateway.url}/readyz`)).json();
  const start = (token: string) =>
    gateway.ask<{ startPress: { wasStopped: boolean } }>(
      `mutation { startPress(input: { reason: "It was a drill." }) { wasStopped } }`,
      { token },
    );
  const operator = await makeOperatorToken();
  const issue = async () => issueTicket(gateway, await makeToken("carol"), { editionSlug: "concert" });
  await database.pool("press_worker").query("select press_worker.stop_press('The ledger is another one.')");

  const refused = await issue();
  expect(codesOf(refused)).toEqual(["PRESS_STOPPED"]);
  expect(refused.errors[0]?.extensions).toMatchObject({ retryable: false, detail: "The ledger is another one." });
  const { data } = await gateway.ask("{ pressStopReason }");
  expect(data).toEqual({ pressStopReason: "The ledger is another one." });
  await expect.poll(state).toEqual({ status: "ready", stopReason: "The ledger is another one." });
  expect((await press.get("checkpoint")).status).toBe(200);
  expect(await entries()).toHaveLength(50);

  expect(codesOf(await start(await makeToken("carol")))).toEqual(["NOT_ALLOWED"]);
  expect((await start(operator)).data).toEqual({ startPress: { wasStopped: true } });
  expect((await start(operator)).data).toEqual({ startPress: { wasStopped: false } });
  expect(codesOf(await issue())).toEqual([]);
  await expect.poll(state).toEqual({ status: "ready" });
});
