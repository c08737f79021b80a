/* What a holder does, in a real browser: signs in, takes tickets, keeps and verifies them; whatever is lost on the way is lost once. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { openEdition } from "../gateway/testGateway.ts";
import { everyTestRequires, missingRequirement, testRequiring } from "../requirements.ts";
import { PressWithPages } from "./pressWithPages.ts";
import { follow } from "./visitor.ts";

everyTestRequires("chromium");

let press: PressWithPages;

beforeAll(async () => {
  if (missingRequirement("chromium") === undefined) press = await PressWithPages.start();
});
afterAll(() => press?.stop());

/** The numbers of a holder's tickets of an edition, as the database has them. */
async function ticketsOf(subject: string, slug: string): Promise<number[]> {
  const { rows } = await press.database.pool("operator").query<{ ticket_number: number }>(
    `select t.ticket_number from press.tickets t join press.holders h on h.id = t.holder_id join press.editions e on e.id = t.edition_id
     where h.subject = $1 and e.slug = $2 order by t.ticket_number`,
    [subject, slug],
  );
  return rows.map(({ ticket_number }) => ticket_number);
}

const isPurchase = (body: string) => body.includes("mutation BuyTickets");
const keyOf = (body: string) => (JSON.parse(body) as { variables: { requestKey: string } }).variables.requestKey;

/** Takes the number of tickets that is chosen. */
async function take(page: Page, label: string): Promise<void> {
  await page.getByRole("button", { name: label }).click();
}

async function downloadOf(page: Page, button: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  return readFile(await download.path(), "utf8");
}

const test = testRequiring("chromium");

test("signs in, takes a ticket, keeps it, and verifies it in the browser", async () => {
  await openEdition(press.gateway, { slug: "golden-ticket", cap: 5, perHolderLimit: 1 });
  const { page, faults } = await press.openPage({ acceptDownloads: true });
  await page.goto(press.url("/editions/golden-ticket"));
  await page.getByRole("link", { name: "Sign in to take a ticket" }).click();
  await page.getByLabel("Your name").fill("charlie");
  await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();

  await page.getByText("You have none yet, and may still take 1.").waitFor();
  await take(page, "Take a ticket");
  await page.getByText("Ticket 1 is yours.").first().waitFor();
  await page.getByText("You have 1: 1 is all that one person can have.").waitFor();
  expect(await page.getByRole("button", { name: "You have all you can have" }).isDisabled()).toBe(true);
  await expect.poll(() => page.getByTestId("remaining-golden-ticket").textContent()).toBe("4");

  await page.getByRole("link", { name: "See ticket 1" }).click();
  await page.getByRole("img", { name: "QR code of the signed envelope of ticket 1" }).waitFor();
  await page
    .getByRole("article", { name: "Verdict: recorded" })
    .getByText("The public ledger has it at place")
    .waitFor();
  // Who came here by a link begins to read at the heading.
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Ticket 1");
  expect(await page.title()).toBe("Ticket 1 · Golden Press");

  const envelope = await downloadOf(page, "Download the ticket");
  const proof = await downloadOf(page, "Download its proof");
  const { rows } = await press.database
    .pool("operator")
    .query("select envelope from press.tickets where envelope = $1", [envelope]);
  expect(rows).toHaveLength(1);

  const files = [
    { name: "ticket.json", mimeType: "application/json", buffer: Buffer.from(envelope) },
    { name: "ticket.tlog-proof", mimeType: "text/plain", buffer: Buffer.from(proof) },
  ];
  await page.getByRole("link", { name: "Verify" }).click();
  await page.getByLabel("Choose files").setInputFiles(files);
  await page
    .getByRole("article", { name: "Verdict: signed" })
    .getByText("ticket 1 of golden-ticket, for charlie")
    .waitFor();
  await page.getByRole("article", { name: "Verdict: recorded" }).getByText("The public ledger has it").waitFor();
  await page.getByRole("article", { name: "Verdict: still good" }).getByText("nobody has used or revoked it").waitFor();

  const forged = Buffer.from(envelope.replace('"recipient":"charlie"', '"recipient":"veruca!"'));
  await page
    .getByLabel("Choose files")
    .setInputFiles([{ name: "forged.json", mimeType: "application/json", buffer: forged }]);
  await page.getByRole("article", { name: "Verdict: signed" }).getByText("SIGNATURE_INVALID").waitFor();
  await page.getByRole("article", { name: "Verdict: still good" }).getByText("SIGNATURE_INVALID").waitFor();
  expect(faults).toEqual([]);
});

