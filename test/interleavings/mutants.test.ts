/* Whether the runner finds what it is for: something is taken away from the core in a copy of the database, and some order must show it. Which one is printed by no test: any that
   does will do. */
import { expect, test } from "vitest";
import { random, rounds, seed } from "../random.ts";
import { everyTestRequires } from "../requirements.ts";
import type { FunctionName, Variant } from "./functions.ts";
import { emptyTally, playPair } from "./pairs.ts";
import { InterleavedPress, type Mutation } from "./press.ts";
import type { Isolation } from "./scheduler.ts";

everyTestRequires("superuser"); // Layers are taken away.

interface Mutant {
  readonly missing: string;
  readonly mutations: readonly Mutation[];
  readonly pair: readonly [FunctionName, FunctionName];
  /** own, unless told. */
  readonly variant?: Variant;
  readonly isolation: Isolation;
  readonly found: RegExp;
  /** How many deadlocks are broken until it is found; none, unless told. */
  readonly deadlocks?: number;
}

const WITHOUT_LOCK: Mutation = [
  "press_private.lock_edition",
  "perform pg_advisory_xact_lock(42, lock_edition.edition_id);",
  "",
];

const MUTANTS: readonly Mutant[] = [
  {
    missing: "the lock of the edition",
    mutations: [WITHOUT_LOCK],
    pair: ["issue", "issue"],
    isolation: "read committed",
    found: /begin again: 1 times 40001/,
  },
  {
    missing: "the lock of the edition and the constraints of tickets",
    mutations: [
      WITHOUT_LOCK,
      `alter table press.tickets drop constraint tickets_number_key cascade, drop constraint tickets_number_is_within_cap`,
    ],
    pair: ["issue", "issue"],
    isolation: "read committed",
    found: /I1: |P0003/, // two who have the number 3, or are told so
  },
  {
    missing: "the lock of the edition where it is closed",
    mutations: [
      ["press_private.close_edition_by_id", "perform press_private.lock_edition(close_edition_by_id.edition_id);", ""],
    ],
    pair: ["issue", "close"],
    isolation: "read committed",
    found: /I6: the closing is told, and number 3 is pending/,
  },
  {
    missing: "the look at the edition's row at the higher levels",
    mutations: [
      [
        "press_private.lock_edition",
        "perform from press.editions e where e.id = lock_edition.edition_id for share;",
        "",
      ],
    ],
    pair: ["issue", "close"],
    isolation: "repeatable read",
    found: /I6: the closing is told, and number 3 is pending/,
  },
  {
    missing: "the look at the ticket under the lock, where it is redeemed",
    mutations: [
      [
        "press.redeem_ticket",
        "select t.* into strict v_ticket from press.tickets t where t.id = v_verdict.ticket_id for update;",
        "",
      ],
    ],
    pair: ["redeem", "revoke"],
    isolation: "read committed",
    found: /no order that does not interleave:\n {2}PRDEN/,
  },
  {
    missing: "the order of locks, where a ticket is revoked: the operator's row after the edition",
    mutations: [
      ["press.revoke_ticket", "v_label := press_private.ledger_label(v_actor);", ""],
      [
        "press.revoke_ticket",
        "perform press_private.lock_edition(v_ticket.edition_id);",
        "perform press_private.lock_edition(v_ticket.edition_id); perform tests.stop(); v_label := press_private.ledger_label(v_actor);",
      ],
    ],
    pair: ["revoke", "draw"],
    variant: "same operator",
    isolation: "read committed",
    found: /begin again: 1 times 40001/,
    deadlocks: 1,
  },
  {
    missing: "the look whether the draw was decided, and the trigger that lets it be written once",
    mutations: [
      ["press_worker.record_draw", "if v_draw.status <> 'requested' then", "if false then"],
      "drop trigger _200_guard_result on press.draws",
    ],
    pair: ["decide", "decide"],
    isolation: "read committed",
    found: /I6: .*edition.drawn/,
  },
  {
    missing: "the lock of the attestation",
    mutations: [["press_worker.verify_attestation", "perform press_private.lock_attestation(v_attestation.id);", ""]],
    pair: ["verify", "verify"],
    isolation: "read committed",
    found: /no order that does not interleave:\n {2}(PRDEN \| verified|verified \| PRDEN)/,
  },
  {
    missing: "the lock and the look where a coin is claimed",
    mutations: [
      [
        "press_private.pick_coins",
        "order by u.satoshis, u.id\n  limit 1\n  for no key update of u skip locked;",
        "order by u.satoshis, u.id\n  limit 1;",
      ],
      ["press_private.queued_publications", "limit s.share\n      for no key update of p skip locked", "limit s.share"],
    ],
    pair: ["claim", "claim"],
    isolation: "read committed",
    found: /begin again|I10: |refusal/,
  },
  {
    missing: "the lock of the edition where its draw is asked for",
    mutations: [["press.draw_winner", "perform press_private.lock_edition(v_edition.id);", ""]],
    pair: ["draw", "draw"],
    isolation: "read committed",
    found: /begin again: 1 times 40001/,
  },
];

const first = random.integer(MUTANTS.length);
/** Of plain `npm test` three of them, others each time. */
const chosen = rounds(
  [0, 1, 2].map((n) => MUTANTS[(first + 3 * n) % MUTANTS.length] as Mutant),
  MUTANTS,
);

test.each(chosen.map((mutant) => [mutant.missing, mutant] as const))(
  `it is found that what is missing is %s (TEST_SEED=${seed})`,
  async (_, { mutations, pair, variant = "own", isolation, found, deadlocks = 0 }) => {
    const press = await InterleavedPress.start([isolation, isolation], mutations);
    let broken: number;
    try {
      await expect(playPair(press, { functions: pair, variant }, emptyTally())).rejects.toThrow(found);
    } finally {
      broken = await press.end();
    }
    expect(broken, "deadlocks").toBe(deadlocks);
  },
  300_000,
);
