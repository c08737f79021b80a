import { DrawLedger, type Mode } from "./drawLedger.ts";
import { leaf, type Members, sha256Hex } from "./naiveDraw.ts";

/** What a recomputation is expected to say of each draw, or why it refuses; without a message, none in particular. */
export interface DrawCase {
  readonly leaves: readonly string[];
  readonly draws?: readonly ExpectedDraw[];
  readonly refusal?: { readonly reason: string; readonly message: RegExp };
}

export interface ExpectedDraw {
  readonly status?: "void";
  readonly recorded: number | null;
  readonly recomputed: number | null;
  readonly agrees: boolean;
  readonly message: RegExp;
}

const EMPTY = sha256Hex("");
const drawnEntries = (ledger: DrawLedger) => ledger.entries.filter(({ mode }) => mode !== undefined);

/** The case of a ledger all of whose draws are right. */
function right(ledger: DrawLedger, message: RegExp): DrawCase {
  const draws = drawnEntries(ledger).map(({ ticket_number, mode }) => {
    const recorded = ticket_number as number | null;
    return { recorded, recomputed: mode === "random_int" ? null : recorded, agrees: true, message };
  });
  return { leaves: ledger.leaves, draws };
}

const GIVES = {
  sealed: /^(Ticket \d+|No ticket) is what the secret and the \d+ (entry|entries) give\.$/,
  beacon:
    /^(Ticket \d+|No ticket) is what round \d+ of the beacon and the \d+ (entry|entries) give; the beacon is not quicknet/,
  random_int:
    /^not recomputable: the press says that random_int chose (ticket \d+|no ticket) of \d+ (entry|entries), which is fair if you trust the operator\.$/,
};
const DRAWN: readonly (keyof typeof GIVES)[] = ["sealed", "beacon", "random_int"];

export const goodCases: Record<string, DrawCase> = {
  "an edition that is only open": { leaves: new DrawLedger("sealed").issue(3).leaves, draws: [] },
  "an edition that is closed and not drawn": { leaves: new DrawLedger("beacon").issue(3).close().leaves, draws: [] },
  "an edition without a draw": {
    leaves: new DrawLedger("none").issue(2).revoke(1).close().redeem(2).leaves,
    draws: [],
  },
  ...Object.fromEntries(
    DRAWN.flatMap((mode) =>
      Object.entries(variants(mode)).map(([name, ledger]) => [`${mode}: ${name}`, right(ledger, GIVES[mode])]),
    ),
  ),
  ...Object.fromEntries(
    DRAWN.map((mode) => {
      const { leaves } = new DrawLedger(mode).issue(9).close().void("The secret is lost");
      const draw = { status: "void", recorded: null, recomputed: null, agrees: true } as const;
      return [
        `${mode}: void`,
        { leaves, draws: [{ ...draw, message: /^Nobody won, the draw is void: The secret is lost$/ }] },
      ];
    }),
  ),
};

function variants(mode: Mode): Record<string, DrawLedger> {
  const everybody = new DrawLedger(mode).issue(4).close().draw();
  for (let i = 0; i < 4; i++) everybody.replace(`Absent, „${i}“ \\ 😀`);
  return {
    "one ticket": new DrawLedger(mode).issue(1).close().draw(),
    "a hundred tickets": new DrawLedger(mode).issue(100).close().draw(),
    "no tickets": new DrawLedger(mode).close().draw(),
    "every ticket revoked": new DrawLedger(mode).issue(3).revoke(2, 1, 3).close().draw(),
    "tickets revoked before the closing": new DrawLedger(mode).issue(12).revoke(1, 12, 7).close().draw(),
    "tickets revoked and redeemed after the closing": new DrawLedger(mode)
      .issue(5)
      .close()
      .revoke(1, 2, 3, 4, 5)
      .redeem(5)
      .draw(),
    "the winner revoked after the draw": new DrawLedger(mode).issue(2).close().draw().revoke(1, 2),
    "winners replaced": new DrawLedger(mode)
      .issue(30)
      .revoke(3, 4)
      .close()
      .draw()
      .replace()
      .replace()
      .redeem(9)
      .replace(),
    "winners replaced until nobody is left": everybody,
  };
}

/** A ledger with one entry changed: its draws are written down, and are not what was promised. */
function wrong(
  mode: Mode,
  change: (ledger: DrawLedger) => void,
  message: RegExp,
  found: Partial<ExpectedDraw> = {},
): DrawCase {
  const ledger = new DrawLedger(mode)
    .issue(20)
    .revoke(4)
    .close()
    .draw(mode === "random_int" ? 5 : undefined);
  change(ledger);
  const recorded = drawnEntries(ledger)[0]?.ticket_number as number | null;
  return { leaves: ledger.leaves, draws: [{ recorded, recomputed: null, agrees: false, message, ...found }] };
}

