/* Somebody who visits the dashboard, and what a person does there. */
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";

/** The time limit of the test is the one that counts, however busy the machine is. */
export const WAIT_MILLISECONDS = 50_000;

/** Goes to a page as a link does, without loading the document again. */
export async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
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
      void dialog.dismiss().catch(() => undefined); // The page may have gone meanwhile.
    });
  }

  static async arrive(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
    const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
    context.setDefaultTimeout(WAIT_MILLISECONDS);
    return new Visitor(await context.newPage(), url);
  }

  /** Loads a page of the dashboard, and waits for its heading. */
  async open(path: string): Promise<void> {
    await this.page.goto(`${this.#url}${path}`);
    await this.page.getByRole("heading", { level: 1 }).waitFor();
  }

  follow(path: string): Promise<void> {
    return follow(this.page, path);
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
