/* Every page, for everybody, in light and dark, on a phone and at a desk: axe finds nothing serious, and nothing is wider than the screen. */
import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, vi } from "vitest";
import { sample } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { until } from "../worker/support.ts";
import { type HeldTicket, PressWithPages } from "./pressWithPages.ts";
import type { Visitor } from "./visitor.ts";

// Every page several times.
vi.setConfig({ testTimeout: 180_000 });

const SCHEMES = ["light", "dark"] as const;
const WIDTHS = [320, 1280] as const;

let press: PressWithPages;
let ticket: HeldTicket;
let holderId: string;
beforeAll(async () => {
  press = await PressWithPages.start();
  const operator = press.database.pool("operator");
  await press.openEdition("on-sale", {
    title: "A raffle that is on sale",
    cap: 100,
    perHolderLimit: 4,
    drawMode: "sealed",
  });
  ticket = await press.issue("on-sale", "alice");
  const redeemed = await press.issue("on-sale", "alice");
  await operator.query("select press.redeem_ticket($1, $2)", [redeemed.envelope, redeemed.proof]);
  const revoked = await press.issue("on-sale", "bob");
  await operator.query("select press.revoke_ticket($1, 'sold twice')", [revoked.id]);
  await press.openEdition("is-drawn", { title: "A raffle that is drawn", cap: 10, drawMode: "sealed" });
  for (const holder of ["alice", "bob"]) await press.issue("is-drawn", holder);
  await operator.query("select press.draw_winner('is-drawn')");
  await operator.query("select press.create_edition('a-draft', 'A draft', 5)");
  await press.openEdition("for-makers", { title: "For makers", requiredTrustLevel: 2, requiredKind: "oidc" });
  holderId = await proveSomething("alice");
});
afterAll(() => press?.stop());

/** Has somebody prove a repository and fail with another, at once for many reasons; answers with their id. */
async function proveSomething(name: string): Promise<string> {
  const operator = press.database.pool("operator");
  await operator.query("select press.set_rules(null, null, null, 2)");
  const begin = "select nonce from press.begin_attestation('repository', recipient => $1)";
  const submit = `select from press.submit_attestation('repository', $2, recipient => $1, client_address => '192.0.2.1')`;
  const decided = "select from press.attestations where status <> 'submitted'";
  const young = { createdAt: new Date().toISOString(), accountCreatedAt: new Date().toISOString(), sizeKb: 1 };
  for (const [count, repository] of [{}, young].entries()) {
    const file = (await operator.query(begin, [name])).rows[0].nonce as string;
    press.hosting.put(`${name}-${count}/r`, { ...repository, accountId: count + 1, file });
    await operator.query(submit, [name, `${name}-${count}/r`]);
    await until(async () => (await operator.query(decided)).rowCount === count + 1);
  }
  return (await operator.query("select id from press.holders where subject = $1", [name])).rows[0].id as string;
}

/** What is seriously wrong with the page as it stands, by all rules or by these; `state` names it. */
async function faultsOf(page: Page, state: string, rules?: readonly string[]): Promise<string[]> {
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: { type: "rule", values: rules } }) };
  const results = await page.evaluate(async (given) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } };
    return axe.run(given);
  }, options);
  const serious = results.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, any }) => `${state}: ${id}, ${help}: ${html.slice(0, 150)} ${any[0]?.message ?? ""}`),
  );
}

/** Looks at the page in every width and scheme, or in one scheme a page where less is tested. */
async function faultsEverywhere({ page }: Visitor, state: string): Promise<string[]> {
  const faults: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (overflow > 0) faults.push(`${state}, ${width} px: ${overflow} px wider than the screen`);
    for (const colorScheme of sample(SCHEMES, 1)) {
      await page.emulateMedia({ colorScheme });
      // In the dark, only colours are others.
      const rules = colorScheme === "dark" ? ["color-contrast", "link-in-text-block"] : undefined;
      faults.push(...(await faultsOf(page, `${state}, ${width} px, ${colorScheme}`, rules)));
    }
  }
  return faults;
}

async function visit(): Promise<Visitor> {
  // A colour on its way to another is neither of them.
  const visitor = await press.visit({ reducedMotion: "reduce" });
  await visitor.page.addInitScript({ content: axe.source });
  return visitor;
}

/** Pages, each with something that shows when it is all there. */
type Places = Readonly<Record<string, string>>;

async function faultsAt(visitor: Visitor, places: Places): Promise<string[]> {
  const faults: string[] = [];
  for (const [path, text] of Object.entries(places)) {
    await visitor.open(path);
    await visitor.page.getByText(text).first().waitFor();
    faults.push(...(await faultsEverywhere(visitor, path)));
  }
  return faults;
}

const PUBLIC: Places = {
  "/": "A raffle that is drawn",
  "/editions/is-drawn": "The winner",
  "/ledger": "a winner was drawn",
  "/verify": "Drop a ticket here",
};

