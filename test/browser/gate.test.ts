/* The gate: one guest after the other, in a real browser. */
import { afterAll, beforeAll, describe, expect } from "vitest";
import { testRequiring } from "../requirements.ts";
import { PressWithPages } from "./pressWithPages.ts";
import type { Visitor } from "./visitor.ts";

let press: PressWithPages;
beforeAll(async () => {
  press = await PressWithPages.start();
  await press.openEdition("concert", { title: "The concert", cap: 10 });
});
afterAll(() => press?.stop());

/** Shows an envelope to the gate, as a scanner that types does: the text, and Enter. */
async function show({ page }: Visitor, envelope: string): Promise<void> {
  await page.getByLabel("Ticket").fill(envelope);
  await page.getByLabel("Ticket").press("Enter");
}

describe("the gate", () => {
  testRequiring("chromium")("lets a guest in once, and says why not to the next with the same ticket", async () => {
    const ticket = await press.issue("concert", "anna");
    const [anna, oscar] = [await press.visit(), await press.visit()];
    await anna.signIn("anna", { from: `/tickets/${ticket.id}` });
    await anna.mark();
    await oscar.signIn("oscar", { isOperator: true, from: "/operator/gate" });
    const guest = oscar.page.getByRole("region", { name: "The guest" });
    await show(oscar, ticket.envelope);
    await guest.getByText("Good", { exact: true }).waitFor();
    await guest.getByText("Ticket 1 of 10, The concert, of anna").waitFor();
    // Looking at it does not use it up; the button that does has the focus.
    expect(await anna.page.getByRole("button", { name: "Redeem …" }).count()).toBe(1);
    await oscar.page.keyboard.press("Enter");
    await guest.getByText("Let in", { exact: true }).waitFor();
    await anna.page.getByText("It was redeemed on").waitFor();
    expect(await anna.isStillMarked()).toBe(true);

    await oscar.page.keyboard.press("Alt+n");
    await show(oscar, ticket.envelope);
    await guest.getByText("Not valid", { exact: true }).waitFor();
    await guest.getByText("This ticket was used already.").waitFor();
    await guest.getByText("ALREADY_REDEEMED").waitFor();
    await guest.getByText("by operator:oscar.").waitFor();
    expect([...anna.complaints, ...oscar.complaints]).toEqual([]);
    await Promise.all([anna.leave(), oscar.leave()]);
  });

  testRequiring("chromium")(
    "says that nothing is known where nothing is, and finds out what it did itself",
    async () => {
      const ticket = await press.issue("concert", "emma");
      const oscar = await press.visit();
      await oscar.signIn("oscar", { isOperator: true, from: "/operator/gate" });
      const guest = oscar.page.getByRole("region", { name: "The guest" });
      const again = guest.getByRole("button", { name: "Try again" });

      // The press cannot even be asked of the ticket.
      press.link.fateOf = (body) => (body.includes("query VerifyTicket") ? "lose answer" : "pass");
      await show(oscar, ticket.envelope);
      await guest.getByText("Not known, try again").waitFor();
      expect(await guest.getByText("Not valid").count()).toBe(0);
      press.link.fateOf = () => "pass";
      await again.click();
      await guest.getByText("Good", { exact: true }).waitFor();

      // It is redeemed, and every answer is lost.
      press.link.fateOf = (body) => (body.includes("mutation RedeemTicket") ? "lose answer" : "pass");
      await oscar.page.keyboard.press("Enter");
      await guest.getByText("Not known, try again").waitFor();
      press.link.fateOf = () => "pass";
      await oscar.page.reload();
      await show(oscar, ticket.envelope);
      await guest.getByText("Let in", { exact: true }).waitFor();
      await guest.getByText("This gate had redeemed it already, once").waitFor();
      await guest.getByRole("button", { name: "Next guest" }).click();
      // Now that it is known, it is good for nobody else.
      await show(oscar, ticket.envelope);
      await guest.getByText("ALREADY_REDEEMED").waitFor();
      await oscar.leave();
    },
  );

  testRequiring("chromium")("names what is wrong with everything else that is shown to it", async () => {
    const ticket = await press.issue("concert", "bert");
    const revoked = await press.issue("concert", "cleo");
    await press.database.pool("operator").query("select press.revoke_ticket($1, 'sold twice')", [revoked.id]);
    const oscar = await press.visit();
    await oscar.signIn("oscar", { isOperator: true, from: "/operator/gate" });
    const guest = oscar.page.getByRole("region", { name: "The guest" });
    const { signature } = JSON.parse(ticket.envelope) as { signature: string };
    const shown: readonly (readonly [envelope: string, code: string, sentence: string])[] = [
      [
        ticket.envelope.replace('"bert"', '"dora"'),
        "SIGNATURE_INVALID",
        "The signature is wrong: this ticket was changed or forged.",
      ],
      [
        ticket.envelope.replace(signature, signature.toUpperCase()),
        "NOT_CANONICAL",
        "This is no ticket of the press, or not exactly as it was issued.",
      ],
      [
        ticket.envelope.replace(/"key_id":"[0-9a-f]{16}"/, '"key_id":"0123456789abcdef"'),
        "UNKNOWN_KEY",
        "The key that this ticket names never signed tickets of this press.",
      ],
      ["https://example.com/menu", "NOT_CANONICAL", "This is no ticket of the press, or not exactly as it was issued."],
      [revoked.envelope, "TICKET_REVOKED", "This ticket was revoked by an operator."],
    ];
    for (const [envelope, code, sentence] of shown) {
      await show(oscar, envelope);
      await guest.getByText(code, { exact: true }).waitFor();
      await guest.getByText(sentence).waitFor();
      await oscar.page.getByRole("button", { name: "Next guest" }).click();
      await guest.waitFor({ state: "detached" });
    }
    // And the good one is good all the same.
    await show(oscar, ticket.envelope);
    await guest.getByText("Good", { exact: true }).waitFor();
    expect(oscar.complaints).toEqual([]);
    await oscar.leave();
  });
});
