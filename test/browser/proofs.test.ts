/* Proving who one is, as people do it: with a real provider, with a repository at a service that answers as GitHub does, and the real worker. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, vi } from "vitest";
import { testRequiring } from "../requirements.ts";
import { PressWithPages } from "./pressWithPages.ts";
import type { Visitor } from "./visitor.ts";

vi.setConfig({ testTimeout: 120_000 });

const DAY = 86_400_000;

let press: PressWithPages;
beforeAll(async () => {
  press = await PressWithPages.start();
  await allow(1_000_000);
});
afterAll(() => press?.stop());

/** How many proofs of one address count within an hour; everybody here has the same one. */
async function allow(checksPerHour: number): Promise<void> {
  await press.database.pool("operator").query("select press.set_rules(null, null, null, $1)", [checksPerHour]);
}

let accounts = 0;

/** Follows the steps of the page: a repository has the line, and is named as it was entered. */
async function proveRepository(page: Page, name: string, repository: object = {}, entered = name): Promise<void> {
  accounts += 1;
  await page.getByRole("button", { name: "Begin" }).click();
  const file = `# of the press\n${await page.getByTestId("nonce").textContent()}\n`;
  press.hosting.put(name, { accountId: 900_000 + accounts, file, ...repository });
  await page.getByLabel("Then name the repository").fill(entered);
  await page.getByRole("button", { name: "Submit it" }).click();
}

async function arrive(name: string, path = "/you"): Promise<Visitor> {
  const visitor = await press.visit({ acceptDownloads: true });
  await visitor.signIn(name, { from: path });
  return visitor;
}

const trustLevel = (page: Page) => page.getByTestId("trust-level").textContent();
const violations = (page: Page) => page.getByTestId("attestation").first().locator("[data-testid^=violation-]");

async function leave(visitor: Visitor): Promise<void> {
  expect(visitor.complaints).toEqual([]);
  await visitor.leave();
}

/** How often somebody's evidence was taken. */
async function attestationCount(subject: string): Promise<number> {
  const text = "select from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = $1";
  return (await press.database.pool("operator").query(text, [subject])).rowCount ?? 0;
}

