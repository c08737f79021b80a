/* An operator, a buyer and a bystander, each in a browser of their own: an edition is made, sold, closed and drawn, and everybody sees who won, and why. */
import { afterAll, beforeAll, describe, expect } from "vitest";
import { type BeaconServer, startBeacon } from "../beacon.ts";
import { testRequiring } from "../requirements.ts";
import { PressWithPages } from "./pressWithPages.ts";
import type { Visitor } from "./visitor.ts";

let press: PressWithPages;
let beacon: BeaconServer;
beforeAll(async () => {
  beacon = await startBeacon();
  press = await PressWithPages.start({ beaconUrls: [beacon.url] });
  await beacon.addTo(press.database);
});
afterAll(async () => {
  await press?.stop();
  await beacon?.close();
});

/** The winner that a page shows. */
const winnerOn = async ({ page }: Visitor) => Number(await page.getByTestId("winner").textContent());

/** The winners of an edition as the database has them, by attempt. */
async function winnersOf(slug: string): Promise<number[]> {
  const { rows } = await press.database.pool("operator").query<{ number: number }>(
    `select d.ticket_number as number from press.draws d join press.editions e on e.id = d.edition_id
     where e.slug = $1 and d.status = 'drawn' order by d.attempt`,
    [slug],
  );
  return rows.map(({ number }) => number);
}

/** Has the page make the draw again from the ledger, and returns what it found, an attempt a line. */
async function recomputeOn({ page }: Visitor, attempts: number) {
  const here = page.getByRole("article", { name: "Computed here" });
  // The ledger may have the draw a moment later than the press says it.
  await expect
    .poll(async () => {
      await page.getByRole("button", { name: "Compute the draw again, here" }).click();
      await page.getByRole("button", { name: "Compute the draw again, here" }).waitFor();
      return here.count();
    })
    .toBe(attempts);
  const texts = (name: string) => page.getByRole("article", { name }).getByRole("paragraph").allTextContents();
  return { here: await texts("Computed here"), byPress: await texts("Computed by the press") };
}

describe("a sealed raffle", () => {
  testRequiring("chromium")(
    "is made, opened, sold, closed, drawn and drawn again, before everybody's eyes",
    async () => {
      const [olga, bystander] = [await press.visit(), await press.visit()];
      await olga.signIn("olga", { isOperator: true });
      const { page } = olga;
      await page.getByRole("link", { name: "Operator", exact: true }).click();
      await page.getByLabel("Title").fill("The autumn raffle");
      expect(await page.getByLabel("Slug").inputValue()).toBe("the-autumn-raffle");
      await page.getByLabel("Tickets", { exact: true }).fill("100");
      await page.getByLabel("For one person, at most").fill("2");
      await page.getByRole("radio", { name: /^Sealed secret/ }).check();
      await page.getByRole("button", { name: "Prepare the edition" }).click();
      await page.getByRole("heading", { level: 1, name: "The autumn raffle" }).waitFor();
      const slug = "the-autumn-raffle";

      // A draft is nobody else's business.
      await bystander.open(`/editions/${slug}`);
      await bystander.page.getByRole("heading", { name: "No such edition" }).waitFor();
      const committed = "select 1 from press.editions where slug = $1 and draw_commitment is not null";
      await expect.poll(async () => (await press.database.pool("operator").query(committed, [slug])).rowCount).toBe(1);
      await olga.act("Open the edition", slug);
      await page.getByRole("button", { name: "Close the edition …" }).waitFor();

      await bystander.open("/");
      await bystander.mark();
      await bystander.page.getByRole("link", { name: "The autumn raffle" }).click();
      await bystander.page.getByText("Nobody is drawn yet.").waitFor();
      const buyers = ["anna", "bert", "cleo"];
      for (const buyer of buyers) await press.issue(slug, buyer);
      const anna = await press.visit();
      await anna.signIn("anna", { from: `/editions/${slug}` });
      await anna.page.getByRole("button", { name: "Take a ticket" }).click();
      await anna.page.getByText("Ticket 4 is yours.").first().waitFor();
      await anna.mark();
      await expect.poll(() => bystander.page.getByTestId(`remaining-${slug}`).textContent()).toBe("96");

      await olga.act("Close the edition", slug);
      await bystander.page.getByText("The edition is closed. The winner is not drawn yet.").waitFor();
      expect(await bystander.page.getByTestId("winner").count()).toBe(0);
      await olga.act("Draw the winner", slug);
      const winners = [await winnerOn(bystander)];
      expect(winners).toEqual(await winnersOf(slug));
      expect(await winnerOn(anna)).toBe(winners[0]);
      const isAnnas = winners[0] === 1 || winners[0] === 4;
      await expect.poll(() => anna.page.getByText("It is yours.").count()).toBe(isAnnas ? 1 : 0);
      const first = await recomputeOn(bystander, 1);
      expect(first.here[0]).toContain(`${winners[0]}`);
      expect(first.byPress).toEqual([`The same in SQL: ticket ${winners[0]}.`]);
      await bystander.page.getByText("Its SHA-256 was published before the edition opened.").waitFor();

      await olga.act("Replace the winner", slug, "did not answer for two weeks");
      await bystander.page.getByText("and replaced: did not answer for two weeks").waitFor();
      await expect.poll(() => winnersOf(slug)).toHaveLength(2);
      await expect.poll(() => winnerOn(bystander)).toBe((await winnersOf(slug)).at(-1));
      const both = await recomputeOn(bystander, 2);
      expect(both.byPress).toEqual((await winnersOf(slug)).map((number) => `The same in SQL: ticket ${number}.`));
      expect(await Promise.all([bystander.isStillMarked(), anna.isStillMarked()])).toEqual([true, true]);
      expect([...olga.complaints, ...anna.complaints, ...bystander.complaints]).toEqual([]);
      await Promise.all([olga, anna, bystander].map((visitor) => visitor.leave()));
    },
  );
});

