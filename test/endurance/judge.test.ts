/* That the judge sees what it is for: a history in which everything is as promised, doctored in one place each, and each is named. */
import { describe, expect, test } from "vitest";
import type { EditionFact, Effect, Facts, Finding, Operation, Replay } from "./history.ts";
import { issueEffect, judge } from "./judge.ts";

const EDITION = "golden-ticket";

function operation(key: string, more: Partial<Operation> = {}): Operation {
  return {
    kind: "issue",
    way: "GraphQL",
    key,
    edition: EDITION,
    holder: key,
    quantity: 1,
    beganAt: 0,
    endedAt: 1_000,
    attempts: 1,
    outcome: "acknowledged",
    wasUnknown: false,
    ...more,
  };
}

/** Somebody who got a number, and when. */
function issued(key: string, number: number, beganAt = 0, endedAt = 1_000): Operation {
  return operation(key, { beganAt, endedAt, effect: issueEffect(key, [number]) });
}

function issue(key: string, number: number): Effect {
  return { kind: "issue", key, effect: issueEffect(key, [number]) };
}

function edition(numbers: readonly number[], more: Partial<EditionFact> = {}): EditionFact {
  return { slug: EDITION, cap: 2, perHolderLimit: 1, numbers, numbersByHolder: new Map(), ...more };
}

interface History {
  readonly operations: readonly Operation[];
  readonly replays: readonly Replay[];
  readonly facts: Facts;
}

const NOTHING: Pick<Replay, "kind" | "key" | "detail"> = { kind: "issue", key: "alice", detail: "" };

/** Two tickets of two, one redeemed, a third refused; one answer that was lost and found. */
const SOUND: History = {
  operations: [
    issued("alice", 1, 0, 10),
    { ...issued("bob", 2, 20, 30), wasUnknown: true, resolvedBy: "asking by its key" },
    operation("carol", { outcome: "refused", refusal: "CAP_REACHED", beganAt: 40, endedAt: 50 }),
    operation("gate", { kind: "redeem", effect: `${EDITION}/1`, beganAt: 40, endedAt: 50 }),
    operation(EDITION, { kind: "close", effect: "closed", beganAt: 60, endedAt: 70 }),
  ],
  replays: [
    { ...NOTHING, asked: "the same", is: "the same answer" },
    { ...NOTHING, asked: "something else", is: "refused" },
  ],
  facts: {
    effects: [
      issue("alice", 1),
      issue("bob", 2),
      { kind: "redeem", key: "gate", effect: `${EDITION}/1` },
      { kind: "close", key: EDITION, effect: "closed" },
    ],
    editions: [edition([1, 2])],
  },
};

function namesOf({ operations, replays, facts }: History): Finding["what"][] {
  return judge(operations, replays, facts).map(({ what }) => what);
}

const { operations, replays, facts } = SOUND;
const withEffects = (effects: readonly Effect[]): History => ({ ...SOUND, facts: { ...facts, effects } });
const withOperations = (...more: readonly Operation[]): History => ({ ...SOUND, operations: [...operations, ...more] });
const withEditions = (...editions: readonly EditionFact[]): History => ({ ...SOUND, facts: { ...facts, editions } });
const withReplay = (replay: Pick<Replay, "asked" | "is">): History => ({
  ...SOUND,
  replays: [...replays, { ...NOTHING, ...replay }],
});

test("in a history that is as promised nothing is found", () => {
  expect(namesOf(SOUND)).toEqual([]);
});

describe("is named:", () => {
  const doctored: readonly (readonly [string, History, readonly Finding["what"][]])[] = [
    [
      "an acknowledged ticket that is not there",
      withEffects(facts.effects.filter(({ key }) => key !== "bob")),
      ["acknowledged and lost"],
    ],
    [
      "a redemption that is not there",
      withEffects(facts.effects.filter(({ key }) => key !== "gate")),
      ["acknowledged and lost"],
    ],
    [
      "a ticket that nobody asked for",
      withEffects([...facts.effects, issue("mallory", 3)]),
      ["never asked for but there"],
    ],
    ["a ticket that was refused", withEffects([...facts.effects, issue("carol", 3)]), ["refused but there"]],
    ["a request that was done twice", withEffects([...facts.effects, issue("alice", 1)]), ["done twice"]],
    [
      "another number than was acknowledged",
      withEffects([issue("alice", 2), issue("bob", 1), ...facts.effects.slice(2)]),
      ["another effect than acknowledged", "another effect than acknowledged"],
    ],
    [
      "a request of which nobody knows",
      withOperations(operation("dave", { outcome: "unknown", wasUnknown: true })),
      ["unknown for ever"],
    ],
    [
      "another answer to the same request",
      withReplay({ asked: "the same", is: "another answer" }),
      ["another answer to the same request"],
    ],
    [
      "a refusal of what was granted before",
      withReplay({ asked: "the same", is: "refused" }),
      ["another answer to the same request"],
    ],
    [
      "something else that is granted under a used key",
      withReplay({ asked: "something else", is: "granted" }),
      ["granted under a used key"],
    ],
    ["a gap", withEditions(edition([1, 3])), ["numbers not dense"]],
    ["a number that was given twice", withEditions(edition([1, 1])), ["numbers not dense"]],
    [
      "a sixth of five",
      withEditions(edition([1, 2, 3, 4, 5, 6], { cap: 5 })),
      ["beyond the cap", "refused without a reason"],
    ],
    [
      "a second ticket of one who may have one",
      withEditions(edition([1, 2], { numbersByHolder: new Map([["alice", [1, 2]]]) })),
      ["beyond the limit of a holder"],
    ],
    [
      "a number that is smaller than one that was acknowledged before it was asked for",
      { ...SOUND, operations: [issued("alice", 1, 20, 30), issued("bob", 2, 0, 10), ...operations.slice(2)] },
      ["numbers out of order"],
    ],
    [
      "a cap that was said to be reached while there was one left",
      withEditions(edition([1, 2], { cap: 3 })),
      ["refused without a reason"],
    ],
    [
      "a limit that was said to be reached by one who had nothing",
      withOperations(
        operation("dave", { outcome: "refused", refusal: "HOLDER_LIMIT_REACHED", beganAt: 40, endedAt: 50 }),
      ),
      ["refused without a reason"],
    ],
    [
      "an edition that was said to be closed before anybody had asked to close it",
      withOperations(operation("dave", { outcome: "refused", refusal: "EDITION_NOT_OPEN", beganAt: 40, endedAt: 50 })),
      ["refused without a reason"],
    ],
    [
      "a ticket that was asked for after the closing was acknowledged",
      {
        ...SOUND,
        operations: operations.map((one) => (one.key === "bob" ? { ...one, beganAt: 80, endedAt: 90 } : one)),
      },
      ["issued after the closing", "refused without a reason"],
    ],
  ];
  test.each(doctored)("%s", (_what, history, names) => {
    expect(namesOf(history).toSorted()).toEqual([...names].toSorted());
  });
});
