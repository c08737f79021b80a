import { describe, expect, it } from "vitest";
import type { Problem } from "../../gateway/dashboard/press/problem.ts";
import { type Outcome, untilAnswered } from "../../gateway/dashboard/press/untilAnswered.ts";

const problem = (code: string, isRetryable: boolean): Outcome<never> => ({
  problem: { code, sentence: code, isRetryable },
});
const LOST = problem("UNREACHABLE", true);
const BUSY = problem("LOCK_TIMEOUT", true);
const SOLD_OUT = problem("CAP_REACHED", false);
const FAULT = problem("INTERNAL_ERROR", false);
const NOTHING = { value: null };
const TICKETS = { value: "tickets" };
const ENDED = problem("UNAUTHENTICATED", false);
const NOT_ALLOWED = problem("NOT_ALLOWED", false);
const settled = (outcome: Outcome<string>) => ({ ...outcome, isSettled: true });
const open = (outcome: Outcome<string>) => ({ ...outcome, isSettled: false });

/** Plays a press that gives these answers in turn, and notes what it was asked. */
async function play(
  answers: { send: Outcome<string>[]; look?: Outcome<string | null>[] },
  { mayBeSent = false, giveUpAfter = 99, attemptsMax = 99 } = {},
) {
  const asked: string[] = [];
  const problems: Problem[] = [];
  const controller = new AbortController();
  const next = <Answer>(name: string, list: Answer[] | undefined): Promise<Answer> => {
    asked.push(name);
    const answer = list?.shift();
    if (answer === undefined) throw new Error(`Nobody should ask to ${name} any more.`);
    return Promise.resolve(answer);
  };
  const outcome = await untilAnswered<string>({
    send: () => next("send", answers.send),
    ...(answers.look === undefined ? null : { look: () => next("look", answers.look) }),
    mayBeSent,
    attemptsMax,
    pause: async (attempt) => {
      if (attempt >= giveUpAfter) controller.abort();
    },
    onRetry: (problem) => problems.push(problem),
    signal: controller.signal,
  });
  return { outcome, asked, problems: problems.map(({ code }) => code) };
}

describe("a request", () => {
  it("that is answered is sent once", async () => {
    expect(await play({ send: [TICKETS], look: [] })).toEqual({
      outcome: settled(TICKETS),
      asked: ["send"],
      problems: [],
    });
  });

  it("that is refused is not sent again", async () => {
    expect(await play({ send: [SOLD_OUT], look: [] })).toEqual({
      outcome: settled(SOLD_OUT),
      asked: ["send"],
      problems: [],
    });
  });

  it("whose answer was lost is looked for, and found without being sent again", async () => {
    const { outcome, asked } = await play({ send: [LOST], look: [TICKETS] });
    expect([outcome, asked]).toEqual([settled(TICKETS), ["send", "look"]]);
  });

  it("that did not arrive is looked for and sent again, as often as it takes", async () => {
    const { outcome, asked, problems } = await play({ send: [LOST, BUSY, TICKETS], look: [NOTHING, NOTHING] });
    expect([outcome, asked]).toEqual([settled(TICKETS), ["send", "look", "send", "look", "send"]]);
    expect(problems).toEqual(["UNREACHABLE", "LOCK_TIMEOUT"]);
  });

  it("is not sent again while nobody can even be asked what became of it", async () => {
    const { outcome, asked } = await play({ send: [LOST], look: [LOST, LOST, TICKETS] });
    expect([outcome, asked]).toEqual([settled(TICKETS), ["send", "look", "look", "look"]]);
  });

  it("that was begun before a reload is looked for first", async () => {
    const { asked } = await play({ send: [TICKETS], look: [NOTHING] }, { mayBeSent: true });
    expect(asked).toEqual(["look", "send"]);
  });

  it("that met a fault is looked for, because a fault does not say that nothing was done", async () => {
    expect((await play({ send: [FAULT], look: [TICKETS] })).outcome).toEqual(settled(TICKETS));
  });

  it("that meets nothing but faults is left open after a few of them", async () => {
    const { outcome, asked } = await play({
      send: [FAULT, FAULT, FAULT, FAULT],
      look: [NOTHING, NOTHING, NOTHING],
    });
    expect(outcome).toEqual(open(FAULT));
    expect(asked.filter((name) => name === "send")).toHaveLength(4);
  });

  it("is left open by a problem with looking for it, whatever the problem is", async () => {
    for (const trouble of [ENDED, NOT_ALLOWED]) {
      expect((await play({ send: [LOST], look: [trouble] })).outcome).toEqual(open(trouble));
    }
  });

  it("of somebody who is signed out is left open", async () => {
    expect((await play({ send: [ENDED] })).outcome).toEqual(open(ENDED));
  });

  it("is left open when it was tried often enough", async () => {
    expect((await play({ send: [LOST, BUSY] }, { attemptsMax: 2 })).outcome).toEqual(open(BUSY));
  });

  it("without a way to look for it is sent again under its key", async () => {
    expect((await play({ send: [LOST, TICKETS] })).asked).toEqual(["send", "send"]);
    expect((await play({ send: [FAULT, TICKETS] })).outcome).toEqual(settled(TICKETS));
  });

  it("is not sent when whoever wanted it went while it was looked for", async () => {
    const controller = new AbortController();
    const outcome = await untilAnswered<string>({
      send: () => Promise.reject(new Error("Nobody should send it any more.")),
      look: async () => {
        controller.abort();
        return { value: null };
      },
      mayBeSent: true,
      pause: () => Promise.resolve(),
      onRetry: () => undefined,
      signal: controller.signal,
    });
    expect(outcome).toBeNull();
  });

  it("that nobody waits for any more is given up without an outcome", async () => {
    expect((await play({ send: [LOST, LOST], look: [NOTHING, NOTHING] }, { giveUpAfter: 2 })).outcome).toBeNull();
  });
});
