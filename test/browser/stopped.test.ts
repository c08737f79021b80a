/* A press that is stopped says so to everybody, and goes on when an operator says why it may. */
import { afterAll, beforeAll, expect } from "vitest";
import { openEdition } from "../gateway/testGateway.ts";
import { everyTestRequires, missingRequirement, testRequiring } from "../requirements.ts";
import { PressWithPages } from "./pressWithPages.ts";

everyTestRequires("chromium");

let press: PressWithPages;

beforeAll(async () => {
  if (missingRequirement("chromium") === undefined) press = await PressWithPages.start();
});
afterAll(() => press?.stop());

const test = testRequiring("chromium");

test("a stopped press shows why, refuses by name, and goes on under a reason that is kept", async () => {
  await openEdition(press.gateway, { slug: "interrupted", cap: 5, perHolderLimit: 2 });
  const { page, faults } = await press.openPageAs("charlie", "/editions/interrupted");
  const glance = page.getByRole("region", { name: "The press at a glance" });
  await glance.getByText("running", { exact: true }).waitFor();
  await press.database.pool("press_worker").query("select press_worker.stop_press('The ledger was rehearsed.')");
  await page.getByRole("button", { name: "Take a ticket" }).click();
  await page.getByRole("main").getByText("PRESS_STOPPED").waitFor();
  await glance.getByText("The press is stopped: The ledger was rehearsed.").waitFor();

  const { page: operator } = await press.openPageAs("olga", "/operator", { isOperator: true });
  await operator.getByRole("button", { name: "Start the press …" }).click();
  const dialog = operator.getByRole("dialog", { name: "Start the press?" });
  expect(await dialog.getByRole("button", { name: "Start it" }).isDisabled()).toBe(true);
  await dialog.getByLabel("Why it may run again").fill("The rehearsal is over.");
  await dialog.getByLabel("Type start the press to go on").fill("start the press");
  await dialog.getByRole("button", { name: "Start it" }).click();
  await operator.getByRole("region", { name: "The press at a glance" }).getByText("running", { exact: true }).waitFor();

  await page.getByRole("button", { name: "Take a ticket" }).click();
  await page.getByText("Ticket 1 is yours.").first().waitFor();
  expect(faults).toEqual([]);
});
