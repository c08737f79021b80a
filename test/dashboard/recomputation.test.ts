import { describe, expect, it } from "vitest";
import { recompute, type Step } from "../../gateway/dashboard/draws/recomputation.ts";
import { DrawLedger } from "../verifier/drawLedger.ts";

function drawsOf(leaves: readonly string[]) {
  const answer = recompute(leaves);
  if ("refusal" in answer) throw new Error(answer.refusal);
  return answer.draws;
}

const stepValue = (steps: readonly Step[], name: string) => steps.find((step) => step.name === name)?.value;

describe("the steps of a draw", () => {
  it.each(["sealed", "beacon"] as const)(
    "end with the winner that the ledger has, for replacements too: %s",
    (mode) => {
      const ledger = new DrawLedger(mode).issue(40).revoke(3).close().draw().replace().replace();
      const draws = drawsOf(ledger.leaves);
      expect(draws.map(({ verdict: { attempt, agrees } }) => [attempt, agrees])).toEqual([
        [1, true],
        [2, true],
        [3, true],
      ]);
      for (const { verdict, steps } of draws) {
        expect(stepValue(steps, "Winner")).toBe(`ticket ${verdict.recorded}`);
        expect(stepValue(steps, "Entries")).toBe(String(40 - verdict.attempt));
      }
      const words = (stepValue(draws[0]?.steps ?? [], "Word") ?? stepValue(draws[0]?.steps ?? [], "Words") ?? "").split(
        ", ",
      );
      expect(stepValue(draws[0]?.steps ?? [], "Index")).toBe(String(BigInt(words.at(-1) ?? "") % 39n));
    },
  );

  it("of random_int end with what was drawn from, because there is nothing to compute", () => {
    const [draw] = drawsOf(new DrawLedger("random_int").issue(5).close().draw().leaves);
    expect(draw?.verdict.message).toContain("not recomputable");
    expect(draw?.steps.map(({ name }) => name)).toEqual(["Entries", "Their hash"]);
  });

  it("are none before there is a draw", () => {
    expect(drawsOf(new DrawLedger("sealed").issue(5).close().leaves)).toEqual([]);
  });
});

it("entries that are not whole are refused with a sentence", () => {
  const { leaves } = new DrawLedger("sealed").issue(5).close().draw();
  expect(recompute(leaves.slice(1))).toEqual({ refusal: expect.stringMatching(/\.$/) });
});
