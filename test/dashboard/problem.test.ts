import { CombinedError } from "urql";
import { describe, expect, it } from "vitest";
import { problemOf, SENTENCES, sentenceOf } from "../../gateway/dashboard/press/problem.ts";
import { refusals, transportCodes } from "../../gateway/refusals.ts";

const errorOf = (message: string, extensions: Record<string, unknown>) =>
  new CombinedError({ graphQLErrors: [{ message, extensions }] });

describe("the sentences", () => {
  const codes = [...refusals.map(({ name }) => name), ...Object.keys(transportCodes)];

  it("are there for every refusal, every answer of the gateway, and what the verifier and the page alone say", () => {
    expect(Object.keys(SENTENCES).toSorted()).toEqual([...codes, "KEY_REVOKED", "UNREACHABLE"].toSorted());
  });

  it("are sentences", () => {
    for (const sentence of Object.values(SENTENCES)) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  it("say something of a name that nobody knows yet", () => {
    expect(sentenceOf("SOMETHING_NEW")).toBe("The press refuses this.");
    expect(sentenceOf("constructor")).toBe("The press refuses this.");
  });
});

describe("a problem", () => {
  it("is what the press said, without the name that stands before it", () => {
    const extensions = { code: "CAP_REACHED", retryable: false, detail: "2 are left.", hint: "Ask for 2." };
    expect(problemOf(errorOf("CAP_REACHED: There are not so many tickets left.", extensions))).toEqual({
      code: "CAP_REACHED",
      sentence: "There are not so many tickets left.",
      detail: "2 are left.",
      hint: "Ask for 2.",
      isRetryable: false,
      errorId: undefined,
    });
  });

  it("of which only the name is said has our sentence", () => {
    expect(problemOf(errorOf("", { code: "TICKET_REVOKED" })).sentence).toBe(SENTENCES.TICKET_REVOKED);
  });

  it("that may pass is to be tried again, and so is an answer that did not arrive", () => {
    expect(problemOf(errorOf("LOCK_TIMEOUT: Busy.", { code: "LOCK_TIMEOUT", retryable: true })).isRetryable).toBe(true);
    const lost = problemOf(new CombinedError({ networkError: new TypeError("Failed to fetch") }));
    expect([lost.code, lost.isRetryable]).toEqual(["UNREACHABLE", true]);
  });

  it("without a code is a fault", () => {
    expect(problemOf(errorOf("Boom.", {}))).toMatchObject({ code: "INTERNAL_ERROR", isRetryable: false });
  });
});