describe("with a repository", () => {
  testRequiring("chromium")(
    "somebody gets a credential, signed, on the page that they are on, and keeps it",
    async () => {
      const visitor = await arrive("rita");
      const { page } = visitor;
      await page.getByText("You have no credential yet.").waitFor();
      await page.getByText("It must be 30 days old and have 100 KB").waitFor();
      await page.getByText("only 1000000 proofs an hour count.").waitFor();
      await visitor.mark();
      await proveRepository(page, "Rita/keys", {}, "https://github.com/Rita/keys.git");
      await page.getByText("It is being checked.").waitFor();
      const credential = page.getByTestId("credential-repository");
      await credential.getByText("signed", { exact: true }).waitFor();
      expect(await trustLevel(page)).toBe("Your trust level is 2.");
      expect(await visitor.isStillMarked()).toBe(true);
      const [saved] = await Promise.all([
        page.waitForEvent("download"),
        credential.getByRole("button", { name: "Download" }).click(),
      ]);
      const { rows } = await press.database
        .pool("operator")
        .query(
          "select c.document from press.credentials c join press.holders h on h.id = c.holder_id where h.subject = 'rita'",
        );
      expect(await readFile(await saved.path(), "utf8")).toBe(rows[0].document);
      expect(JSON.parse(rows[0].document)).toMatchObject({
        credentialSubject: { attestationKind: "repository", trustLevel: 2 },
      });
      await leave(visitor);
    },
  );

  testRequiring("chromium")(
    "everything that is wrong is said at once, with what was found and what to do",
    async () => {
      const visitor = await arrive("vera");
      const { page } = visitor;
      await allow(1);
      const young = { createdAt: new Date(Date.now() - 3 * DAY).toISOString(), sizeKb: 12 };
      await proveRepository(page, "vera/new", {
        ...young,
        accountCreatedAt: new Date(Date.now() - 5 * DAY).toISOString(),
      });
      await expect.poll(() => violations(page).count()).toBe(4);
      await expect.poll(() => violations(page).last().textContent()).toContain("Demanded: at most 1 within an hour.");
      const said = await violations(page).allTextContents();
      expect(said).toEqual([
        expect.stringMatching(
          /The repository is too young.*Found: made at .*Demanded: at least 30 days old.*take an older one/,
        ),
        expect.stringMatching(
          /The repository is too small.*Found: 12 KB. Demanded: at least 100 KB.*Take a larger one/,
        ),
        expect.stringMatching(
          /The account .* is too young.*Demanded: at least 90 days old.*Wait until it is old enough/,
        ),
        expect.stringMatching(/Too many attestations were submitted.*Submit it again after an hour/),
      ]);
      await allow(1_000_000);
      // Somebody who brings what is good after all is not held to the former.
      await proveRepository(page, "vera-of-old/r");
      await page.getByTestId("credential-repository").getByText("signed", { exact: true }).waitFor();
      await page.getByText("Why it was rejected").waitFor();
      await leave(visitor);
    },
  );

  testRequiring("chromium")(
    "a file with another line, or a repository that is not there, is said to be so",
    async () => {
      const visitor = await arrive("nora");
      const { page } = visitor;
      await proveRepository(page, "nora/other", { file: `${"0".repeat(64)}\n` });
      await expect.poll(() => violations(page).count()).toBeGreaterThan(0);
      expect(await page.getByTestId("attestation").first().textContent()).toContain("Begin again");
      // The line was used up by the decision; another one is given.
      await page.getByRole("button", { name: "Begin" }).click();
      await page.getByLabel("Then name the repository").fill("nora/nowhere");
      await page.getByRole("button", { name: "Submit it" }).click();
      await expect.poll(() => page.getByTestId("attestation").count()).toBe(2);
      await page.getByTestId("attestation").first().getByTestId("violation-evidence_invalid").waitFor();
      await page.getByRole("button", { name: "Begin" }).click();
      await page.getByLabel("Then name the repository").fill("no name at all");
      await page.getByRole("button", { name: "Submit it" }).click();
      await page.getByText("INVALID_INPUT").waitFor();
      expect(await attestationCount("nora")).toBe(2);
      await leave(visitor);
    },
  );

  testRequiring("chromium")("a lost answer, and pressing twice, is one attestation", async () => {
    const visitor = await arrive("lena");
    const { page } = visitor;
    let lost = 0;
    press.link.fateOf = (body) => {
      if (!body.includes("SubmitAttestation") || lost === 2) return "pass";
      lost += 1;
      return "lose answer";
    };
    accounts += 1;
    await page.getByRole("button", { name: "Begin" }).click();
    press.hosting.put("lena/r", {
      accountId: 900_000 + accounts,
      file: `${await page.getByTestId("nonce").textContent()}`,
    });
    await page.getByLabel("Then name the repository").fill("lena/r");
    await page.getByRole("button", { name: "Submit it" }).dblclick();
    await page.getByTestId("credential-repository").getByText("signed", { exact: true }).waitFor();
    press.link.fateOf = () => "pass";
    expect([lost, await attestationCount("lena")]).toEqual([2, 1]);
    await visitor.leave();
  });
});

