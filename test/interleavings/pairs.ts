/* Every pair of functions, and what must come of it: what both are told, and what there is afterwards, is what some order gives in which one transaction waits for the
   other to end. */

import { random } from "../random.ts";
import { FUNCTIONS, type FunctionName } from "./functions.ts";
import type { InterleavedPress, Outcome, Pair } from "./press.ts";
import { everyOrder, InterleavingError, type Isolations, inOrder } from "./scheduler.ts";

const NAMES = Object.keys(FUNCTIONS) as FunctionName[];

/** Each with each, and with itself; and what else two may ask for who call the same. */
export const PAIRS: readonly Pair[] = [
  ...NAMES.flatMap((one, index) =>
    NAMES.slice(index).map((other): Pair => ({ functions: [one, other], variant: "own" })),
  ),
  { functions: ["issue", "issue"], variant: "same request" },
  { functions: ["issue", "issue"], variant: "same holder" },
  { functions: ["redeem", "redeem"], variant: "same request" },
  { functions: ["draw", "draw"], variant: "same request" },
  { functions: ["revoke", "revoke"], variant: "same operator" },
  { functions: ["revoke", "draw"], variant: "same operator" },
  // Nobody holds what two prove, so it is the unique key that tells the second.
  { functions: ["verify", "verify"], variant: "same proof", mayBeginAgain: true },
];

/** What was played, and what came of it. */
export interface Tally {
  orders: number;
  steps: number;
  /** How often somebody looked whether everything holds. */
  reads: number;
  waits: number;
  retries: Record<string, number>;
}

export function emptyTally(): Tally {
  return { orders: 0, steps: 0, reads: 0, waits: 0, retries: {} };
}

/** read committed; or, where they differ, read committed and serializable. */
export function levelOf(isolations: Isolations): string {
  return [...new Set(isolations)].join(" and ");
}

export function nameOf({ functions: [one, other], variant, ends }: Pair): string {
  return [
    `${one} × ${other}`,
    ...(variant === "own" ? [] : [variant]),
    ...(ends === undefined ? [] : [ends.join("/")]),
  ].join(", ");
}

/** What a look answers that finds locked what it looks for; it looks again later. */
const PASSED_OVER: Partial<Record<FunctionName, string>> = { claim: "claimed 0, ", release: "0" };

/**
 * Plays a pair in every order, or in so many random ones, and looks after each step whether everything holds.
 *
 * @throws {InterleavingError} that names the order in which something did not
 */
export async function playPair(press: InterleavedPress, pair: Pair, tally: Tally, samples?: number): Promise<void> {
  const check = async (played: Promise<Outcome>): Promise<Outcome> => {
    const outcome = await played;
    requireAllowed(press, pair, outcome, allowed);
    const [broken] = await press.brokenPromises();
    if (broken !== undefined) throw new InterleavingError(`The press finds broken: ${broken}`, outcome.order);
    note(tally, outcome);
    return outcome;
  };
  let allowed: ReadonlyMap<string, Outcome>;
  try {
    allowed = await serialOutcomes(press, pair);
    if (samples === undefined) await everyOrder((choose) => check(press.play(pair, { choose })));
    else for (let n = 0; n < samples; n++) await check(press.play(pair, { choose: (able) => random.pick(able) }));
  } catch (error) {
    if (!(error instanceof InterleavingError)) throw error;
    const name = `${nameOf(pair)}, ${error.order}`;
    const message = `${name} at ${levelOf(press.isolations)}: ${error.message}\nTo see it again: TEST_ORDER="${name}"`;
    throw new InterleavingError(message, error.order, { cause: error.cause });
  }
}

/**
 * The same order again.
 *
 * @throws {InterleavingError} as {@link playPair}
 */
export async function replay(press: InterleavedPress, pair: Pair, order: string): Promise<Outcome> {
  const allowed = await serialOutcomes(press, pair);
  const outcome = await press.play(pair, { choose: inOrder(order) });
  requireAllowed(press, pair, outcome, allowed);
  return outcome;
}

