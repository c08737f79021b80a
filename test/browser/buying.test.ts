/* A buyer in a real browser: finds an edition, signs in, buys, and hands the ticket on to be verified; by keyboard alone; and once, whatever is clicked or cut. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { testRequiring } from "../requirements.ts";
import { PressWithPages } from "./pressWithPages.ts";
import type { Visitor } from "./visitor.ts";

let press: PressWithPages;
const visitors: Visitor[] = [];
beforeAll(async () => {
  press = await PressWithPages.start();
});
afterEach(async () => {
  press.link.fateOf = () => "pass";
  await Promise.all(visitors.splice(0).map((visitor) => visitor.leave()));
});
afterAll(() => press?.stop());

async function visit(): Promise<Visitor> {
  const visitor = await press.visit();
  visitors.push(visitor);
  return visitor;
}

/** The numbers that a person has of an edition. */
async function numbersOf(subject: string, slug: string): Promise<number[]> {
  const { rows } = await press.database.pool("operator").query<{ number: number }>(
    `select t.ticket_number as number from press.tickets t join press.holders h on h.id = t.holder_id
     join press.editions e on e.id = t.edition_id where h.subject = $1 and e.slug = $2 order by 1`,
    [subject, slug],
  );
  return rows.map(({ number }) => number);
}

/** Drops files on the page, as from a folder. */
async function drop(page: Page, files: Readonly<Record<string, string>>): Promise<void> {
  const dataTransfer = await page.evaluateHandle((texts) => {
    const transfer = new DataTransfer();
    for (const [name, text] of Object.entries(texts)) transfer.items.add(new File([text], name));
    return transfer;
  }, files);
  await page.locator(".drop").dispatchEvent("drop", { dataTransfer });
}

const verdict = (page: Page, name: string) => page.getByRole("article", { name: `Verdict: ${name}` });