test("uses a ticket up after being asked, once, and sees it at once on another page", async () => {
  await openEdition(press.gateway, { slug: "factory-tour", cap: 5, perHolderLimit: 1 });
  const { page } = await press.openPageAs("augustus", "/editions/factory-tour");
  await take(page, "Take a ticket");
  await page.getByRole("link", { name: "See ticket 1" }).click();
  const { page: other } = await press.openPageAs("augustus", new URL(page.url()).pathname);
  await page.getByRole("button", { name: "Redeem …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Redeem …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Redeem it" }).click();
  await page.getByText("It was redeemed on").waitFor();
  await other.getByText("It was redeemed on").waitFor();
  expect(await page.getByRole("button", { name: "Redeem …" }).count()).toBe(0);
});

describe("a purchase", () => {
  test("whose page is reloaded before it arrived goes on under the same key, and happens once", async () => {
    await openEdition(press.gateway, { slug: "reloaded", cap: 10, perHolderLimit: 4 });
    const { page } = await press.openPageAs("violet", "/editions/reloaded");
    const keys: string[] = [];
    const held = Promise.withResolvers<void>();
    press.link.fateOf = (body) => {
      if (!isPurchase(body)) return "pass";
      keys.push(keyOf(body));
      return keys.length === 1 ? held.promise : "pass";
    };
    await page.getByRole("radio", { name: "2" }).check();
    await take(page, "Take 2 tickets");
    expect(await page.getByRole("button", { name: "Taking …" }).isDisabled()).toBe(true);
    await expect.poll(() => keys.length).toBe(1);
    await page.reload();
    await page.getByText("Tickets 1 and 2 are yours.").first().waitFor();
    // The first one arrives after all, and changes nothing.
    const arrived = press.link.passed(isPurchase);
    held.resolve();
    await arrived;
    await page.getByText("You have 2, and may still take 2.").waitFor();
    expect(keys).toEqual([keys[0], keys[0]]);
    expect(await ticketsOf("violet", "reloaded")).toEqual([1, 2]);
    press.link.fateOf = () => "pass";
  });

  test("whose answer is lost is found, and not made again", async () => {
    await openEdition(press.gateway, { slug: "lost-answer", cap: 10, perHolderLimit: 4 });
    const { page } = await press.openPageAs("veruca", "/editions/lost-answer");
    const keys = new Set<string>();
    press.link.fateOf = (body) => {
      if (!isPurchase(body)) return "pass";
      keys.add(keyOf(body));
      return "lose answer";
    };
    await take(page, "Take a ticket");
    await page.getByText("Ticket 1 is yours.").first().waitFor();
    press.link.fateOf = () => "pass";
    // Browsers themselves send a request again where a connection ends without an answer; its key is the same.
    expect(keys.size).toBe(1);
    expect(await ticketsOf("veruca", "lost-answer")).toEqual([1]);
    // The next one is another purchase, under a key of its own.
    await page.getByText("You have 1, and may still take 3.").waitFor();
    await take(page, "Take a ticket");
    await page.getByText("Ticket 2 is yours.").first().waitFor();
    expect(await ticketsOf("veruca", "lost-answer")).toEqual([1, 2]);
  });

  test("of somebody whose session has ended goes on when they are signed in again", async () => {
    await openEdition(press.gateway, { slug: "ended", cap: 10, perHolderLimit: 4 });
    const { page } = await press.openPageAs("grandpa", "/editions/ended");
    await page.getByText("You have none yet").waitFor();
    const keys = new Set<string>();
    // What the page reads meanwhile would tell it already that the session has ended.
    const { promise: bought, resolve: buy } = Promise.withResolvers<void>();
    press.link.fateOf = (body) => {
      if (!isPurchase(body)) return bought;
      keys.add(keyOf(body));
      buy();
      return "pass";
    };
    await page.context().clearCookies();
    await take(page, "Take a ticket");
    await page.getByRole("link", { name: "Sign in to take a ticket" }).click();
    expect(await ticketsOf("grandpa", "ended")).toEqual([]);
    await page.getByLabel("Your name").fill("grandpa");
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Ticket 1 is yours.").first().waitFor();
    expect(keys.size).toBe(1);
    expect(await ticketsOf("grandpa", "ended")).toEqual([1]);
    press.link.fateOf = () => "pass";
  });

  test("that is found long after is looked for, and not made without being asked for again", async () => {
    await openEdition(press.gateway, { slug: "long-ago", cap: 10, perHolderLimit: 4 });
    const { page } = await press.openPageAs("josephine", "/verify");
    const purchase = { requestKey: crypto.randomUUID(), quantity: 2, madeAt: Date.now() - 86_400_000 };
    await page.evaluate(
      (entry) => localStorage.setItem("golden-press/purchase/holder%3Ajosephine/long-ago", entry),
      JSON.stringify(purchase),
    );
    await page.goto(press.url("/editions/long-ago"));
    await page.getByRole("alert").getByText("never reached the press").waitFor();
    await page.getByText("You have none yet, and may still take 4.").waitFor();
    expect(await ticketsOf("josephine", "long-ago")).toEqual([]);
    // The next one is a purchase of its own.
    await take(page, "Take a ticket");
    await page.getByText("Ticket 1 is yours.").first().waitFor();
  });

  test("that is refused says why, and can be tried again", async () => {
    await openEdition(press.gateway, { slug: "last-one", cap: 1, perHolderLimit: 1 });
    const { page } = await press.openPageAs("mike", "/editions/last-one");
    const arrived = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    press.link.fateOf = (body) => {
      if (!isPurchase(body)) return "pass";
      arrived.resolve();
      return held.promise;
    };
    await take(page, "Take a ticket");
    await arrived.promise;
    await press.database.pool("operator").query("select press.issue_ticket('last-one', recipient => 'quicker')");
    held.resolve();
    await page.getByRole("alert").getByText("CAP_REACHED").waitFor();
    await page.getByRole("button", { name: "None left" }).waitFor();
    press.link.fateOf = () => "pass";
  });
});