const members = (ledger: DrawLedger, type: string): Members => ledger.entries[ledger.index(type)] ?? {};
const inputs = (ledger: DrawLedger): Members => members(ledger, "edition.drawn").inputs as Members;
const add = (time: unknown, milliseconds: number) => new Date(Date.parse(String(time)) + milliseconds).toISOString();

export const wrongCases: Record<string, DrawCase> = {
  "another secret": wrong(
    "sealed",
    (l) => Object.assign(inputs(l), { secret: "0".repeat(64) }),
    /secret is not the one/,
  ),
  "another commitment": wrong(
    "sealed",
    (l) => Object.assign(members(l, "edition.opened"), { draw_commitment: "0".repeat(64) }),
    /secret is not the one/,
  ),
  "another entries_hash in the draw": wrong(
    "sealed",
    (l) => Object.assign(inputs(l), { entries_hash: EMPTY }),
    /another entries_hash/,
  ),
  "another count of entries": wrong(
    "beacon",
    (l) => Object.assign(inputs(l), { entries_count: 20 }),
    /from 20 entries, and there were 19/,
  ),
  "a revocation that is missing": wrong(
    "sealed",
    (l) => l.entries.splice(l.index("ticket.revoked"), 1),
    /from 19 entries, and there were 20/,
  ),
  "a revocation moved past the closing": wrong(
    "beacon",
    (l) => l.entries.splice(l.index("edition.closed"), 0, ...l.entries.splice(l.index("ticket.revoked"), 1)),
    /from 19 entries, and there were 20/,
  ),
  "another mode than promised": wrong(
    "random_int",
    (l) => Object.assign(members(l, "edition.opened"), { draw_mode: "none" }),
    /mode was to be none, and it was random_int/,
  ),
  "a choice where the mode left none": wrong(
    "sealed",
    (l) =>
      Object.assign(members(l, "edition.drawn"), {
        mode: "random_int",
        inputs: { entries_count: 19, entries_hash: inputs(l).entries_hash },
      }),
    /mode was to be sealed, and it was random_int/,
  ),
  "a round later": wrong("beacon", (l) => moveRound(l, 1), /took round \d+ of the beacon, and round \d+ was due/),
  "a round earlier": wrong("beacon", (l) => moveRound(l, -1), /took round \d+ of the beacon, and round \d+ was due/),
  "a later checkpoint": wrong(
    "beacon",
    (l) => Object.assign(inputs(l), { checkpoint_at: add(inputs(l).checkpoint_at, 60_000) }),
    /round \d+ was due/,
  ),
  "a checkpoint from before the closing": wrong(
    "beacon",
    (l) => Object.assign(inputs(l), { checkpoint_at: add(members(l, "edition.closed").at, -1) }),
    /checkpoint is of .*, before the edition closed/,
  ),
  "closed early": wrong(
    "beacon",
    (l) => Object.assign(members(l, "edition.closed"), { at: add(members(l, "edition.opened").closes_at, -1) }),
    /closed at .*, before its closes_at/,
  ),
  "quicknet's name with another key": wrong(
    "beacon",
    (l) =>
      Object.assign(members(l, "edition.opened"), {
        beacon_chain_hash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
      }),
    /names drand's quicknet, with another key/,
  ),
  "a winner who is no entry": wrong(
    "random_int",
    (l) => Object.assign(members(l, "edition.drawn"), { ticket_number: 4 }),
    /^Ticket 4 is none of the 19 entries/,
  ),
  "nobody, where there are entries": wrong(
    "random_int",
    (l) => Object.assign(members(l, "edition.drawn"), { ticket_number: null }),
    /^No ticket is none of the 19 entries/,
  ),
  ...Object.fromEntries(
    (["sealed", "beacon"] as const).flatMap((mode) => [
      [`${mode}: another winner`, anotherWinner(mode, (number) => (number % 20) + 1)],
      [`${mode}: no winner`, anotherWinner(mode, () => null)],
    ]),
  ),
};

/** Their signatures alone are wrong: without the arithmetic of the beacon's curve nothing tells them. */
export const unsignedCases: Record<string, DrawCase> = {
  "a signature that is none": wrong("beacon", (l) => resign(l, "a".repeat(96)), /beacon did not sign round \d+/),
  "the signature of another round": wrong(
    "beacon",
    (l) => resign(l, l.beacon.sign(1)),
    /beacon did not sign round \d+/,
  ),
  "the signature of another beacon": wrong(
    "beacon",
    (l) =>
      Object.assign(members(l, "edition.opened"), { beacon_public_key: new DrawLedger("beacon").beacon.publicKey }),
    /beacon did not sign round \d+/,
  ),
};

