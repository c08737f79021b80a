/* Takes the pictures of the README and of docs: a press of its own is started by its front door, with a chain of its own, sold from, drawn, given
   proofs and records, and looked at. By hand: see test/README.md. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Browser, type BrowserContextOptions, chromium, type Locator } from "playwright-core";
import { freePort } from "../../db/freePort.ts";
import { readWalletKey } from "../../worker/chain/wallet.ts";
import { RegtestNode } from "../chain/regtestNode.ts";
import { type HostingService, startHostingService } from "../worker/hostingService.ts";
import { CHROMIUM_ARGUMENTS } from "./chromiumArguments.ts";
import { Visitor } from "./visitor.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "docs/screenshots");
/** Wide enough for what is shown, and no wider: a picture in a README is no wider than about 900 pixels. */
const DESK = { width: 1_000, height: 720 };
/** Whoever clones the repository has them all. */
const BYTES_MAX = 150_000;
const PHONE = { width: 360, height: 720 };
const SLUG = "midsummer-raffle";

/** An embedded press on a free port, with nothing in it but what a first start puts there. */
async function startPress(home: string, outside: NodeJS.ProcessEnv): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const press = spawn(process.execPath, [join(ROOT, "press.ts"), "start"], {
    env: { ...process.env, ...outside, GOLDEN_PRESS_HOME: home, PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(press, "exit");
  let isRunning = false;
  for await (const line of createInterface({ input: press.stdout })) {
    isRunning = line.startsWith("The press is running.");
    if (isRunning) break;
  }
  if (!isRunning) throw new Error("The press did not start; what it said is above.");
  press.stdout.resume();
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      press.kill("SIGINT");
      await ended;
    },
  };
}

/** What the page of a signed-in visitor asks the press. */
async function order(visitor: Visitor, query: string): Promise<void> {
  const answer = await visitor.page.evaluate(async (text) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query: text }) });
    return (await response.json()) as { errors?: unknown };
  }, query);
  if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
}

/** Takes a picture of what is in view or, if there is a part, of that alone. */
async function picture({ page }: Visitor, name: string, part?: Locator): Promise<void> {
  // What moves has come to rest, and neither focus nor mouse shows anywhere.
  await page.mouse.move(0, 0);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  const path = join(FOLDER, `${name}.png`);
  await (part ?? page).screenshot({ path, animations: "disabled" });
  const { size } = await stat(path);
  if (size > BYTES_MAX) throw new Error(`${path} has ${size} bytes, and may have ${BYTES_MAX}.`);
  console.log(`docs/screenshots/${name}.png, ${size} bytes`);
}

/** Proves on the page of a signed-in visitor that a repository is theirs, and waits for what comes of it. */
async function prove({ page }: Visitor, hosting: HostingService, name: string, repository: object): Promise<void> {
  const decided = page.getByTestId("attestation").filter({ hasNotText: "being checked" });
  const before = await decided.count();
  await page.getByRole("button", { name: "Begin" }).click();
  hosting.put(name, { file: (await page.getByTestId("nonce").textContent()) ?? "", ...repository });
  await page.getByLabel("Then name the repository").fill(name);
  await page.getByRole("button", { name: "Submit it" }).click();
  await decided.nth(before).waitFor();
}

/** What somebody sees who has proved one account, and now tries another one that is new. */
async function takeProofs(visitor: Visitor, hosting: HostingService): Promise<void> {
  const { page } = visitor;
  await page.emulateMedia({ media: "screen" });
  await visitor.open("/you");
  await prove(visitor, hosting, "alice/keys", { accountId: 1 });
  // The worker signs the list of what was revoked after the credential.
  while ((await page.getByText("it was not revoked.").count()) === 0) {
    await visitor.open("/you");
    await page.getByTestId("verdict-repository").waitFor();
  }
  const createdAt = new Date(Date.now() - 5 * 86_400_000).toISOString();
  await prove(visitor, hosting, "alice-again/new", {
    accountId: 2,
    accountCreatedAt: createdAt,
    createdAt,
    sizeKb: 12,
  });
  await page.getByTestId("violation-address_checked_too_often").waitFor();
  // What follows are the ways to prove more, at a service that is there for the picture alone.
  await page.locator("main .columns").evaluate((element) => element.style.setProperty("display", "none"));
  await page.setViewportSize({ width: 750, height: DESK.height });
  await page.evaluate(() => document.documentElement.style.setProperty("zoom", "0.75"));
  await picture(visitor, "you", page.getByRole("main"));
}

/** Pays the press one coin, which its worker splits, and waits until there are many. */
async function payForRecords(operator: Visitor, node: RegtestNode, walletScript: string): Promise<void> {
  for (const { txid, outputIndex, satoshis } of await node.fund(walletScript, 1_000_000)) {
    await order(
      operator,
      `mutation { fundPool(input: { txid: "${txid}", outputIndex: "${outputIndex}", satoshis: "${satoshis}", walletScript: "${walletScript}" }) { clientMutationId } }`,
    );
  }
}

/** What somebody sees of whose records two are in blocks, and one is on its way. */
async function takePublications(visitor: Visitor, node: RegtestNode): Promise<void> {
  const { page } = visitor;
  await visitor.signIn("petra", { from: "/publications" });
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Make a key, and keep its file" }).click(),
  ]);
  await file.delete();
  await page.getByTestId("key").getByText("Registered on").waitFor();
  const publications = page.getByTestId("publication");
  for (const [count, harvest] of ["first", "second", "third"].entries()) {
    await page.getByLabel("The record, a JSON object").fill(`{"what": "the ${harvest} harvest"}`);
    await page.getByRole("button", { name: "Sign and submit" }).click();
    await publications.nth(count).waitFor();
    await publications.first().getByText("in no block yet").waitFor();
    if (harvest === "third") break;
    await node.mine(2);
    await publications.first().getByText("2 confirmations").waitFor();
  }
  await page.evaluate(() => document.documentElement.style.setProperty("zoom", "0.75"));
  await picture(visitor, "publications", page.getByRole("main"));
}

