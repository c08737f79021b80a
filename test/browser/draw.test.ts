/* A draw as those see it who were not asked: the winner appears by itself, and the page makes the draw again from the ledger. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { everyTestRequires, missingRequirement, testRequiring } from "../requirements.ts";
import { PressWithPages } from "./pressWithPages.ts";

everyTestRequires("chromium");

let press: PressWithPages;

beforeAll(async () => {
  if (missingRequirement("chromium") === undefined) press = await PressWithPages.start();
});
afterAll(() => press?.stop());

const test = testRequiring("chromium");

/** An open edition with this draw and some tickets of bob's. */
async function openRaffle(slug: string, drawMode: string): Promise<void> {
  const operator = press.database.pool("operator");
  await operator.query("select press.create_edition($1, 'A raffle', 20, null, $2::press.draw_mode)", [slug, drawMode]);
  // A sealed one has to wait for the worker's commitment.
  await expect
    .poll(() => operator.query("select press.open_edition($1)", [slug]).then(() => "open", String))
    .toBe("open");
  await operator.query("select press.issue_tickets($1, 7, recipient => 'bob')", [slug]);
}

async function winnerOf(slug: string): Promise<string | undefined> {
  const { rows } = await press.database.pool("operator").query<{ ticket_number: number }>(
    `select d.ticket_number from press.draws d join press.editions e on e.id = d.edition_id
     where e.slug = $1 order by d.attempt desc limit 1`,
    [slug],
  );
  return rows[0]?.ticket_number?.toString();
}

/** Has the page make the draw again, when the ledger has so many attempts at it. */
async function recompute(page: Page, attempts: number): Promise<void> {
  const button = page.getByRole("button", { name: "Compute the draw again, here" });
  await expect
    .poll(async () => {
      await button.click();
      await button.waitFor();
      return page.getByRole("article", { name: "Computed here" }).count();
    })
    .toBe(attempts);
}

test("the winner appears without a reload, and the draw is made again on the page, a replacement too", async () => {
  await openRaffle("sealed-raffle", "sealed");
  const { page, faults } = await press.openPageAs("bob", "/editions/sealed-raffle");
  await page.getByText("Nobody is drawn yet.").waitFor();
  expect(await page.getByTestId("winner").count()).toBe(0);

  const operator = press.database.pool("operator");
  await operator.query("select press.draw_winner('sealed-raffle')");
  await page.getByText("It is yours.").waitFor();
  expect(await page.getByTestId("winner").textContent()).toBe(await winnerOf("sealed-raffle"));
  await recompute(page, 1);
  const draw = page.getByRole("region", { name: "The draw, step by step" });
  await draw.getByText(`ticket ${await winnerOf("sealed-raffle")}`, { exact: true }).waitFor();
  await draw
    .getByRole("article", { name: "Computed here" })
    .getByText("is what the secret and the 7 entries give")
    .waitFor();
  await draw.getByRole("article", { name: "Computed by the press" }).getByText("The same in SQL").waitFor();

  await operator.query("select press.replace_winner('sealed-raffle', 'Did not answer')");
  await page.getByText("and replaced: Did not answer").waitFor();
  await expect.poll(() => winnerOf("sealed-raffle")).toBeDefined();
  await expect.poll(() => page.getByTestId("winner").textContent()).toBe(await winnerOf("sealed-raffle"));
  await recompute(page, 2);
  const replacement = page.getByRole("region", { name: "Replacement 1, step by step" });
  await replacement.getByText("is what the secret and the 6 entries give").waitFor();
  expect(faults).toEqual([]);
});

test("a random number is said to be nothing that anybody can compute again", async () => {
  await openRaffle("random-raffle", "random_int");
  const { page } = await press.openPage();
  await page.goto(press.url("/editions/random-raffle"));
  await page.getByText("It is fair if you trust the operator: nobody can compute it again.").waitFor();
  await press.database.pool("operator").query("select press.draw_winner('random-raffle')");
  await page.getByTestId("winner").waitFor();
  await recompute(page, 1);
  await page.getByRole("article", { name: "Computed here" }).getByText("not recomputable").waitFor();
  await page.getByRole("article", { name: "Computed by the press" }).getByText("not recomputable").waitFor();
});