describe("a buyer", () => {
  testRequiring("chromium")("signs in, buys, has the ticket, and verifies the file", async () => {
    await press.openEdition("summer-raffle", { title: "The summer raffle", cap: 100, perHolderLimit: 2 });
    const alice = await visit();
    const { page } = alice;
    await alice.open("/");
    await page.getByRole("link", { name: "The summer raffle" }).click();
    await page.getByRole("link", { name: "Sign in to take a ticket" }).click();
    await page.getByLabel("Your name").fill("alice");
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    // Back where she came from, signed in.
    await page.getByText("You have none yet, and may still take 2.").waitFor();
    expect(new URL(page.url()).pathname).toBe("/editions/summer-raffle");
    await page.getByRole("button", { name: "Take a ticket" }).click();
    await page.getByText("Ticket 1 is yours.").first().waitFor();
    await page.getByText("You have 1, and may still take 1.").waitFor();
    await expect.poll(() => page.getByTestId("remaining-summer-raffle").textContent()).toBe("99");

    await page.getByRole("link", { name: "See ticket 1" }).click();
    const printed = page.getByRole("region", { name: "Ticket 1 of 100, The summer raffle" });
    await printed.getByText("signed", { exact: true }).waitFor();
    await printed.getByRole("img", { name: "QR code of the signed envelope of ticket 1" }).waitFor();
    await verdict(page, "signed").getByRole("heading", { name: "Signed", exact: true }).waitFor();
    await verdict(page, "recorded").getByRole("heading", { name: "Recorded", exact: true }).waitFor();

    const texts = await Promise.all(
      ["Download the ticket", "Download its proof"].map(async (name) => {
        const button = page.getByRole("button", { name });
        await expect.poll(() => button.isEnabled()).toBe(true);
        return button;
      }),
    );
    const [envelope = "", proof = ""] = [await downloaded(page, texts[0]), await downloaded(page, texts[1])];
    const bob = await visit();
    await bob.open("/verify");
    await drop(bob.page, { "ticket.json": envelope });
    await verdict(bob.page, "signed").getByText("ticket 1 of summer-raffle, for alice").waitFor();
    await verdict(bob.page, "recorded").getByRole("heading", { name: "Recorded: not judged" }).waitFor();
    await drop(bob.page, { "ticket.tlog-proof": proof });
    await verdict(bob.page, "recorded").getByRole("heading", { name: "Recorded", exact: true }).waitFor();
    await verdict(bob.page, "still good").getByRole("heading", { name: "Still good" }).waitFor();
    // One letter of the name is enough.
    await drop(bob.page, { "forged.json": envelope.replace('"alice"', '"alicf"') });
    await verdict(bob.page, "signed").getByText("The signature is wrong: this ticket was changed or forged.").waitFor();
    expect([...alice.complaints, ...bob.complaints]).toEqual([]);
  });

  async function downloaded(page: Page, button: { click(): Promise<void> } | undefined): Promise<string> {
    const [file] = await Promise.all([page.waitForEvent("download"), button?.click()]);
    return readFile(await file.path(), "utf8");
  }

  testRequiring("chromium")("needs no mouse", async () => {
    await press.openEdition("by-keyboard", { title: "By keyboard", cap: 10, perHolderLimit: 3 });
    const carol = await visit();
    const { page } = carol;
    await carol.open("/");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await carol.tabTo(page.getByRole("link", { name: "By keyboard" }));
    await page.keyboard.press("Enter");
    // The focus is on the heading of the page that one came to.
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("By keyboard");
    await carol.tabTo(page.getByRole("link", { name: "Sign in to take a ticket" }));
    await page.keyboard.press("Enter");
    await carol.tabTo(page.getByLabel("Your name"));
    await page.keyboard.type("carol");
    await page.keyboard.press("Enter");
    await carol.tabTo(page.getByRole("radio", { name: "1", exact: true }));
    await page.keyboard.press("ArrowRight");
    await carol.tabTo(page.getByRole("button", { name: "Take 2 tickets" }));
    await page.keyboard.press("Space");
    await page.getByText("Tickets 1 and 2 are yours.").first().waitFor();
    // The same sentence for those who do not see it.
    const spoken = page.locator("[aria-live=polite].visually-hidden", { hasText: "Tickets 1 and 2 are yours." });
    await spoken.waitFor({ state: "attached" });
    await carol.tabTo(page.getByRole("link", { name: "See ticket 2" }));
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Ticket 2");
    expect([await numbersOf("carol", "by-keyboard"), carol.complaints]).toEqual([[1, 2], []]);
  });
});

describe("a purchase", () => {
  testRequiring("chromium")("that a second click comes into is one purchase", async () => {
    await press.openEdition("clicked-twice", { cap: 10 });
    const dora = await visit();
    const { page } = dora;
    await dora.signIn("dora");
    await dora.open("/editions/clicked-twice");
    const held = Promise.withResolvers<void>();
    let sent = 0;
    press.link.fateOf = (body) => {
      if (!body.includes("mutation BuyTickets")) return "pass";
      sent += 1;
      return held.promise;
    };
    await page.getByRole("button", { name: "Take a ticket" }).click();
    const busy = page.getByRole("button", { name: "Taking …" });
    await busy.waitFor();
    expect(await busy.isDisabled()).toBe(true);
    await busy.click({ force: true });
    await busy.press("Enter");
    held.resolve();
    await page.getByText("Ticket 1 is yours.").first().waitFor();
    expect([sent, await numbersOf("dora", "clicked-twice")]).toEqual([1, [1]]);
  });

  testRequiring("chromium")(
    "that a lost connection comes into goes on when it is back, and costs nobody a ticket",
    async () => {
      await press.openEdition("cut-off", { cap: 10, perHolderLimit: 2 });
      const emil = await visit();
      const { page } = emil;
      await emil.signIn("emil", { from: "/editions/cut-off" });
      const button = page.getByRole("button", { name: "Take a ticket" });
      await expect.poll(() => button.isEnabled()).toBe(true);
      press.link.cut();
      await button.click();
      await page.getByText("It goes on by itself, as the same purchase").waitFor();
      press.link.mend();
      await page.getByText("Ticket 1 is yours.").first().waitFor();
      await page.getByText("You have 1, and may still take 1.").waitFor();
      expect(await numbersOf("emil", "cut-off")).toEqual([1]);
    },
  );
});