describe("axe finds nothing serious, and nothing sticks out", () => {
  testRequiring("chromium")("for somebody who is not signed in", async () => {
    const visitor = await visit();
    const faults = await faultsAt(visitor, {
      ...PUBLIC,
      "/editions/on-sale": "Sign in to take a ticket",
      "/editions/nowhere": "No such edition",
      "/tickets": "Sign in to see what is yours.",
      "/you": "Sign in first.",
      "/publications": "Sign in first.",
      "/operator": "Operator",
      "/?sign-in": "For trying on this machine",
    });
    const { page } = visitor;
    await visitor.open("/editions/is-drawn");
    await page.getByRole("button", { name: "Compute the draw again, here" }).click();
    await page.getByRole("article", { name: "Computed by the press" }).waitFor();
    faults.push(...(await faultsEverywhere(visitor, "a proof")));
    await visitor.open("/verify");
    await page.getByText("Or paste the text").click();
    await page.getByLabel("Ticket", { exact: true }).fill(ticket.envelope);
    await page.getByLabel("Proof").fill(ticket.proof);
    await page.getByRole("heading", { name: "Still good" }).waitFor();
    faults.push(...(await faultsEverywhere(visitor, "verdicts")));
    await page.getByLabel("Ticket", { exact: true }).fill("no ticket");
    await page.getByRole("heading", { name: "Not signed" }).waitFor();
    faults.push(...(await faultsEverywhere(visitor, "bad verdicts")));
    await visitor.open("/ledger");
    await page.locator("summary").first().click();
    faults.push(...(await faultsEverywhere(visitor, "an entry")));
    expect(faults).toEqual([]);
    await visitor.leave();
  });

  testRequiring("chromium")("for a holder", async () => {
    const visitor = await visit();
    const { page } = visitor;
    await visitor.signIn("alice");
    const faults = await faultsAt(visitor, {
      "/editions/on-sale": "You have 2, and may still take 2.",
      "/editions/for-makers": "for people of whom more is known",
      "/you": "It was rejected",
      "/publications": "You have submitted none yet.",
      "/tickets": "Open ticket 1 of A raffle that is drawn",
      [`/tickets/${ticket.id}`]: "The public ledger has it",
      "/tickets/00000000-0000-4000-8000-000000000000": "No such ticket",
      "/operator": "Operator",
    });
    await visitor.open(`/tickets/${ticket.id}`);
    await page.getByRole("button", { name: "Redeem …" }).click();
    await page.getByRole("dialog").waitFor();
    faults.push(...(await faultsEverywhere(visitor, "a question")));
    await visitor.open("/you");
    await page.getByRole("button", { name: "Begin" }).click();
    await page.getByLabel("Then name the repository").fill("no name");
    await page.getByRole("button", { name: "Submit it" }).click();
    await page.getByText("INVALID_INPUT").waitFor();
    faults.push(...(await faultsEverywhere(visitor, "proving")));
    await visitor.open("/editions/on-sale");
    await page.getByRole("button", { name: "Take a ticket" }).click();
    await page.getByRole("link", { name: /See ticket/ }).waitFor();
    faults.push(...(await faultsEverywhere(visitor, "bought")));
    expect(faults).toEqual([]);
    await visitor.leave();
  });

  testRequiring("chromium")("for an operator", async () => {
    const visitor = await visit();
    const { page } = visitor;
    await visitor.signIn("olga", { isOperator: true });
    const faults = await faultsAt(visitor, {
      "/operator": "A draft",
      "/operator/editions/a-draft": "Open the edition",
      "/operator/editions/on-sale": "bob",
      "/operator/editions/is-drawn": "Replace the winner",
      "/operator/gate": "By camera",
      "/publications": "can be spent",
      "/operator/holders": "alice",
      [`/operator/holders/${holderId}`]: "What was submitted",
      [`/tickets/${ticket.id}`]: "Revoke",
    });
    await visitor.open("/operator");
    await page.getByRole("radio", { name: /^Public beacon/ }).check();
    faults.push(...(await faultsEverywhere(visitor, "an edition with a beacon")));
    await visitor.open("/operator/editions/is-drawn");
    await page.getByRole("button", { name: "Replace the winner …" }).click();
    await page.getByRole("dialog").waitFor();
    faults.push(...(await faultsEverywhere(visitor, "a question with a reason")));
    await visitor.open("/operator/gate");
    for (const [envelope, word] of [
      [ticket.envelope, "Good"],
      ["no ticket", "Not valid"],
    ] as const) {
      await page.getByLabel("Ticket").fill(envelope);
      await page.getByLabel("Ticket").press("Enter");
      await page.getByText(word, { exact: true }).waitFor();
      faults.push(...(await faultsEverywhere(visitor, `a guest: ${word}`)));
      await page.keyboard.press("Alt+n");
    }
    expect(faults).toEqual([]);
    await visitor.leave();
  });
});
