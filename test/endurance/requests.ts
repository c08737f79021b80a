/* How a client sees a request through: it writes down what it asks for before it is sent, sends it again under its key while it has no answer, and otherwise finds
   out by the key what became of it. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dice } from "./dice.ts";
import type { Answer } from "./doors.ts";
import type { Finding, Kind, Operation, Replay, Way } from "./history.ts";

/** Asking once for something, and what its answer means. */
export interface Request<Data> {
  readonly ask: () => Promise<Answer<Data>>;
  readonly effectOf: (data: Data) => string;
  /** Its effect by its key; null: there is none; undefined: nobody could say. */
  readonly find: () => Promise<string | null | undefined>;
  /** Others wait for it: its client never gives up before the load ends. */
  readonly isNeeded?: boolean;
}

/** What is sent again once it was granted. */
export interface Again<Data> {
  /** The first answer, as `textOf` has it. */
  readonly first: string;
  readonly ask: () => Promise<Answer<Data>>;
  readonly textOf: (data: Data) => string;
  /** Something else under the same key. */
  readonly changed?: () => Promise<Answer<unknown>>;
}

/** What clients see of how the press serves them. */
export interface Counts {
  acknowledged: number;
  refused: number;
  checked: number;
  heldBack: number;
  verified: number;
}

const TRIES_MAX = 8;
const RETRY_MILLISECONDS_MAX = 1_000;
const FIND_MILLISECONDS = 200;
/** Of those who got no answer, so many of a hundred do not ask again, and find out by the key. */
const GIVE_UP_PERCENT = 15;
/** Whatever was asked before and may still be on its way would hear the same. */
const LASTING_REFUSALS = new Set([
  "CAP_REACHED",
  "HOLDER_LIMIT_REACHED",
  "EDITION_NOT_OPEN",
  "ALREADY_REDEEMED",
  "TICKET_REVOKED",
  "ALREADY_DRAWN",
  "EXPIRED",
]);

export class Requests {
  readonly operations: Operation[] = [];
  readonly replays: Replay[] = [];
  readonly findings: Finding[] = [];
  readonly counts: Counts = { acknowledged: 0, refused: 0, checked: 0, heldBack: 0, verified: 0 };
  /** Nobody begins anything any more, nor waits for what does not come. */
  isStopping = false;
  readonly #dice: Dice;
  readonly #open: { readonly operation: Operation; readonly find: Request<unknown>["find"] }[] = [];

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** An operation that is about to begin. */
  make(kind: Kind, way: Way, more: Partial<Operation>): Operation {
    const now = performance.now();
    return {
      kind,
      way,
      key: randomUUID(),
      beganAt: now,
      endedAt: now,
      attempts: 0,
      outcome: "unknown",
      wasUnknown: false,
      ...more,
    };
  }

