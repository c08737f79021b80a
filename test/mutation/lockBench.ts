/* Where it is looked whether a lock is missed: a press of test/race/locks.ts, with two sessions. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import {
  answersOf,
  CALLS,
  type Call,
  heldWhileWaiting,
  isNewcomerHeld,
  LOOKS,
  locksOf,
  prepare,
  REFUSED,
  reserveAnew,
  rowLocksOf,
  saysRefusal,
  toldBy,
  toldByLocked,
  toldByStale,
  toldWhenStopped,
  WAITS,
} from "../race/locks.ts";
import type { TestServer } from "../testServer.ts";
import { connect, createCopy, drop } from "./bench.ts";
import type { Mutant } from "./mutant.ts";
import { hashOf, type SqlTest } from "./sqlTests.ts";

const RACE = join(import.meta.dirname, "../race");

/** In the place of the test, which says the same. */
export const LOCKS_TEST: SqlTest = {
  file: "race/locks.test.ts",
  text: "",
  hash: hashOf(...["locks.ts", "locks.sql"].map((file) => readFileSync(join(RACE, file), "utf8"))),
};

export class LockBench {
  readonly #server: TestServer;
  readonly #name: string;
  readonly #client: pg.Client;
  readonly #other: pg.Client;

  private constructor(server: TestServer, name: string, client: pg.Client, other: pg.Client) {
    this.#server = server;
    this.#name = name;
    this.#client = client;
    this.#other = other;
  }

  static async open(server: TestServer): Promise<LockBench> {
    const name = await createCopy(server);
    const bench = new LockBench(server, name, await connect(server, name), await connect(server, name));
    await prepare(bench.#client);
    for (const kind of ["lock", "handler", "guard"] as const) {
      const failed = await bench.look({ name: "nothing", kind, subject: "", sql: "" });
      if (failed !== undefined) throw new Error(`${LOCKS_TEST.file} fails without any fault: ${failed}`);
    }
    return bench;
  }

  /** What the first call does differently with the mutant. */
  async look({ sql, kind, subject }: Mutant): Promise<string | undefined> {
    // Those of the function first.
    const turn = ({ name }: { readonly name: string }) => (name.startsWith(subject.replace(/^.*\./, "")) ? 0 : 1);
    const calls = CALLS.toSorted((one, other) => turn(one) - turn(other));
    await reserveAnew(this.#client);
    if (kind === "handler") return this.#lookAtAnswers(calls, sql);
    if (kind === "guard") return this.#lookAtStops(calls, sql);
    for (const call of calls) {
      const locks = await locksOf(this.#client, call, sql);
      if (locks === call.locks) continue;
      requireSame(await locksOf(this.#client, call), call.locks, call.name);
      return `${call.name} locks "${locks}"`;
    }
    for (const one of LOOKS.toSorted((first, second) => turn(first) - turn(second))) {
      const { free, locked } = await answersOf(this.#client, this.#other, one, sql);
      if (free === one.free && locked === one.locked) continue;
      const without = await answersOf(this.#client, this.#other, one);
      requireSame(`${without.free}, ${without.locked}`, `${one.free}, ${one.locked}`, one.name);
      return `${one.name}: ${free}, ${locked}`;
    }
    for (const wait of WAITS.toSorted((first, second) => turn(first) - turn(second))) {
      const held = await heldWhileWaiting(this.#client, this.#other, wait, sql);
      if (held === wait.holds) continue;
      requireSame(await heldWhileWaiting(this.#client, this.#other, wait), wait.holds, wait.name);
      return `${wait.name}, and has locked by then: "${held}"`;
    }
    if (!(await isNewcomerHeld(this.#client, this.#other, sql))) {
      requireSame(String(await isNewcomerHeld(this.#client, this.#other)), "true", "hold_operators");
      return "hold_operators does not hold whom another session makes known meanwhile";
    }
    return undefined;
  }

  async #lookAtAnswers(calls: readonly Call[], sql: string): Promise<string | undefined> {
    for (const call of calls) {
      if (call.tells === undefined) continue;
      await reserveAnew(this.#client);
      const told = await toldBy(this.#client, call, sql);
      if (told === call.tells) continue;
      requireSame(await toldBy(this.#client, call), call.tells, call.name);
      return `${call.name} tells "${told}"`;
    }
    for (const call of calls) {
      if (call.locks === "" || !(await saysRefusal(this.#client, call, "LOCK_TIMEOUT"))) continue;
      await reserveAnew(this.#client);
      const told = await toldByLocked(this.#client, this.#other, call, sql);
      if (told === "LOCK_TIMEOUT") continue;
      requireSame(await toldByLocked(this.#client, this.#other, call), "LOCK_TIMEOUT", call.name);
      return `${call.name} tells "${told}" when others have what it locks`;
    }
    for (const call of calls) {
      if (rowLocksOf(call).length === 0 || !(await saysRefusal(this.#client, call, "RETRY"))) continue;
      await reserveAnew(this.#client);
      const told = await toldByStale(this.#client, this.#other, call, sql);
      const expected = call.stale ?? "RETRY";
      if (told === expected) continue;
      requireSame(await toldByStale(this.#client, this.#other, call), expected, call.name);
      return `${call.name} tells "${told}" when what it locks was written since`;
    }
    return undefined;
  }

  async #lookAtStops(calls: readonly Call[], sql: string): Promise<string | undefined> {
    for (const call of [...calls.filter(({ isStopped }) => isStopped), ...REFUSED]) {
      const told = await toldWhenStopped(this.#client, call, sql);
      if (told !== "PRESS_STOPPED") return `${call.name} tells "${told}"`;
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#client.end();
    await this.#other.end();
    await drop(this.#server, this.#name);
  }
}

/** @throws {Error} when a call that a mutant has changed is another one without it, too: then it was not the mutant, but the time that the bench is open */
function requireSame(found: string, expected: string, name: string): void {
  if (found !== expected) throw new Error(`${name} fails without any fault: ${found} instead of ${expected}.`);
}
