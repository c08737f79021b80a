/* Records on the chain, as people publish them in the dashboard. Nobody has a chain here: what nodes would say the database is told. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { isSignedBy } from "../../signedRecord.ts";
import type { TestLogin } from "../database.ts";
import { putOnChain } from "../records.ts";
import { testRequiring } from "../requirements.ts";
import { PressWithPages, whenReady } from "./pressWithPages.ts";
import type { Visitor } from "./visitor.ts";

vi.setConfig({ testTimeout: 120_000 });

let press: PressWithPages;
beforeAll(async () => {
  press = await PressWithPages.start();
  // A key names the ledger, which has its name from its first checkpoint on.
  await press.openEdition("first", { cap: 1 });
  await whenReady(() => press.issue("first", "somebody"));
});
afterAll(() => press?.stop());

async function leave(visitor: Visitor): Promise<void> {
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
}

const asked = async (login: TestLogin, text: string, values: readonly unknown[] = []) =>
  (await press.database.pool(login).query(text, [...values])).rows[0];

const publicationOf = async (subject: string) =>
  asked(
    "operator",
    `select p.id, p.payload, p.signature, k.public_key from press.publications p join press.publishing_keys k on k.id = p.key_id
       join press.holders h on h.id = p.holder_id where h.subject = $1 order by p.submitted_at desc limit 1`,
    [subject],
  );

testRequiring("chromium")(
  "a holder makes a key, publishes a record, and sees what becomes of it on the page that they are on",
  async () => {
    const visitor = await press.visit({ acceptDownloads: true });
    await visitor.signIn("petra", { from: "/publications" });
    const { page } = visitor;
    await page.getByText("You have submitted none yet.").waitFor();
    const [saved] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Make a key, and keep its file" }).click(),
    ]);
    const file = await saved.path();
    expect(await readFile(file, "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
    await page.getByTestId("key").getByText("Registered on").waitFor();

    await visitor.mark();
    const record = page.getByLabel("The record, a JSON object");
    const submit = page.getByRole("button", { name: "Sign and submit" });
    await record.fill("no object");
    await submit.click();
    await page.getByText("A record is a JSON object").waitFor();
    await record.fill('{ "what": "<b>the first harvest</b>", "kilograms": 1250.50 }');
    await submit.click();
    const first = page.getByTestId("publication").first();
    await first.getByText("queued", { exact: true }).waitFor();
    const { id, payload, signature, public_key: publicKey } = await publicationOf("petra");
    expect(JSON.parse(payload)).toMatchObject({ what: "<b>the first harvest</b>", kilograms: 1250.5 });
    expect(isSignedBy(payload, signature, publicKey)).toBe(true);

    const { id: transaction, txid } = await putOnChain(press.database, id);
    await first.getByText("sent", { exact: true }).waitFor();
    await first.getByText(txid).waitFor();
    await first.getByText("in no block yet").waitFor();
    await asked("owner", "select tests.see($1, 'mined', '{\"block_height\":100}')", [transaction]);
    await first.getByText("1 confirmation", { exact: false }).waitFor();
    await asked("press_worker", "select press_worker.record_tip(102, repeat('c', 64))");
    await first.getByText("3 confirmations").waitFor();
    expect(await visitor.isStillMarked()).toBe(true);

    // The page has forgotten the key, and its file has not.
    await visitor.open("/publications");
    await page.getByTestId("publication").first().waitFor();
    expect(await submit.count()).toBe(0);
    await page.getByLabel("Use a key from its file").setInputFiles(file);
    await page.getByTestId("current-key").getByText(publicKey).waitFor();
    await record.fill('{"nonce":"used-once"}');
    await submit.click();
    await page.getByTestId("publication").nth(1).waitFor();
    await record.fill('{"nonce":"used-once","what":"another"}');
    await submit.click();
    await page.getByText("NONCE_REUSED").waitFor();

    await page.getByRole("button", { name: /^Revoke the key/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Why it is revoked").fill("the file was lost");
    await dialog.getByLabel(/^Type/).fill("revoke");
    await dialog.getByRole("button", { name: "Revoke it" }).click();
    await first.getByText("failed", { exact: true }).waitFor();
    await first.getByText("UNKNOWN_KEY").waitFor();
    await page.getByTestId("key").getByText("the file was lost").waitFor();
    expect(await submit.isDisabled()).toBe(true);
    expect(await press.policyReportCount()).toBe(0);
    await leave(visitor);
  },
);

testRequiring("chromium")("an operator sees the pool and the transactions, and a holder does not", async () => {
  await asked("operator", "select tests.fund(3, 1234, 'pool')");
  const operator = await press.visit();
  await operator.signIn("olga", { isOperator: true, from: "/publications" });
  const available = operator.page.getByTestId("coins-available");
  await available.getByText("can be spent").waitFor();
  const { count, satoshis } = await asked(
    "operator",
    "select count(*)::text as count, sum(satoshis)::text as satoshis from press.utxos where state = 'available'",
  );
  expect(await available.locator("td").allTextContents()).toEqual([
    BigInt(count).toLocaleString("en-GB"),
    BigInt(satoshis).toLocaleString("en-GB"),
    "can be spent",
  ]);
  await operator.page.getByText("in block 100").waitFor();
  await leave(operator);

  const holder = await press.visit();
  await holder.signIn("hans", { from: "/publications" });
  await holder.page.getByText("You have submitted none yet.").waitFor();
  expect(await holder.page.getByRole("heading", { name: "The pool" }).count()).toBe(0);
  await leave(holder);
});