describe("with a provider", () => {
  testRequiring("chromium")("somebody goes there, says who they are, comes back and has a credential", async () => {
    const visitor = await arrive("paul");
    const { page } = visitor;
    await page.getByRole("button", { name: /^Go on to 127\.0\.0\.1/ }).click();
    await page.getByLabel("Name").fill("paul@provider");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("What the provider has said is submitted.").waitFor();
    expect(page.url()).toBe(press.url("/you"));
    await page.getByTestId("credential-oidc").getByText("signed", { exact: true }).waitFor();
    expect(await trustLevel(page)).toBe("Your trust level is 1.");
    // The worker signs the list of what was revoked after the credential.
    const verdict = async () => {
      await page.goto(press.url("/you"));
      return page.getByTestId("verdict-oidc").textContent();
    };
    await expect.poll(verdict).toMatch(/^Verified in this browser: .*, and by the list of .* it was not revoked\.$/);
    const kept = await page.evaluate(() => [document.cookie, JSON.stringify({ ...localStorage, ...sessionStorage })]);
    expect(kept[0]).toBe("");
    expect(kept[1]).not.toMatch(/eyJ|provider/);
    expect((await page.context().cookies()).map(({ name }) => name)).not.toContain("golden_press_evidence");
    await page.reload();
    await page.goBack();
    await page.goto(press.url("/you?answered"));
    await page.getByText("began in another session").waitFor();
    expect(await attestationCount("paul")).toBe(1);
    await visitor.open("/ledger");
    await page.getByText("an attestation was decided").first().waitFor();
    await visitor.leave();
  });

  testRequiring("chromium")("the same account gives nobody else one, and says why", async () => {
    const visitor = await arrive("copycat");
    const { page } = visitor;
    await page.getByRole("button", { name: /^Go on to/ }).click();
    await page.getByLabel("Name").fill("paul@provider");
    await page.getByRole("button", { name: "Go on" }).click();
    await violations(page).getByText("This account has given a credential already.").waitFor();
    // Beside the rejection nothing speaks of success.
    expect(await page.locator(".notice").allTextContents()).toEqual([
      "What the provider has said is submitted. What comes of it is below.",
    ]);
    expect(await trustLevel(page)).toContain("is 0: nothing is known about you yet.");
    await leave(visitor);
  });

  testRequiring("chromium")("a no at the provider is told, and nothing is submitted", async () => {
    const visitor = await arrive("unsure");
    const { page } = visitor;
    await page.getByRole("button", { name: /^Go on to/ }).click();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("it answers: access_denied.").waitFor();
    expect(await attestationCount("unsure")).toBe(0);
    await visitor.leave();
  });

  testRequiring("chromium")("whoever signs in as somebody else meanwhile proves nothing for them", async () => {
    const visitor = await arrive("before");
    const { page } = visitor;
    await page.getByRole("button", { name: /^Go on to/ }).click();
    await page.getByLabel("Name").waitFor();
    const other = await page.context().newPage();
    await other.goto(press.url("/?sign-in"));
    await other.getByRole("button", { name: "Sign out" }).click();
    await other.getByLabel("Your name").fill("after");
    await other.getByRole("main").getByRole("button", { name: "Sign in" }).click();
    await other.getByRole("button", { name: "Sign out" }).waitFor();
    await page.getByLabel("Name").fill("before@provider");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("began in another session").waitFor();
    expect(await attestationCount("after")).toBe(0);
    await visitor.leave();
  });
});