/** By what came of it: who waited for whom. */
async function serialOutcomes(press: InterleavedPress, pair: Pair): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  await everyOrder(async (choose) => {
    const outcome = await press.play(pair, { choose, isSerial: true });
    requireToldFirst(pair, outcome);
    outcomes.set(textOf(outcome), outcome);
    return outcome;
  });
  return outcomes;
}

/** What each is told that comes first, as regular expressions: what is played must be worth it. */
const TOLD_FIRST: Readonly<Record<FunctionName, Partial<Record<FunctionName | "others", string>>>> = {
  issue: { others: "3", verify: "PRELG", decide: "PRCLS" },
  redeem: { others: "redeemed" },
  revoke: { others: "revoked", sign: "PRUNS" },
  close: { others: "closed, told", sign: "closed, not told", decide: "closed, not told" },
  draw: { others: "1 requested", decide: "PRDRN" },
  decide: { others: "1|2" },
  verify: { others: "verified" },
  claim: { others: "claimed 1, stored" },
  release: { others: "1" },
  rotate: { others: "registered 1, retired 1" },
  integrate: { others: "placed 1, published" },
  sign: { others: "claimed 1, attached", decide: "claimed 0, " },
};

function requireToldFirst({ functions, ends }: Pair, { order, told }: Outcome): void {
  const [one, other] = functions;
  // Others have come between, or nobody was first.
  if (ends !== undefined || !/^(A+B+|B+A+)$/.test(order)) return;
  const [lane, first, second] = order.startsWith("A") ? [0, one, other] : [1, other, one];
  const expected = TOLD_FIRST[first][second] ?? TOLD_FIRST[first].others;
  if (new RegExp(`^(${expected})$`).test(told[lane] ?? "")) return;
  throw new InterleavingError(`${first} comes first, and should be told ${expected}: ${told[lane]}`, order);
}

function textOf({ told, state }: Outcome): string {
  return [...told, state].join(" | ");
}

/** @throws {InterleavingError} */
function requireAllowed(
  { isolations }: InterleavedPress,
  pair: Pair,
  outcome: Outcome,
  allowed: ReadonlyMap<string, Outcome>,
): void {
  // Who waited for five seconds was on a busy machine.
  const retries = Object.entries(outcome.retries).filter(([code]) => code !== "PRBSY");
  if (levelOf(isolations) === "read committed" && !pair.mayBeginAgain && retries.length > 0) {
    const told = retries.map(([code, count]) => `${count} times ${code}`).join(", ");
    throw new InterleavingError(`Somebody had to begin again: ${told}.`, outcome.order);
  }
  if (allowed.has(textOf(outcome)) || [...allowed.values()].some((serial) => passesOver(pair, outcome, serial))) return;
  const expected = [...allowed].map(([text, { order }]) => `\n  ${text} (${order})`).join("");
  const found = `What came of it comes of no order that does not interleave:\n  ${textOf(outcome)}\nThose give:${expected}`;
  throw new InterleavingError(found, outcome.order);
}

/** Whether all is as in the serial one when the next look was had, but for a look that found locked what it looked for. */
function passesOver({ functions }: Pair, outcome: Outcome, serial: Outcome): boolean {
  const isPassingOver = functions.some((name, lane) => outcome.told[lane] === PASSED_OVER[name]);
  return (
    isPassingOver &&
    outcome.settled !== undefined &&
    outcome.settled === serial.settled &&
    functions.every((name, lane) => [serial.told[lane], PASSED_OVER[name]].includes(outcome.told[lane]))
  );
}

function note(tally: Tally, { order, reads, waits, retries }: Outcome): void {
  tally.orders += 1;
  tally.steps += order.length;
  tally.reads += reads;
  tally.waits += waits;
  for (const [code, count] of Object.entries(retries)) tally.retries[code] = (tally.retries[code] ?? 0) + count;
}