function resign(ledger: DrawLedger, signature: string): void {
  Object.assign(inputs(ledger), { signature });
}

function moveRound(ledger: DrawLedger, by: number): void {
  const round = Number(inputs(ledger).round) + by;
  Object.assign(inputs(ledger), { round, signature: ledger.beacon.sign(round) });
}

function anotherWinner(mode: Mode, change: (number: number) => number | null): DrawCase {
  const ledger = new DrawLedger(mode).issue(20).close().draw();
  const draw = members(ledger, "edition.drawn");
  const recomputed = Number(draw.ticket_number);
  draw.ticket_number = change(recomputed);
  const not = draw.ticket_number === null ? "no ticket" : `ticket ${draw.ticket_number}`;
  const message = new RegExp(`^The inputs give ticket ${recomputed}, not ${not}\\.$`);
  return {
    leaves: ledger.leaves,
    draws: [{ recorded: draw.ticket_number as number | null, recomputed, agrees: false, message }],
  };
}

const whole = new DrawLedger("sealed").issue(9).revoke(2).close().draw().replace().replace();
const plain = new DrawLedger("sealed").issue(3).close().draw();
const redeemed = new DrawLedger("sealed").issue(3).redeem(2);
/** Without the revocation: one that is missing is seen by the draw, and one that is there twice says the same. */
const seenEntries = whole.entries
  .map(({ type }, index) => [String(type), index] as const)
  .filter(([type]) => type !== "ticket.revoked");
const at = (type: string) => whole.index(type);
const refused = (reason: string, leaves: readonly string[], message: RegExp): DrawCase => ({
  leaves,
  refusal: { reason, message },
});
const changed = (type: string, change: Members) =>
  whole.leaves.with(at(type), leaf({ ...whole.entries[at(type)], ...change }));
const text = (type: string) => whole.leaves[at(type)] ?? "";
const retold = (type: string, change: (text: string) => string) => whole.leaves.with(at(type), change(text(type)));