  /** Sends a request until its outcome is known, or its client gives up. */
  async perform<Data>(operation: Operation, request: Request<Data>): Promise<Answer<Data>> {
    this.operations.push(operation);
    for (;;) {
      operation.attempts += 1;
      const answer = await request.ask();
      operation.endedAt = performance.now();
      if (answer.is === "granted") {
        this.#settle(operation, { outcome: "acknowledged", effect: request.effectOf(answer.data) });
        this.counts.acknowledged += 1;
        return answer;
      }
      if (answer.is === "unknown") operation.wasUnknown = true;
      else if (this.#isFinal(operation, answer, request)) {
        this.#settle(operation, { outcome: "refused", refusal: answer.name });
        this.counts.refused += 1;
        return answer;
      }
      if (this.isStopping || (!request.isNeeded && this.#isTired(answer))) {
        this.leaveOpen(operation, request.find);
        return answer;
      }
      await sleep(Math.min(50 * 2 ** operation.attempts, RETRY_MILLISECONDS_MAX));
    }
  }

  /** Leaves it to the end to find out what became of an operation. */
  leaveOpen(operation: Operation, find: Request<unknown>["find"]): void {
    Object.assign(operation, { outcome: "unknown", wasUnknown: true });
    this.#open.push({ operation, find });
  }

  /** Asks by its key for everything that was left open. To be called when nothing is under way any more. */
  async resolve(): Promise<void> {
    for (const { operation, find } of this.#open.splice(0)) {
      for (let tries = 0; tries < TRIES_MAX && operation.outcome === "unknown"; tries += 1) {
        const effect = await find();
        operation.endedAt = performance.now(); // It may have been done at any time until now.
        if (effect === undefined) {
          await sleep(FIND_MILLISECONDS);
          continue;
        }
        operation.resolvedBy = "asking by its key";
        if (effect === null) Object.assign(operation, { outcome: "refused", refusal: "nothing under its key" });
        else Object.assign(operation, { outcome: "acknowledged", effect });
      }
    }
  }

  /** Sends what was granted once more, twice at the same time, or something else under its key: by chance. */
  async replay<Data>(operation: Operation, { first, ask, textOf, changed }: Again<Data>): Promise<void> {
    const times = this.#dice.weighted(AGAIN);
    for (const answer of await Promise.all(Array.from({ length: times }, () => ask()))) {
      if (!saysSomething(answer)) continue;
      const text = answer.is === "granted" ? textOf(answer.data) : answer.name;
      const is = answer.is === "refused" ? "refused" : text === first ? "the same answer" : "another answer";
      this.#noteReplay(operation, { asked: "the same", is, detail: text === first ? "" : `${first}, then ${text}` });
    }
    if (changed === undefined || !this.#dice.chance(CHANGED_PERCENT)) return;
    const answer = await changed();
    if (!saysSomething(answer)) return;
    const detail = answer.is === "refused" ? answer.name : answer.text;
    this.#noteReplay(operation, { asked: "something else", is: answer.is, detail });
  }

  #noteReplay({ kind, key }: Operation, replay: Pick<Replay, "asked" | "is" | "detail">): void {
    this.counts.checked += 1;
    this.replays.push({ kind, key, ...replay });
  }

  #settle(operation: Operation, outcome: Partial<Operation>): void {
    Object.assign(operation, outcome);
    if (operation.wasUnknown) operation.resolvedBy = "sending it again";
  }

  /** Whether a refusal says for good that there is nothing under the key. An attempt without an answer may still be on its way, and hear something else. */
  #isFinal(
    { wasUnknown, attempts }: Operation,
    { name, isRetryable }: { readonly name: string; readonly isRetryable: boolean },
    { isNeeded = false }: Pick<Request<unknown>, "isNeeded">,
  ): boolean {
    if (wasUnknown) return LASTING_REFUSALS.has(name);
    return !isRetryable || (attempts >= TRIES_MAX && !isNeeded) || this.isStopping;
  }

  #isTired(answer: Answer<unknown>): boolean {
    return answer.is === "unknown"
      ? this.#dice.chance(GIVE_UP_PERCENT)
      : answer.is === "refused" && !answer.isRetryable;
  }
}

/** How often a granted request is sent again, by how often that happens. */
const AGAIN: ReadonlyMap<number, number> = new Map([
  [0, 60],
  [1, 15],
  [2, 25],
]);
const CHANGED_PERCENT = 10;

/** Whether an answer is one that a replay can be judged by. */
function saysSomething<Data>(answer: Answer<Data>): answer is Exclude<Answer<Data>, { readonly is: "unknown" }> {
  return answer.is === "granted" || (answer.is === "refused" && !answer.isRetryable);
}

export function granted<Data>(answer: Answer<Data>): Data | undefined {
  return answer.is === "granted" ? answer.data : undefined;
}

/** What comes at last, however often it has to be asked for; undefined where nobody waits for it any more. */
export async function untilSo<Result>(
  ask: () => Promise<Result | null | undefined>,
  isOver: () => boolean = () => false,
): Promise<Result | undefined> {
  while (!isOver()) {
    const result = await ask();
    if (result !== undefined && result !== null) return result;
    await sleep(LOOK_MILLISECONDS);
  }
  return undefined;
}

const LOOK_MILLISECONDS = 40;
