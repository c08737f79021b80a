/* A whole press for tests with a browser: a database, a gateway with its dashboard, a worker, a way between them that can be cut, and Chromium. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { startWorker, type Worker } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { chromiumPath } from "../requirements.ts";
import { makeKey, makeLedger, makeLog } from "../worker/support.ts";
import { Link } from "./link.ts";

const CHROMIUM_ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A page that should not report a fault of its own. */
export interface Watched {
  readonly page: Page;
  /** What scripts threw, and what the policy of the page kept from happening. */
  readonly faults: readonly string[];
}

export class PressWithPages {
  readonly database: TestDatabase;
  readonly gateway: TestGateway;
  readonly worker: Worker;
  readonly link: Link;
  readonly browser: Browser;

  private constructor(parts: Pick<PressWithPages, "database" | "gateway" | "worker" | "link" | "browser">) {
    this.database = parts.database;
    this.gateway = parts.gateway;
    this.worker = parts.worker;
    this.link = parts.link;
    this.browser = parts.browser;
  }

  /** @param chromiumArguments more of them, such as those of a camera */
  static async start(chromiumArguments: readonly string[] = []): Promise<PressWithPages> {
    const database = await createTestDatabase();
    const worker = await startWorker({
      databaseUrl: database.url("press_worker"),
      signingKey: makeKey(),
      ledger: makeLedger(),
      batchSize: 500,
      leaseSeconds: 30,
      log: makeLog(),
    });
    const gateway = await startTestGateway(database, { signIn: { kind: "trial" } });
    const link = await Link.to(gateway.url);
    const browser = await chromium.launch({
      executablePath: chromiumPath(),
      args: [...CHROMIUM_ARGUMENTS, ...chromiumArguments],
    });
    return new PressWithPages({ database, gateway, worker, link, browser });
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.link.close();
    await this.gateway.close();
    await this.worker.stop();
    await this.database.drop();
  }

  /** Where the dashboard is for browsers. */
  url(path = "/"): string {
    return `${this.link.url}${path}`;
  }

  /** A browser of its own, with nothing remembered. */
  async openPage(options: BrowserContextOptions = {}): Promise<Watched> {
    const context = await this.browser.newContext(options);
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text());
    });
    return { page, faults };
  }

  /** A page on which somebody is signed in and looks at a path. */
  async openPageAs(name: string, path = "/", { isOperator = false } = {}): Promise<Watched> {
    const opened = await this.openPage();
    await this.signIn(opened.page, name, path, { isOperator });
    return opened;
  }

  /** Signs in as a person would, at the path where they are. */
  async signIn(page: Page, name: string, path = "/", { isOperator = false } = {}): Promise<void> {
    await page.goto(this.url(`${path}?sign-in`));
    await page.getByLabel("Your name").fill(name);
    if (isOperator) await page.getByLabel("as an operator").check();
    await page.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
  }
}
