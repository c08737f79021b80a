/* A page whose connection is lost: what it says, what it shows meanwhile, and that nothing is missed when it is back. */
import { afterAll, beforeAll, describe, expect } from "vitest";
import { testRequiring } from "../requirements.ts";
import { BrowserPress } from "./browserPress.ts";
import { SeverableLine } from "./severableLine.ts";

let press: BrowserPress;
let line: SeverableLine;
beforeAll(async () => {
  press = await BrowserPress.start();
  line = await SeverableLine.to(press.url);
});
afterAll(async () => {
  await press?.close();
  await line?.close();
});

describe("a lost connection", () => {
  testRequiring("chromium")("is said, made up for by polling, and found again", async () => {
    await press.openEdition("watched", { title: "Watched", cap: 10 });
    const { page, ...visitor } = await visitBy(line);
    const says = (word: string) => page.locator(".liveness", { hasText: word }).waitFor();
    const left = () => page.getByTestId("remaining-watched").textContent();
    await says("live");
    await expect.poll(left).toBe("10");
    const issue = (recipient: string) => press.issue("watched", recipient);

    await issue("anna");
    await expect.poll(left).toBe("9");

    line.cut("webSockets");
    await says("polling");
    await page.getByText("The live connection is lost").waitFor();
    await issue("bert");
    await expect.poll(left).toBe("8");
    await says("polling");

    line.cut("everything");
    await says("offline");
    await issue("cleo");
    // What it last said stays on the page.
    expect(await left()).toBe("8");

    line.cut("nothing");
    await says("live");
    await expect.poll(left).toBe("7");
    await issue("dora");
    await expect.poll(left).toBe("6");
    expect(await visitor.isMarked()).toBe(true);
  });

  testRequiring("chromium")("in the middle of a purchase costs nobody a ticket", async () => {
    await press.openEdition("bought", { title: "Bought", cap: 10, perHolderLimit: 2 });
    const { page } = await visitBy(line, "/editions/bought?sign-in");
    await page.getByLabel("Your name").fill("emma");
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    const button = page.getByRole("button", { name: "Take a ticket" });
    await expect.poll(() => button.isEnabled()).toBe(true);
    line.cut("everything");
    await button.click();
    await page.getByText("It goes on by itself, as the same purchase").waitFor();
    line.cut("nothing");
    await page.getByText("Ticket 1 is yours.").first().waitFor();
    await page.getByText("You have 1, and may still take 1.").waitFor();
    const sold =
      "select count(*)::int as count from press.tickets t join press.editions e on e.id = t.edition_id where slug = 'bought'";
    expect((await press.database.pool("operator").query(sold)).rows).toEqual([{ count: 1 }]);
  });
});

/** Somebody who reaches the press by the line. */
async function visitBy({ url }: SeverableLine, path = "/editions/watched") {
  const visitor = await press.visit();
  await visitor.page.goto(`${url}${path}`);
  await visitor.mark();
  return { page: visitor.page, isMarked: () => visitor.isStillMarked() };
}
