/* Texts that would run as scripts, in every field of the database that a person fills, on every page that shows it: none of them runs, and nothing
   is reported against the policy. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, vi } from "vitest";
import { Client } from "../chain/client.ts";
import { rounds, seed } from "../random.ts";
import { missingRequirement, testRequiring } from "../requirements.ts";
import { until } from "../worker/support.ts";
import { payloads } from "./payloads.ts";
import { type HeldTicket, PressWithPages, whenReady } from "./pressWithPages.ts";
import type { Visitor } from "./visitor.ts";

const COUNT = rounds(64, 2_000, 24);
/** What is shown one page load each, and not many on a page, is shown for so many. */
const SAMPLE = rounds(12, 300, 3);
const TIMEOUT_MILLISECONDS = rounds(120_000, 1_800_000);
const REASON_LENGTH_MAX = 500;
/** The page shows no more attempts at a draw than a page of the press has. */
const REPLACEMENTS_MAX = 80;
/** As many records as a page of them has. */
const RECORDS_MAX = 10;
vi.setConfig({ testTimeout: TIMEOUT_MILLISECONDS });

let press: PressWithPages;
let trap: Server;
/** What was asked of the trap. */
const caught: string[] = [];
let texts: string[] = [];
/** The same, several in a text: reasons are longer than titles. */
let reasons: string[] = [];
/** The tickets of the edition `held`: the text that each has for its holder's name and for the reason of its revocation. */
let tickets: readonly (HeldTicket & { readonly text: string })[] = [];

beforeAll(async () => {
  trap = createServer((request, response) => {
    caught.push(String(request.url));
    response.setHeader("access-control-allow-origin", "*").end();
  });
  trap.listen(0, "127.0.0.1");
  await once(trap, "listening");
  // What is put into the database here by force is no promise kept: whoever looked would stop the press for it.
  press = await PressWithPages.start({ watch: { pauseMilliseconds: 86_400_000 } });
  texts = payloads(COUNT, trapUrl());
  reasons = joined(texts);
  if (missingRequirement("chromium") === undefined) await fill();
}, TIMEOUT_MILLISECONDS);
afterAll(async () => {
  await press?.stop();
  trap?.closeAllConnections();
  trap?.close();
});

