import { expect, test } from "vitest";
import { payloadProblem } from "../../worker/payload.ts";

const KEY_ID = "21fe31dfa154a261";
const TICKET = {
  edition: "golden-ticket",
  key_id: KEY_ID,
  recipient: 'charlie \u{1f3ab} \u2028 "\\',
  ticket_id: "0d0f8f3c-6c1f-4b5e-9a53-1f8f5d7b2c11",
  ticket_number: 1,
  timestamp: "2026-11-21T15:09:26.535Z",
  type: "golden-press/ticket/v1",
};
const text = JSON.stringify(TICKET);

test("a ticket of this key may be signed", () => {
  expect(payloadProblem(text, KEY_ID)).toBeUndefined();
});

test.each([
  ["bytes of somebody else", "pay bob 1000", "is not a JSON object"],
  ["nothing", "", "is not a JSON object"],
  ["null", "null", "is not a JSON object"],
  ["a list", "[]", "is not a JSON object"],
  ["a space more", text.replace(",", ", "), "is not canonical JSON (RFC 8785)"],
  ["a final line feed", `${text}\n`, "is not canonical JSON (RFC 8785)"],
  [
    "another order of members",
    JSON.stringify(Object.fromEntries(Object.entries(TICKET).reverse())),
    "is not canonical JSON (RFC 8785)",
  ],
  ["a member twice", text.replace("{", '{"edition":"raffle",'), "is not canonical JSON (RFC 8785)"],
  ["another escape", text.replace("charlie", "\\u0063harlie"), "is not canonical JSON (RFC 8785)"],
  ["a lone surrogate", text.replace("charlie", "\\ud800"), "is not canonical JSON (RFC 8785)"],
  ["a number that is not exact", text.replace(":1,", ":9007199254740993,"), "is not canonical JSON (RFC 8785)"],
  ["a member more", text.replace("}", ',"vip":true}'), "has a member that does not belong there"],
  [
    "a signature already",
    JSON.stringify({ ...TICKET, signature: "0".repeat(128) })
      .replace(/,"signature":"0+"/, "")
      .replace('"ticket_id"', `"signature":"${"0".repeat(128)}","ticket_id"`),
    "is signed already",
  ],
  ["a member less", text.replace('"edition":"golden-ticket",', ""), 'lacks the member "edition"'],
])("not signed: %s", (_name, payload, problem) => {
  expect(payloadProblem(payload, KEY_ID)).toBe(problem);
});

test.each([
  ["another type", { type: "golden-press/checkpoint/v1" }],
  ["a slug that is none", { edition: "Golden Ticket" }],
  ["number zero", { ticket_number: 0 }],
  ["a number as text", { ticket_number: "1" }],
  ["a day that does not exist", { timestamp: "2026-02-30T00:00:00.000Z" }],
  ["a time without milliseconds", { timestamp: "2026-11-21T15:09:26Z" }],
  ["no recipient", { recipient: "" }],
  ["an upper-case id", { ticket_id: TICKET.ticket_id.toUpperCase() }],
])("not signed: a ticket with %s", (_name, change) => {
  const [member] = Object.keys(change);
  expect(payloadProblem(JSON.stringify({ ...TICKET, ...change }), KEY_ID)).toMatch(
    `has a member "${member}" that is not`,
  );
});

test("not signed: a ticket of another key", () => {
  expect(payloadProblem(text, "0000000000000000")).toBe("names another key");
});
