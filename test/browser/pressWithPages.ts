/* A whole press for tests with a browser: a database, a gateway with its dashboard, a worker, a way between them that can be cut, and Chromium. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { GatewayOptions } from "../../gateway/server.ts";
import { publicIdentity } from "../../publicIdentity.ts";
import type { WatchOptions } from "../../worker/watch.ts";
import { startWorker, type Worker } from "../../worker/worker.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { FOR_EVIDENCE, TestProvider } from "../gateway/oidcProvider.ts";
import { startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { chromiumPath } from "../requirements.ts";
import { type HostingService, startHostingService } from "../worker/hostingService.ts";
import { makeKey, makeLedger, makeLog } from "../worker/support.ts";
import { CHROMIUM_ARGUMENTS } from "./chromiumArguments.ts";
import { Link } from "./link.ts";
import { Visitor, WAIT_MILLISECONDS } from "./visitor.ts";

/** A page that should not report a fault of its own. */
export interface Watched {
  readonly page: Page;
  /** What scripts threw, and what the policy of the page kept from happening. */
  readonly faults: readonly string[];
}

interface PagesOptions {
  /** More of them, such as those of a camera. */
  readonly chromiumArguments?: readonly string[];
  /** Where the worker fetches the rounds of beacons. */
  readonly beaconUrls?: readonly string[];
  readonly watch?: WatchOptions;
  readonly gateway?: Partial<GatewayOptions>;
}

interface NewEdition {
  readonly title?: string;
  readonly cap?: number;
  readonly perHolderLimit?: number;
  readonly drawMode?: "none" | "random_int" | "sealed";
  readonly requiredTrustLevel?: number;
  readonly requiredKind?: "oidc" | "repository";
}

/** A ticket as its holder keeps it. */
export interface HeldTicket {
  readonly id: string;
  readonly number: number;
  readonly envelope: string;
  readonly proof: string;
}

export class PressWithPages {
  readonly database: TestDatabase;
  readonly gateway: TestGateway;
  readonly worker: Worker;
  readonly link: Link;
  /** Where people have accounts, and repositories: what they prove who they are with. */
  readonly provider: TestProvider;
  readonly hosting: HostingService;
  readonly #browser: Browser | undefined;

  private constructor(
    parts: Pick<PressWithPages, "database" | "gateway" | "worker" | "link" | "provider" | "hosting">,
    browser: Browser | undefined,
  ) {
    this.database = parts.database;
    this.gateway = parts.gateway;
    this.worker = parts.worker;
    this.link = parts.link;
    this.provider = parts.provider;
    this.hosting = parts.hosting;
    this.#browser = browser;
  }

  /**
   * Starts all of it; where there is no Chromium, what can be had without.
   */
  static async start({
    chromiumArguments,
    beaconUrls,
    watch,
    gateway: more,
  }: PagesOptions = {}): Promise<PressWithPages> {
    const database = await createTestDatabase();
    // The provider must know where it sends people back to before there is a gateway.
    const link = await Link.to("http://127.0.0.1:9");
    const provider = await TestProvider.start(({ host }) => [`${link.url}/attest/callback/${host}`]);
    const hosting = await startHostingService();
    const { issuer } = provider;
    const worker = await startWorker({
      databaseUrl: database.url("press_worker"),
      signingKey: makeKey(),
      ledger: makeLedger(),
      batchSize: 500,
      leaseSeconds: 30,
      beaconUrls: beaconUrls ?? [],
      watch,
      attestations: {
        issuers: [{ issuer: issuer.origin, clientId: FOR_EVIDENCE.id }],
        repositories: { apiUrl: hosting.url },
        credentials: { key: makeKey(), issuer: publicIdentity({ publicUrl: link.url, host: "", port: 0 }) },
      },
      log: makeLog(),
    });
    const gateway = await startTestGateway(database, {
      signIn: { kind: "trial" },
      publicOrigin: link.url,
      evidence: { issuers: [{ issuer: issuer.origin, clientId: FOR_EVIDENCE.id }], publicUrl: new URL(link.url) },
      repositoryHost: "github.com",
      ...more,
    });
    link.leadTo(gateway.url);
    const parts = { database, gateway, worker, link, provider, hosting };
    return new PressWithPages(parts, await launchChromium(chromiumArguments));
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.link.close();
    await this.gateway.close();
    await this.worker.stop();
    this.provider.close();
    await this.hosting.close();
    await this.database.drop();
  }

  get browser(): Browser {
    if (this.#browser === undefined) throw new Error("There is no Chromium here.");
    return this.#browser;
  }

  /** Where the dashboard is for browsers. */
  url(path = "/"): string {
    return `${this.link.url}${path}`;
  }

  /** A browser of its own, with nothing remembered. */
  async openPage(options: BrowserContextOptions = {}): Promise<Watched> {
    const context = await this.browser.newContext(options);
    context.setDefaultTimeout(WAIT_MILLISECONDS);
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

  /** Somebody with a browser of their own, who knows nothing of the others. */
  visit(options?: BrowserContextOptions): Promise<Visitor> {
    return Visitor.arrive(this.browser, this.url(""), options);
  }

  /** How often browsers have reported something against the policy of the dashboard. */
  async policyReportCount(): Promise<number> {
    const metrics = await (await fetch(`${this.gateway.url}/metrics`)).text();
    return Number(/^golden_press_gateway_policy_reports (\d+)$/m.exec(metrics)?.[1]);
  }

  /** Makes an edition and opens it, by the front door of the database; a sealed one as soon as its secret is committed. */
  async openEdition(slug: string, edition: NewEdition = {}): Promise<void> {
    const { title = slug, cap = 5, perHolderLimit = null, drawMode = "none" } = edition;
    const { requiredTrustLevel = null, requiredKind = null } = edition;
    const operator = this.database.pool("operator");
    const text = `select press.create_edition($1, $2, $3, $4, $5::press.draw_mode,
      required_trust_level => $6, required_kind => $7::press.attestation_kind)`;
    await operator.query(text, [slug, title, cap, perHolderLimit, drawMode, requiredTrustLevel, requiredKind]);
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

/** Chromium, where there is one. */
async function launchChromium(more: readonly string[] = []): Promise<Browser | undefined> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) return undefined;
  return chromium.launch({ executablePath, args: [...CHROMIUM_ARGUMENTS, ...more] });
}