const trapUrl = () => `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
const sample = <Item>(items: readonly Item[]): readonly Item[] => items.slice(0, SAMPLE);

/** Puts as many of the texts as fit into each reason. */
function joined(parts: readonly string[]): string[] {
  const all: string[] = [];
  for (const part of parts) {
    const longer = `${all.at(-1) ?? ""} ${part}`;
    if (all.length > 0 && longer.length <= REASON_LENGTH_MAX) all[all.length - 1] = longer;
    else all.push(part);
  }
  return all;
}

/** Each text as the title of an edition with a ticket of one collector; as the name of a holder; and as the reason for which their ticket is revoked. */
async function fill(): Promise<void> {
  const operator = press.database.pool("operator");
  await operator.query(
    `select press.create_edition('titled-' || n, text, 2) from unnest($1::text[]) with ordinality t (text, n)`,
    [texts],
  );
  await operator.query(`select press.open_edition('titled-' || n) from generate_series(1, $1) n`, [COUNT]);
  await operator.query(
    `select press.issue_ticket('titled-' || n, recipient => 'collector') from generate_series(1, $1) n`,
    [COUNT],
  );
  await press.openEdition("held", { title: "Held", cap: COUNT });
  await operator.query(
    `select press.issue_ticket('held', recipient => text) from unnest($1::text[]) with ordinality t (text, n) order by n`,
    [texts],
  );
  const pending = "select from press.tickets where envelope is null limit 1";
  await until(async () => (await operator.query(pending)).rowCount === 0);
  const held = `select t.id, t.ticket_number as number, t.envelope, press.timechain_proof(t.id) as proof, h.subject as text
    from press.tickets t join press.holders h on h.id = t.holder_id join press.editions e on e.id = t.edition_id
    where e.slug = 'held' order by t.ticket_number`;
  tickets = (await whenReady(() => operator.query(held))).rows;
  expect(tickets.map(({ text }) => text).sort()).toEqual(texts.toSorted());
  await operator.query("select press.revoke_ticket(id, reason) from unnest($1::uuid[], $2::text[]) t (id, reason)", [
    tickets.map(({ id }) => id),
    tickets.map(({ text }) => text),
  ]);
  // A ledger that grows is read again while its pages are turned, so all of it is there before anybody looks.
  const recorded = `select (select count(*) from press.ledger_entries where type = 'ticket.revoked')::int as revoked,
    (select max(place) + 1 from press.ledger_entries) = (select max(tree_size) from press.checkpoints) as covered`;
  await until(async () => {
    const [state] = (await operator.query(recorded)).rows;
    return state.revoked === COUNT && state.covered;
  });
}

/** Somebody whose browser notes it when a text runs. */
async function visit(): Promise<Visitor> {
  const visitor = await press.visit();
  await visitor.page.addInitScript(() => {
    const runs: unknown[] = [];
    Object.assign(globalThis, { runs, taken: (which: unknown) => runs.push(which) });
  });
  return visitor;
}

const runsOn = (page: Page) => page.evaluate(() => (globalThis as unknown as { runs: unknown[] }).runs.length);

/** Nothing ran, nothing was asked of the trap, no browser complained, and the policy had nothing to keep from happening. */
async function expectNothingRan(visitor: Visitor): Promise<void> {
  // What ran late has run, and has been heard of, before the page has an answer to this.
  await visitor.page.evaluate(() => fetch("/healthz").then((answer) => answer.text()));
  // What a page asks as somebody who has just signed out is refused, which is no script.
  const complaints = visitor.complaints.filter((complaint) => !complaint.includes("status of 401"));
  expect([await runsOn(visitor.page), complaints, caught, await press.policyReportCount()], `seed ${seed}`).toEqual([
    0,
    [],
    [],
    0,
  ]);
}

/** The texts of all elements, as they are in the document and not as they are laid out. */
const textsOf = (page: Page, selector: string) => page.locator(selector).allTextContents();

/** Turns the pages of a list to its end, and returns what `read` says of each. */
async function leaf(page: Page, of: string, read: () => Promise<string[]>): Promise<string[]> {
  const further = page.getByRole("navigation", { name: `Pages of ${of}` }).getByRole("button", { name: "Further" });
  const all: string[] = await read();
  while ((await further.count()) > 0 && (await further.isEnabled())) {
    const before = JSON.stringify(await read());
    await further.click();
    // While the next page is on its way, there is nothing.
    let next: string[] = [];
    await expect
      .poll(async () => {
        next = await read();
        return next.length > 0 && JSON.stringify(next) !== before;
      })
      .toBe(true);
    all.push(...next);
  }
  return all;
}

describe("no script runs", () => {
  testRequiring("chromium")(
    "in titles: of all editions, of each, among a holder's tickets, and in the ledger",
    async () => {
      const visitor = await visit();
      const { page } = visitor;
      await visitor.open("/");
      await page.locator(".edition-card").first().waitFor();
      const more = page.getByRole("button", { name: "Earlier editions" });
      for (let sheets = 1; (await more.count()) > 0; sheets += 1) {
        await more.click();
        await expect.poll(() => page.locator(".cards").count()).toBe(sheets + 1);
      }
      const titles = await textsOf(page, ".edition-card h2");
      // Shown as they are, and not left out or mended.
      expect(titles.filter((title) => title !== "Held").sort()).toEqual(texts.toSorted());
      for (const [index, text] of sample(texts).entries()) {
        await visitor.follow(`/editions/titled-${index + 1}`);
        await expect.poll(() => page.locator("h1").textContent()).toBe(text);
        expect(await page.title()).toContain("Golden Press");
      }
      await visitor.open("/ledger");
      const ledger = page.getByRole("region", { name: "Entries" });
      await ledger.locator("summary").first().waitFor();
      const entries = await leaf(page, "entries", async () => {
        await ledger.locator("details").evaluateAll((all) => {
          for (const one of all as HTMLDetailsElement[]) one.open = true;
        });
        return ledger.locator(".entry-what").allTextContents();
      });
      expect(entries.filter((entry) => entry.startsWith("an edition opened: ")).length).toBeGreaterThanOrEqual(COUNT);
      await visitor.signIn("collector");
      await visitor.open("/tickets");
      await page.locator(".printed-list").first().waitFor();
      const older = page.getByRole("button", { name: "Earlier tickets" });
      for (let sheets = 1; (await older.count()) > 0; sheets += 1) {
        await older.click();
        await expect.poll(() => page.locator(".printed-list").count()).toBe(sheets + 1);
      }
      expect((await textsOf(page, ".printed-edition")).sort()).toEqual(texts.toSorted());
      await expectNothingRan(visitor);
      await visitor.leave();
    },
  );

  testRequiring("chromium")(
    "in names and in reasons: of an edition's holders, of each ticket, at the gate",
    async () => {
      const visitor = await visit();
      const { page } = visitor;
      await visitor.signIn("olga", { isOperator: true });
      await visitor.open("/operator/editions/held");
      await page.locator("td.subject").first().waitFor();
      const subjects = await leaf(page, "tickets", () => textsOf(page, "td.subject"));
      expect(subjects.sort()).toEqual(texts.toSorted());
      await visitor.open("/operator");
      await page.locator("tbody th").first().waitFor();
      expect((await leaf(page, "editions", () => textsOf(page, "tbody th"))).length).toBe(COUNT + 1);
      for (const { id, text } of tickets) {
        await visitor.follow(`/tickets/${id}`);
        await page.getByText("It was revoked on").waitFor();
        expect(await page.locator(".notice", { hasText: "It was revoked on" }).textContent()).toContain(text);
        expect(await page.locator(".printed-facts").textContent()).toContain(text);
      }
      await visitor.open("/operator/gate");
      for (const { envelope, text } of sample(tickets)) {
        await page.getByLabel("Ticket").fill(envelope);
        await page.getByLabel("Ticket").press("Enter");
        const guest = page.getByRole("region", { name: "The guest" });
        await guest.getByText("TICKET_REVOKED").waitFor();
        expect(await guest.textContent()).toContain(`: ${text}`);
        await guest.getByRole("button", { name: "Next guest" }).click();
        // And as if it were a ticket itself.
        await page.getByLabel("Ticket").fill(text);
        await page.getByLabel("Ticket").press("Enter");
        await guest.getByText("Not valid").waitFor();
        await guest.getByRole("button", { name: "Next guest" }).click();
      }
      await visitor.open("/verify");
      await page.getByText("Or paste the text").click();
      for (const { envelope, text } of sample(tickets)) {
        await page.getByLabel("Ticket", { exact: true }).fill(envelope);
        await expect.poll(() => page.getByRole("article", { name: "Verdict: signed" }).textContent()).toContain(text);
        await page.getByLabel("Proof").fill(text);
        await page.getByLabel("Ticket", { exact: true }).fill(text);
        await page.getByRole("heading", { name: "Not signed" }).waitFor();
      }
      await expectNothingRan(visitor);
      await visitor.leave();
    },
  );

  testRequiring("chromium")("in the name of whoever is signed in, of operators too", async () => {
    const visitor = await visit();
    const { page } = visitor;
    for (const [index, text] of sample(texts).entries()) {
      await visitor.open("/?sign-in");
      await page.getByLabel("Your name").fill(text);
      await page.getByLabel("as an operator").check();
      await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("button", { name: "Sign out" }).waitFor();
      expect(await page.locator(".who").textContent()).toContain(text);
      // The name of an operator is on what they do.
      if (index % 8 === 0) {
        await press.openEdition(`by-operator-${index}`);
        const issued = await page.evaluate(async (slug) => {
          const query = `mutation { issueTicket(input: { editionSlug: "${slug}", recipient: "guest" }) { ticket { rowId } } }`;
          const headers = { "content-type": "application/json" };
          const answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
          return (await answer.json()).data.issueTicket.ticket.rowId as string;
        }, `by-operator-${index}`);
        const { envelope } = await press.held(issued);
        await visitor.open("/operator/gate");
        await page.getByLabel("Ticket").fill(envelope);
        await page.getByLabel("Ticket").press("Enter");
        await page.getByRole("button", { name: "Redeem and let in" }).click();
        await page.getByText("Let in", { exact: true }).waitFor();
        await visitor.open(`/operator/editions/by-operator-${index}`);
        await expect.poll(() => page.locator("tbody").last().textContent()).toContain(text);
      }
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("link", { name: "Sign in", exact: true }).waitFor();
    }
    await expectNothingRan(visitor);
    await visitor.leave();
  });

  testRequiring("chromium")("in the reasons for which credentials are revoked and people deactivated", async () => {
    const operator = press.database.pool("operator");
    await operator.query("select press.set_rules(null, null, null, 1000000)");
    const people: { id: string; name: string; reason: string }[] = [];
    for (const [index, reason] of sample(reasons).entries()) {
      const name = texts[index] ?? "";
      const begun = await operator.query("select nonce from press.begin_attestation('repository', recipient => $1)", [
        name,
      ]);
      press.hosting.put(`person-${index}/r`, { accountId: index + 1, file: begun.rows[0].nonce });
      const submit =
        "select press.submit_attestation('repository', $2, recipient => $1, client_address => '192.0.2.1')";
      await operator.query(submit, [name, `person-${index}/r`]);
      const minted = `select c.id, h.id as holder from press.credentials c join press.holders h on h.id = c.holder_id
        where h.subject = $1 and c.status = 'signed'`;
      await until(async () => (await operator.query(minted, [name])).rowCount === 1);
      const [{ id, holder }] = (await operator.query(minted, [name])).rows;
      await operator.query("select press.revoke_credential($1, $2)", [id, reason]);
      await operator.query("select press.deactivate_holder($1, $2)", [holder, reason]);
      people.push({ id: holder, name, reason });
    }
    const visitor = await visit();
    const { page } = visitor;
    await visitor.signIn("olga", { isOperator: true });
    for (const { id, name, reason } of people) {
      await visitor.open(`/operator/holders/${id}`);
      await page.getByText("What was submitted").waitFor();
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(name);
      expect(await page.locator(".terms").textContent()).toContain(reason);
      expect(await page.locator("tbody").textContent()).toContain(reason);
    }
    await visitor.open("/operator/holders");
    await page.locator("tbody th").first().waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    for (const { name, reason } of people) {
      await visitor.signIn(name, { from: "/you" });
      await expect.poll(() => page.getByTestId("credential-repository").textContent()).toContain(reason);
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("link", { name: "Sign in", exact: true }).first().waitFor();
    }
    await expectNothingRan(visitor);
    await visitor.leave();
  });

  testRequiring("chromium")("in records, and the reasons for which keys are revoked", async () => {
    const operator = press.database.pool("operator");
    const records: { payload: string; reason: string }[] = [];
    for (const reason of reasons.slice(0, RECORDS_MAX)) {
      const client = new Client();
      await client.register(operator, "publisher");
      const record = client.record({ reason });
      await client.submit(operator, [record]);
      await operator.query("select press.revoke_public_key($1, $2)", [client.publicKey, reason]);
      records.push({ payload: record.payload, reason });
    }
    const visitor = await visit();
    const { page } = visitor;
    await visitor.signIn("publisher", { from: "/publications" });
    await page
      .getByTestId("publication")
      .nth(records.length - 1)
      .waitFor();
    for (const summary of await page.locator("summary").all()) await summary.click();
    const [shown, keys] = [page.getByTestId("publication"), page.getByTestId("key")];
    const [payloadsShown, reasonsShown] = [await shown.allTextContents(), await keys.allTextContents()];
    for (const { payload, reason } of records) {
      expect(payloadsShown.some((text) => text.includes(payload))).toBe(true);
      expect(reasonsShown.some((text) => text.includes(reason))).toBe(true);
    }
    await expectNothingRan(visitor);
    await visitor.leave();
  });

  testRequiring("chromium")("in the reasons of replacements, and of draws that were given up", async () => {
    const operator = press.database.pool("operator");
    const groups = Array.from({ length: Math.ceil(reasons.length / REPLACEMENTS_MAX) }, (_, index) =>
      reasons.slice(index * REPLACEMENTS_MAX, (index + 1) * REPLACEMENTS_MAX),
    );
    for (const [index, group] of groups.entries()) {
      const slug = `replaced-${index}`;
      await press.openEdition(slug, { title: "Replaced", cap: group.length + 1, drawMode: "random_int" });
      await operator.query("select press.issue_tickets($1, $2, recipient => 'collector')", [slug, group.length + 1]);
      await operator.query("select press.draw_winner($1)", [slug]);
      for (const reason of group) {
        await whenReady(() => operator.query("select press.replace_winner($1, $2)", [slug, reason]));
      }
    }
    // A draw may be given up when it has waited for a day: this one is a day old when it is made, and gone before a worker looks.
    for (const [index, reason] of reasons.entries()) {
      await press.openEdition(`void-${index}`, { title: "Void", drawMode: "random_int" });
      const owner = await press.database.pool("owner").connect();
      try {
        await owner.query("begin");
        await owner.query(
          `with closed as (update press.editions set status = 'closed', closed_at = clock_timestamp() where slug = $1 returning id)
           insert into press.draws (edition_id, attempt, status, reason, requested_at, entries_count, entries_hash, drawn_at)
           select id, 1, 'void', $2, clock_timestamp() - interval '25 hours', 0, repeat('0', 64), clock_timestamp() from closed`,
          [`void-${index}`, reason],
        );
        await owner.query("commit");
      } finally {
        owner.release();
      }
    }
    const visitor = await visit();
    const { page } = visitor;
    await visitor.open("/");
    for (const [index, group] of groups.entries()) {
      await visitor.follow(`/editions/replaced-${index}`);
      await expect.poll(async () => (await textsOf(page, ".replaced")).length).toBe(group.length);
      const shown = (await textsOf(page, ".replaced")).join("\n");
      for (const reason of group) expect(shown).toContain(reason);
    }
    for (const [index, reason] of reasons.entries()) {
      await visitor.follow(`/editions/void-${index}`);
      await expect.poll(() => page.locator(".draw-standing").textContent()).toContain(reason);
    }
    await expectNothingRan(visitor);
    await visitor.leave();
  });

  testRequiring("chromium")("in the reason for which the press is stopped or started", async () => {
    const visitor = await visit();
    const { page } = visitor;
    await visitor.signIn("olga", { isOperator: true });
    for (const reason of reasons) {
      await press.database.pool("owner").query("select press_private.set_press_state(true, $1, 'a test')", [reason]);
      await visitor.open("/operator");
      await expect.poll(() => page.locator(".stop-reason").textContent()).toContain(reason);
      await page.getByText("Start the press …").waitFor();
      await press.database.pool("operator").query("select press.start_press($1)", [reason]);
    }
    await expectNothingRan(visitor);
    await visitor.leave();
  });
});

describe("this would be seen", () => {
  testRequiring("chromium")(
    "because the texts run where they are taken for markup, and are reported where the policy holds",
    async () => {
      const policy = (await fetch(`${press.url("")}/editions/held`)).headers.get("content-security-policy") ?? "";
      const open = async (body: string, headers: Record<string, string>) => {
        const visitor = await visit();
        await visitor.page.route("**/control", (route) => route.fulfill({ contentType: "text/html", headers, body }));
        await visitor.page.goto(`${press.url("")}/control`);
        return visitor;
      };
      // As a page would have them that does not escape; without those that would take the whole page elsewhere.
      const markup = texts.filter((text) => !/refresh|base/i.test(text));
      const unguarded = await open("<title>control</title>", {});
      await unguarded.page.evaluate((all) => {
        for (const text of all) document.body.appendChild(document.createElement("div")).innerHTML = text;
      }, markup);
      await expect.poll(() => runsOn(unguarded.page)).toBeGreaterThan(0);
      await unguarded.leave();

      const before = await press.policyReportCount();
      caught.length = 0;
      const guarded = await open("<script>taken(1)</script>", { "content-security-policy": policy });
      await expect.poll(() => press.policyReportCount()).toBeGreaterThan(before);
      expect(await runsOn(guarded.page)).toBe(0);
      expect(guarded.complaints.join()).toContain("Content Security Policy");
      await guarded.leave();
    },
  );
});