describe("an edition that demands something", () => {
  testRequiring("chromium")("says on its card and its page what, and what is missing, until it is proved", async () => {
    await press.openEdition("for-makers", {
      title: "For makers",
      perHolderLimit: 1,
      requiredTrustLevel: 2,
      requiredKind: "repository",
    });
    const visitor = await arrive("maker", "/");
    const { page } = visitor;
    expect(await page.getByTestId("needs-for-makers").textContent()).toBe("trust level 2, proved with a repository");
    expect(await page.getByTestId("have-for-makers").textContent()).toBe("trust level 0, nothing proved");
    await page.getByRole("link", { name: "For makers" }).click();
    const missing = page.locator(".notice", { hasText: "for people of whom more is known" });
    await expect.poll(() => missing.getByRole("listitem").count()).toBe(2);
    expect(await page.getByRole("button", { name: "Take a ticket" }).count()).toBe(0);
    await missing.getByRole("link", { name: "Prove who you are" }).click();
    await page.getByRole("heading", { level: 1, name: "Prove who you are" }).waitFor();
    await proveRepository(page, "maker/r");
    await page.getByTestId("credential-repository").getByText("signed", { exact: true }).waitFor();
    await page.getByRole("link", { name: "Editions" }).click();
    await expect
      .poll(() => page.getByTestId("have-for-makers").textContent())
      .toBe("trust level 2, proved with a repository");
    await page.getByRole("link", { name: "For makers" }).click();
    await page.getByRole("button", { name: "Take a ticket" }).click();
    await page.getByText("Ticket 1 is yours.").first().waitFor();
    await leave(visitor);
  });

  testRequiring("chromium")("is made by an operator, who says so in the form", async () => {
    const visitor = await press.visit();
    await visitor.signIn("olga", { isOperator: true, from: "/operator" });
    const { page } = visitor;
    await page.getByLabel("Title").fill("For the proved");
    await page.getByLabel("Trust level, at least").fill("1");
    await page.getByLabel("Proved with").selectOption("an account of a provider");
    await page.getByRole("button", { name: "Prepare the edition" }).click();
    await page.getByRole("heading", { level: 1, name: "For the proved" }).waitFor();
    expect(await page.getByTestId("needs-for-the-proved").textContent()).toBe(
      "trust level 1, proved with an account of a provider",
    );
    await leave(visitor);
  });
});

describe("an operator", () => {
  testRequiring("chromium")(
    "sees what somebody has proved, revokes it, deactivates, reactivates and forgets them",
    async () => {
      const holder = await arrive("harriet");
      await proveRepository(holder.page, "harriet/r");
      await holder.page.getByTestId("credential-repository").getByText("signed", { exact: true }).waitFor();

      const visitor = await press.visit();
      await visitor.signIn("olga", { isOperator: true, from: "/operator" });
      const { page } = visitor;
      await page.getByRole("link", { name: "Holders" }).click();
      await page.getByLabel("Holder", { exact: true }).fill("harriet");
      await page.getByRole("button", { name: "Show" }).click();
      await page.getByText("1 holder").waitFor();
      await page.getByRole("link", { name: "harriet" }).click();
      await page.getByRole("heading", { level: 1, name: "harriet" }).waitFor();
      expect(await page.getByTestId("trust-level").textContent()).toBe("2");

      const dialog = page.getByRole("dialog");
      await page.getByRole("button", { name: "Revoke the credential of a repository …" }).click();
      await dialog.getByLabel("Why it is revoked").fill("sold to somebody");
      await dialog.getByLabel(/^Type/).fill("revoke");
      await dialog.getByRole("button", { name: "Revoke it" }).click();
      await page.getByRole("cell", { name: "revoked sold to somebody" }).waitFor();
      await expect.poll(() => page.getByTestId("trust-level").textContent()).toBe("0");
      await holder.page.reload();
      await holder.page.getByText("It was revoked on").waitFor();
      expect(await holder.page.getByTestId("credential-repository").textContent()).toContain("sold to somebody");

      await visitor.act("Deactivate", "deactivate", "many accounts");
      await page.getByText("many accounts").waitFor();
      await holder.page.reload();
      await holder.page.getByText("You have been deactivated").waitFor();
      await visitor.act("Reactivate", "reactivate");
      await page.getByText("many accounts").waitFor({ state: "detached" });

      // What stays is said before there is no way back.
      await page.getByRole("button", { name: "Forget …" }).click();
      await dialog.getByText("Their credentials, which name nobody, stay valid").waitFor();
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await visitor.act("Forget", "forget");
      await page.getByRole("heading", { level: 1, name: "Somebody who was forgotten" }).waitFor();
      await page.getByRole("link", { name: "Holders" }).first().click();
      await page.getByLabel("Holder", { exact: true }).fill("harriet");
      await page.getByRole("button", { name: "Show" }).click();
      await page.getByText("0 holders").waitFor();
      expect([...visitor.complaints, ...holder.complaints]).toEqual([]);
      await visitor.leave();
      await holder.leave();
    },
  );
});