describe("a raffle drawn by a beacon", () => {
  testRequiring("chromium")(
    "closes at its time, is drawn by its round, and is computed again on the page",
    async () => {
      const slug = "the-beacon-raffle";
      const open = (raffle: string, closesIn: string) =>
        press.database.pool("operator").query(`
          select press.create_edition('${raffle}', 'The beacon raffle', 20, null, 'beacon', null, clock_timestamp() + interval '${closesIn}',
            draw_delay_seconds => 1, beacon_chain_hash => '${beacon.chainHash}');
          select press.open_edition('${raffle}');
          select press.issue_ticket('${raffle}', recipient => buyer) from unnest(array['anna', 'bert', 'cleo']) buyer`);
      const [olga, bystander] = [await press.visit(), await press.visit()];
      await olga.signIn("olga", { isOperator: true });
      const dialog = olga.page.getByRole("dialog");
      // Before its time there is no draw, and the operator is told so.
      await open("a-later-raffle", "1 hour");
      await olga.open("/operator/editions/a-later-raffle");
      await olga.ask("Draw the winner", "a-later-raffle");
      await dialog.getByRole("alert").getByText("DRAW_NOT_READY").waitFor();

      await open(slug, "8 s");
      await bystander.open(`/editions/${slug}`);
      await bystander.mark();
      await olga.open(`/operator/editions/${slug}`);
      await bystander.page.getByText("The edition is closed. The winner is not drawn yet.").waitFor();
      await olga.ask("Draw the winner", slug);
      const confirm = dialog.getByRole("button", { name: "Draw the winner" });
      await expect
        .poll(async () => {
          await confirm.click({ timeout: 1_000 }).catch(() => undefined);
          return dialog.count();
        })
        .toBe(0);
      const winner = await winnerOn(bystander);
      expect([winner]).toEqual(await winnersOf(slug));
      const { here, byPress } = await recomputeOn(bystander, 1);
      expect(here[0]).toContain(`${winner}`);
      expect(byPress).toEqual([`The same in SQL: ticket ${winner}.`]);
      await bystander.page.getByText(/^Round \d+ of the beacon$/).waitFor();
      expect([await bystander.isStillMarked(), olga.complaints, bystander.complaints]).toEqual([true, [], []]);
      await Promise.all([olga.leave(), bystander.leave()]);
    },
  );
});

describe("a raffle whose winners were replaced more often than a page has room for", () => {
  testRequiring("chromium")("shows who won in the end", async () => {
    const slug = "often-replaced";
    const attempts = 120;
    const operator = press.database.pool("operator");
    await press.openEdition(slug, { cap: attempts, drawMode: "random_int" });
    await operator.query("select press.issue_tickets($1, $2, recipient => 'anna')", [slug, attempts]);
    await operator.query("select press.close_edition($1)", [slug]);
    await press.database.pool("owner").query(
      `insert into press.draws (edition_id, attempt, status, replaced_number, reason, entries_count, entries_hash, ticket_number, drawn_at)
       select e.id, n, 'drawn', nullif(n - 1, 0), case when n > 1 then 'reason ' || n end, $2 + 1 - n, repeat('0', 64), n, clock_timestamp()
       from press.editions e, generate_series(1, $2::integer) n where e.slug = $1`,
      [slug, attempts],
    );
    const bystander = await press.visit();
    await bystander.open(`/editions/${slug}`);
    expect(await winnerOn(bystander)).toBe(attempts);
    await bystander.page.getByText(`and replaced: reason ${attempts}`).waitFor();
    await bystander.leave();
  });
});
