/* A whole press for a browser: a database, a gateway where people sign in by saying a name, a worker, and Chromium. */
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import type { GatewayOptions } from "../../gateway/server.ts";
import { startWorker, type Worker } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { chromiumPath } from "../requirements.ts";
import { makeKey, makeLedger, makeLog } from "../worker/support.ts";

/** A browser on a machine without a screen, which speaks to nobody but the press. */
const CHROMIUM_ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface BrowserPressOptions {
  readonly beaconUrls?: readonly string[];
  readonly gateway?: Partial<GatewayOptions>;
}

/** Chromium, where there is one. */
export async function launchChromium(): Promise<Browser | undefined> {
  const executablePath = chromiumPath();
  return executablePath === undefined ? undefined : chromium.launch({ executablePath, args: CHROMIUM_ARGS });
}

export class BrowserPress {
  readonly database: TestDatabase;
  readonly gateway: TestGateway;
  readonly #worker: Worker;
  readonly #browser: Browser | undefined;

  private constructor(database: TestDatabase, gateway: TestGateway, worker: Worker, browser: Browser | undefined) {
    this.database = database;
    this.gateway = gateway;
    this.#worker = worker;
    this.#browser = browser;
  }

  /** Starts all of it; without Chromium, for the tests that can do without. */
  static async start({ beaconUrls = [], gateway: options }: BrowserPressOptions = {}): Promise<BrowserPress> {
    const database = await createTestDatabase();
    const worker = await startWorker({
      databaseUrl: database.url("press_worker"),
      signingKey: makeKey(),
      ledger: makeLedger(),
      beaconUrls,
      log: makeLog(),
    });
    const gateway = await startTestGateway(database, { signIn: { kind: "trial" }, ...options });
    return new BrowserPress(database, gateway, worker, await launchChromium());
  }

  get url(): string {
    return this.gateway.url;
  }

  /** Visitors who know nothing of each other, as from different machines. */
  visit(options?: BrowserContextOptions): Promise<Visitor> {
    if (this.#browser === undefined) throw new Error("There is no Chromium here.");
    return Visitor.arrive(this.#browser, this.url, options);
  }

  /** How often browsers have reported something against the policy of the dashboard. */
  async policyReportCount(): Promise<number> {
    const metrics = await (await fetch(`${this.url}/metrics`)).text();
    return Number(/^golden_press_gateway_policy_reports (\d+)$/m.exec(metrics)?.[1]);
  }

  /** Makes an edition and opens it, by the front door of the database; a sealed one as soon as its secret is committed. */
  async openEdition(slug: string, { title = slug, cap = 5, perHolderLimit, drawMode = "none" }: NewEdition = {}) {
    const operator = this.database.pool("operator");
    const text = "select press.create_edition($1, $2, $3, $4, $5::press.draw_mode)";
    await operator.query(text, [slug, title, cap, perHolderLimit ?? null, drawMode]);
    await whenReady(() => operator.query("select press.open_edition($1)", [slug]));
  }

  /** Issues a ticket to somebody, and returns what its holder has of it, once the ledger has it. */
  async issue(slug: string, recipient: string): Promise<HeldTicket> {
    const operator = this.database.pool("operator");
    const issued = await operator.query("select id from press.issue_ticket($1, recipient => $2)", [slug, recipient]);
    return this.held(issued.rows[0].id as string);
  }

  /** A ticket with its proof, once the ledger has it. */
  async held(id: string): Promise<HeldTicket> {
    const text = `select id, ticket_number as number, envelope, press.timechain_proof(id) as proof from press.tickets where id = $1`;
    const { rows } = await whenReady(() => this.database.pool("operator").query<HeldTicket>(text, [id]));
    return rows[0] as HeldTicket;
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.gateway.close();
    await this.#worker.stop();
    await this.database.drop();
  }
}

interface NewEdition {
  readonly title?: string;
  readonly cap?: number;
  readonly perHolderLimit?: number;
  readonly drawMode?: "none" | "random_int" | "sealed";
}

/** A ticket as its holder keeps it. */
export interface HeldTicket {
  readonly id: string;
  readonly number: number;
  readonly envelope: string;
  readonly proof: string;
}

/** Tries again for as long as the press says that something has to come first: a signature, a place in the ledger, a secret. */
export async function whenReady<Result>(act: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!["PRNDR", "PRUNS"].includes((error as { code?: string }).code ?? "")) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Somebody with a browser of their own, and one page open in it. */
export class Visitor {
  readonly page: Page;
  /** What the browser complained of: errors and warnings of the console, exceptions, dialogs of the browser's own. */
  readonly complaints: string[] = [];
  readonly #url: string;

  private constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("dialog", (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  static async arrive(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
    // The time limit of the test is the one that counts, however busy the machine is.
    context.setDefaultTimeout(Number(process.env.DEV_T ?? 50_000));
    return new Visitor(await context.newPage(), url);
  }

  /** Loads a page of the dashboard, and waits for its heading. */
  async open(path: string): Promise<void> {
    await this.page.goto(`${this.#url}${path}`);
    await this.page.getByRole("heading", { level: 1 }).waitFor();
  }

  /** Goes to a page as a link does, without loading the document again. */
  async follow(path: string): Promise<void> {
    await this.page.evaluate((to) => {
      history.pushState(null, "", to);
      dispatchEvent(new PopStateEvent("popstate"));
    }, path);
  }

  /** Signs in under a name, as a person does. */
  async signIn(name: string, { isOperator = false, from = "/" } = {}): Promise<void> {
    const { page } = this;
    await this.open(`${from}?sign-in`);
    await page.getByLabel("Your name").fill(name);
    if (isOperator) await page.getByLabel("as an operator").check();
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
  }

  /** What an operator does with an edition, through the dialog that asks for its slug first. */
  async act(label: string, slug: string, reason?: string): Promise<void> {
    await this.ask(label, slug, reason);
    await this.page.getByRole("dialog").waitFor({ state: "detached" });
  }

  /** The same, without waiting for the dialog to close: it stays open where the press refuses. */
  async ask(label: string, slug: string, reason?: string): Promise<void> {
    await this.page.getByRole("button", { name: `${label} …` }).click();
    const dialog = this.page.getByRole("dialog");
    if (reason !== undefined) await dialog.getByLabel(/^Why/).fill(reason);
    await dialog.getByLabel(/^Type/).fill(slug);
    await dialog.getByRole("button", { name: label, exact: true }).click();
  }

  /** Marks the document, so that a test sees that it was not loaded again. */
  async mark(): Promise<void> {
    await this.page.evaluate(() => {
      (globalThis as { isMarked?: boolean }).isMarked = true;
    });
  }

  isStillMarked(): Promise<boolean> {
    return this.page.evaluate(() => (globalThis as { isMarked?: boolean }).isMarked === true);
  }

  /** Presses Tab until the focus is there, as somebody without a mouse does. */
  async tabTo(target: Locator): Promise<void> {
    const passed: string[] = [];
    await target.waitFor();
    for (let steps = 0; steps < 40; steps += 1) {
      if (await target.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press("Tab");
      passed.push(await this.page.evaluate(() => document.activeElement?.outerHTML.slice(0, 60) ?? ""));
    }
    throw new Error(`Tab does not lead there; it passes ${passed.join(" | ")}`);
  }

  leave(): Promise<void> {
    return this.page.context().close();
  }
}