export const refusedCases: Record<string, DrawCase> = {
  "no entries": refused("PROOF_INVALID", [], /^There are no entries/),
  ...Object.fromEntries(
    seenEntries
      .slice(0, -1)
      .map(([type, index]) => [
        `without its entry ${index}, ${type}`,
        refused(
          "PROOF_INVALID",
          whole.leaves.toSpliced(index, 1),
          /pass every entry of the edition, each once, in the order/,
        ),
      ]),
  ),
  ...Object.fromEntries(
    seenEntries.map(([type, index]) => [
      `with its entry ${index}, ${type}, twice`,
      refused(
        "PROOF_INVALID",
        whole.leaves.toSpliced(index, 0, whole.leaves[index] ?? ""),
        /pass every entry of the edition/,
      ),
    ]),
  ),
  ...Object.fromEntries(
    ["edition.opened", "edition.closed", "edition.drawn"].map((type) => [
      `with ${type} a place later`,
      refused("PROOF_INVALID", swap(whole.leaves, at(type)), /pass every entry of the edition/),
    ]),
  ),
  "with a ticket after the closing": refused(
    "PROOF_INVALID",
    swap(plain.leaves, plain.index("edition.closed") - 1),
    /counts 3 tickets, and 2 come before it/,
  ),
  "with the replacements the other way round": refused(
    "PROOF_INVALID",
    swap(whole.leaves, whole.entries.length - 2),
    /is attempt 3 after 1/,
  ),
  "a replacement of somebody else": refused(
    "PROOF_INVALID",
    changed("winner.replaced", { replaced_number: 10 }),
    /replaces ticket 10, and the winner was \d/,
  ),
  "a replacement after a void draw": refused(
    "PROOF_INVALID",
    [...new DrawLedger("sealed").issue(3).close().void().leaves, leaf({ ...whole.entries.at(-2) })],
    /replaces ticket \d, and the winner was nobody/,
  ),
  "a revocation passed off as another ticket's": refused(
    "PROOF_INVALID",
    changed("ticket.revoked", { ticket_number: 1 }),
    /^Entry 10 \(ticket\.revoked\) is about another ticket than the ticket\.issued of 1;/,
  ),
  "a redemption passed off as another ticket's": refused(
    "PROOF_INVALID",
    redeemed.leaves.with(-1, leaf({ ...redeemed.entries.at(-1), ticket_number: 3 })),
    /^Entry 4 \(ticket\.redeemed\) is about another ticket than the ticket\.issued of 3;/,
  ),
  "another edition's entry": refused(
    "PROOF_INVALID",
    changed("ticket.issued", { edition: "winter-raffle" }),
    /is about winter-raffle, not about summer-raffle/,
  ),
  "another envelope": refused(
    "PROOF_INVALID",
    changed("ticket.issued", { envelope_hash: "0".repeat(64) }),
    /another entries_hash than the tickets before it give/,
  ),
  "another entries_hash": refused(
    "PROOF_INVALID",
    changed("edition.closed", { entries_hash: EMPTY }),
    /another entries_hash than the tickets/,
  ),
  "another number of tickets": refused(
    "PROOF_INVALID",
    changed("edition.closed", { issued_count: 8 }),
    /counts 8 tickets, and 9 come before it/,
  ),
  "another ticket number": refused(
    "PROOF_INVALID",
    changed("ticket.issued", { ticket_number: 77 }),
    /pass every entry/,
  ),
  ...Object.fromEntries(
    ["edition.opened", "ticket.issued", "ticket.revoked", "edition.closed", "edition.drawn", "winner.replaced"].flatMap(
      (type) =>
        Object.entries({
          "with a space": retold(type, (json) => json.replace(":", ": ")),
          "with a newline": retold(type, (json) => `${json}\n`),
          "with another escape": retold(type, (json) => json.replace("summer", "s\\u0075mmer")),
          "in another order": retold(type, (json) =>
            JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(json)).reverse())),
          ),
          "with a member twice": retold(type, (json) => json.replace("{", '{"at":"2026-03-01T09:00:00.000Z",')),
          "with a member more": changed(type, { note: "x" }),
          "with a member less": changed(type, { at: undefined }),
          "with another form of time": changed(type, { at: "2026-03-01T09:00:00Z" }),
          "at a day that does not exist": changed(type, { at: "2026-02-30T09:00:00.000Z" }),
          "with a slug that is none": changed(type, { edition: "Summer" }),
        }).map(([name, leaves]) => [
          `${type} ${name}`,
          refused(
            "NOT_CANONICAL",
            leaves,
            /^Entry \d+ (has|lacks|is) .*; pass it byte for byte as the ledger has it\.$/,
          ),
        ]),
    ),
  ),
  ...Object.fromEntries(
    Object.entries<readonly string[]>({
      "inputs in another order": retold("edition.drawn", (json) =>
        json.replace(/("entries_count":\d+),("entries_hash":"\w+")/, "$2,$1"),
      ),
      "inputs with a member more": changed("edition.drawn", { inputs: { ...inputs(whole), round: 1 } }),
      "inputs without the secret": changed("edition.drawn", { inputs: { entries_count: 8, entries_hash: EMPTY } }),
      "inputs that are a list": changed("edition.drawn", { inputs: [1] }),
      "inputs that are null": changed("edition.drawn", { inputs: null }),
      "a void draw with a winner": changed("edition.drawn", {
        reason: "Lost",
        inputs: { entries_count: 8, entries_hash: EMPTY },
      }),
      "a void draw with a secret": changed("edition.drawn", { reason: "Lost", ticket_number: null }),
      "a replacement without a reason": changed("winner.replaced", { reason: null }),
      "a reason that is empty": changed("winner.replaced", { reason: "" }),
      "a reason of 501 characters": changed("winner.replaced", { reason: "é".repeat(501) }),
      "a replacement as attempt 1": changed("winner.replaced", { attempt: 1 }),
      "a mode that there is not": changed("edition.drawn", { mode: "toString" }),
      "terms of another mode": changed("edition.opened", { draw_mode: "random_int" }),
      "terms of a mode that there is not": changed("edition.opened", { draw_mode: "constructor" }),
      "a type that there is not": changed("edition.drawn", { type: "edition.eaten" }),
      "an entry about no edition": retold("ticket.issued", () =>
        leaf({
          at: whole.entries[0]?.at,
          chain_hash: EMPTY,
          round: 1,
          signature: "a".repeat(96),
          type: "beacon.archived",
        }),
      ),
      "a number in exponential form": retold("ticket.issued", (json) =>
        json.replace(/"ticket_number":\d+/, '"ticket_number":1e0'),
      ),
      "minus zero": retold("edition.closed", (json) => json.replace(/"issued_count":\d+/, '"issued_count":-0')),
      "no JSON": retold("ticket.issued", () => "{"),
      "a JSON text": retold("ticket.issued", () => '"ticket.issued"'),
      "a JSON null": retold("ticket.issued", () => "null"),
    }).map(([name, leaves]) => [name, refused("NOT_CANONICAL", leaves, /^Entry \d+ (has|lacks|is) /)]),
  ),
};

function swap(leaves: readonly string[], index: number): string[] {
  const [first = "", second = ""] = leaves.slice(index, index + 2);
  return leaves.toSpliced(index, 2, second, first);
}

export const drawCases: Record<string, DrawCase> = { ...goodCases, ...wrongCases, ...unsignedCases, ...refusedCases };