async function takeAll(
  browser: Browser,
  url: string,
  { hosting, node, home }: { hosting: HostingService; node: RegtestNode; home: string },
): Promise<void> {
  const arrive = (options: BrowserContextOptions = {}) =>
    Visitor.arrive(browser, url, { viewport: DESK, deviceScaleFactor: 1, reducedMotion: "reduce", ...options });
  const olga = await arrive();
  await olga.signIn("olga", { isOperator: true });
  await olga.open("/operator");
  const { page } = olga;
  await page.getByLabel("Title").fill("The midsummer raffle");
  await page.getByLabel("Slug").fill(SLUG);
  await page.getByLabel("Tickets", { exact: true }).fill("100");
  await page.getByLabel("For one person, at most").fill("2");
  await page.getByRole("radio", { name: /^Sealed secret/ }).check();
  await page.getByRole("button", { name: "Prepare the edition" }).click();
  await page.getByRole("heading", { name: "The midsummer raffle" }).waitFor();
  // The worker commits to a secret within a moment, and until then opening is refused.
  await olga.ask("Open the edition", SLUG);
  const dialog = page.getByRole("dialog");
  while ((await dialog.count()) > 0) {
    await dialog
      .getByRole("button", { name: "Open the edition" })
      .click({ timeout: 1_000 })
      .catch(() => undefined);
  }
  for (let buyer = 1; buyer <= 20; buyer += 1) {
    await order(
      olga,
      `mutation { issueTickets(input: { editionSlug: "${SLUG}", quantity: 2, recipient: "guest ${buyer}" }) { tickets { rowId } } }`,
    );
  }

  const alice = await arrive();
  await alice.signIn("alice", { from: `/editions/${SLUG}` });
  await alice.page.getByRole("button", { name: "Take a ticket" }).click();
  await alice.page.getByText("Ticket 41 is yours.").first().waitFor();
  await alice.page.getByText("You have 1, and may still take 1.").waitFor();
  await picture(alice, "edition");
  await alice.page.getByRole("link", { name: "See ticket 41" }).click();
  await alice.page.getByText("The public ledger has it").waitFor();
  // As it is printed, somewhat smaller: its colours run into each other, which makes a large file.
  await alice.page.emulateMedia({ media: "print" });
  await alice.page.evaluate(() => document.documentElement.style.setProperty("zoom", "0.7"));
  await picture(alice, "ticket", alice.page.locator(".printed"));
  const envelope = await alice.page.evaluate(async (slug) => {
    const query = `{ currentHolder { tickets(filter: { ticketNumber: { equalTo: 41 } }) { nodes { envelope edition { slug } } } } }`;
    const headers = { "content-type": "application/json" };
    const response = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query }) });
    const { data } = await response.json();
    return data.currentHolder.tickets.nodes.find((one: { edition: { slug: string } }) => one.edition.slug === slug)
      .envelope as string;
  }, SLUG);

  await takeProofs(alice, hosting);

  await payForRecords(olga, node, (await readWalletKey(join(home, "wallet-key"))).script);
  await takePublications(await arrive({ viewport: { width: 750, height: DESK.height }, acceptDownloads: true }), node);

  const phone = await arrive({ viewport: PHONE, isMobile: true, hasTouch: true });
  await phone.signIn("alice", { from: `/editions/${SLUG}` });
  await phone.page.getByText("You have 1, and may still take 1.").waitFor();
  await picture(phone, "phone");

  await olga.open("/operator/gate");
  await page.getByLabel("Ticket").fill(envelope);
  await page.getByLabel("Ticket").press("Enter");
  await page.getByRole("button", { name: "Redeem and let in" }).waitFor();
  await picture(olga, "gate");
  await olga.open(`/operator/editions/${SLUG}`);
  await page.locator("td.subject").first().waitFor();
  await picture(olga, "operator");
  await olga.act("Draw the winner", SLUG);

  for (const colorScheme of ["light", "dark"] as const) {
    const bystander = await arrive({ colorScheme });
    await bystander.open(`/editions/${SLUG}`);
    await bystander.page.getByTestId("winner").waitFor();
    await bystander.page.getByRole("button", { name: "Compute the draw again, here" }).click();
    await bystander.page.getByRole("article", { name: "Computed by the press" }).waitFor();
    if (colorScheme === "light") {
      await picture(bystander, "draw", bystander.page.getByRole("region", { name: "The draw, step by step" }));
    } else {
      const draw = bystander.page.getByRole("region", { name: "The draw", exact: true });
      await draw.evaluate((element) => scrollTo(0, element.getBoundingClientRect().top + scrollY - 24));
      await picture(bystander, "dark");
    }
  }
}

const home = await mkdtemp(join(tmpdir(), "golden-press-screenshots-"));
// Where root takes the pictures, PostgreSQL runs as somebody else.
await chmod(home, 0o711);
await mkdir(FOLDER, { recursive: true });
const hosting = await startHostingService();
const node = await RegtestNode.start();
const press = await startPress(home, {
  REPOSITORY_API_URL: hosting.url,
  CHAIN_NODE_URL: node.url,
  CHAIN_NETWORK: "regtest",
  PUBLISH_WINDOW_SECONDS: "0",
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
  args: [...CHROMIUM_ARGUMENTS],
});
try {
  await takeAll(browser, press.url, { hosting, node, home });
} finally {
  await browser.close();
  await press.stop();
  await hosting.close();
  await node.stop();
  await rm(home, { recursive: true, force: true });
}