test("says with each request whom the page shows, and hears of another tab's sign-out and sign-in at once", async () => {
  const { page } = await press.openPageAs("tab one", "/tickets");
  const other = await page.context().newPage();
  const callers = new Set<string | undefined>();
  other.on("request", (request) => {
    if (request.url().endsWith("/graphql")) callers.add(request.headers()["x-press-caller"]);
  });
  await other.goto(press.url("/tickets"));
  await other.getByText("You have no ticket yet.").waitFor();
  expect([...callers]).toEqual(["holder:tab%20one"]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await other.getByText("Sign in to see what is yours.").waitFor();
  callers.clear();
  await press.signIn(page, "tab two");
  await other.getByText("You have no ticket yet.").waitFor();
  await expect.poll(() => [...callers]).toContain("holder:tab%20two");
  expect(callers).not.toContain("holder:tab%20one");
});

test("is told when the press cannot be asked to sign out, or how to sign in, and goes on when it can", async () => {
  const { page } = await press.openPageAs("patient", "/tickets");
  await page.route("**/session", (route) => route.fulfill({ status: 503, body: "" }));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("alert").getByText("you are still signed in").waitFor();
  await page.goto(press.url("/?sign-in"));
  await page.getByText("The press cannot be asked at this moment").waitFor();
  expect(await page.getByText("Nobody can sign in here").count()).toBe(0);
  await page.unroute("**/session");
  await page.getByRole("button", { name: "Ask again" }).click();
  await page.getByText("You are signed in as patient.").waitFor();
});

describe("a bystander", () => {
  test("sees what remains go down without a reload", async () => {
    await openEdition(press.gateway, { slug: "watched", cap: 3, perHolderLimit: 3 });
    const { page } = await press.openPage();
    await page.goto(press.url("/"));
    const remaining = page.getByTestId("remaining-watched");
    for (const left of [2, 1, 0]) {
      await press.database.pool("operator").query("select press.issue_ticket('watched', recipient => 'alice')");
      await expect.poll(() => remaining.textContent()).toBe(String(left));
    }
    const card = page.getByRole("listitem").filter({ has: remaining });
    await card.getByText("sold out", { exact: true }).waitFor();
  });

  test("who waits for a sale sees it begin and end, although nothing happens in the press then", async () => {
    const { page } = await press.openPage();
    await page.goto(press.url("/"));
    await page.getByRole("main").waitFor();
    await press.database.pool("operator").query(
      `select press.create_edition('at-nine', 'At nine', 5, opens_at => now() + interval '12 seconds', closes_at => now() + interval '24 seconds');
       select press.open_edition('at-nine')`,
    );
    // Not loaded again: on a busy machine the sale would have begun by then.
    await follow(page, "/editions/at-nine");
    await page.getByText("waiting", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Sign in to take a ticket" }).waitFor();
    // The worker may have closed it by then.
    await page
      .getByText(/^(over|closed)$/)
      .first()
      .waitFor();
    await page.getByRole("link", { name: "Sign in to take a ticket" }).waitFor({ state: "detached" });
  });

  test("who has gone on to earlier editions loses none when there is a new one", async () => {
    const operator = press.database.pool("operator");
    await operator.query("select press.create_edition('row-' || i, 'Row ' || i, 5) from generate_series(1, 30) i");
    const { page } = await press.openPageAs("olga", "/", { isOperator: true });
    await page.getByRole("button", { name: "Earlier editions" }).click();
    const links = page.getByRole("main").getByRole("link", { name: /^Row / });
    await expect.poll(() => links.count()).toBe(30);
    await operator.query("select press.create_edition('row-31', 'Row 31', 5)");
    await operator.query("select press.open_edition('row-31')");
    await page.getByRole("link", { name: "Row 31" }).waitFor();
    await expect.poll(() => links.count()).toBe(31);
    expect(new Set(await links.allTextContents()).size).toBe(31);
  });

  test("whose live connection is lost reads again from time to time, and is live again when it is back", async () => {
    await openEdition(press.gateway, { slug: "cut-off", cap: 9, perHolderLimit: 9 });
    const { page, faults } = await press.openPage();
    await page.goto(press.url("/editions/cut-off"));
    const state = page.getByRole("region", { name: "The press at a glance" });
    await state.getByText("live", { exact: true }).waitFor();
    const issue = () =>
      press.database.pool("operator").query("select press.issue_ticket('cut-off', recipient => 'alice')");
    const remaining = page.getByTestId("remaining-cut-off");

    press.link.cutWebSockets();
    await state.getByText("polling", { exact: true }).waitFor();
    await issue();
    await expect.poll(() => remaining.textContent()).toBe("8");

    press.link.cut();
    await state.getByText("offline", { exact: true }).waitFor();
    await issue();
    // What was last said stays in view.
    expect(await remaining.textContent()).toBe("8");

    press.link.mend();
    await state.getByText("live", { exact: true }).waitFor();
    await expect.poll(() => remaining.textContent()).toBe("7");
    await issue();
    await expect.poll(() => remaining.textContent()).toBe("6");
    expect(faults).toEqual([]);
  });

  test("who is signed out sees what is public, and where to sign in", async () => {
    const { page } = await press.openPage();
    await page.goto(press.url("/ledger"));
    await page.getByText("an edition opened: A title").first().waitFor();
    await page.goto(press.url("/tickets"));
    await page.getByText("Sign in to see what is yours.").waitFor();
    await page.goto(press.url("/operator"));
    await page.getByText("This page is for operators of the press.").waitFor();
  });
});
