import type { TestServer } from "../testServer.ts";
import { Bench, startServer } from "./bench.ts";
import { bodyMutants } from "./bodies.ts";
import { catalogueMutants } from "./catalogue.ts";
import { LOCKS_TEST, LockBench } from "./lockBench.ts";
import { type Mutant, withOwnNames } from "./mutant.ts";
import { Callers, type Reach, type SqlTest, sqlTests, testsFor } from "./sqlTests.ts";
import { knownHints, knownReach, noteHints, noteReach, type Verdict, Verdicts } from "./verdicts.ts";

export interface Found {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
}

interface Place {
  readonly bench: Bench;
  /** When it is needed. */
  lockBench?: LockBench;
}

/** All that can be planted. */
export async function allMutants(hunt: Hunt): Promise<Mutant[]> {
  return withOwnNames([...(await catalogueMutants(hunt.bench.client)), ...bodyMutants()]);
}

export class Hunt {
  readonly #server: TestServer;
  readonly #stop: (() => Promise<void>) | undefined;
  readonly bench: Bench;
  readonly #tests = sqlTests();
  readonly #callers = new Callers();
  readonly #verdicts = new Verdicts();
  readonly #hints = knownHints();
  /** By the hash of the file. */
  readonly #known = knownReach();
  /** By its name, when all are known. */
  #reach: ReadonlyMap<string, Reach> | undefined;

  private constructor(server: TestServer, bench: Bench, stop?: () => Promise<void>) {
    this.#server = server;
    this.bench = bench;
    this.#stop = stop;
  }

  /** @param server one that is there; otherwise one of its own */
  static async start(server?: TestServer): Promise<Hunt> {
    if (server !== undefined) return new Hunt(server, await Bench.open(server));
    const own = await startServer();
    return new Hunt(own.server, await Bench.open(own.server), own.stop);
  }

  async end(): Promise<void> {
    await this.bench.close();
    await this.#stop?.();
  }

  /**
   * Finds out which file runs which function, so that none is asked that cannot know. It takes as long as all files do, once: what a file reaches is kept as long as it is as
   * it is.
   *
   * @param isWorthIt whether to find out what is not known
   * @returns whether it is known now
   */
  async learnReach(isWorthIt: boolean): Promise<boolean> {
    const known = this.#known;
    const missing = this.#tests.filter(({ hash }) => !known.has(hash));
    if (missing.length > 10 && !isWorthIt) return false;
    for (const [index, test] of missing.entries()) {
      await this.#requireSound(this.bench, test);
      progress(`${index + 1} of ${missing.length} files run without a fault`);
    }
    this.#reach = new Map(this.#tests.map(({ file, hash }) => [file, known.get(hash) as Reach]));
    return true;
  }

  /** The file that notices a mutant, whatever was found before. */
  async noticedBy(mutant: Mutant, isAsked: (file: string) => boolean = () => true): Promise<string | undefined> {
    const tests = this.#testsFor(mutant).filter(({ file }) => isAsked(file));
    const place: Place = { bench: this.bench };
    const found = await this.#look(place, mutant, this.#hintedFirst(tests, this.#hints[mutant.subject]));
    await place.lockBench?.close();
    return found?.by.file;
  }

  /** The file that notices a mutant, and what it says; undefined: none does. */
  async #look(
    place: Place,
    mutant: Mutant,
    tests: readonly SqlTest[],
  ): Promise<{ by: SqlTest; how: string } | undefined> {
    for (const by of tests) {
      if (by === LOCKS_TEST) place.lockBench ??= await LockBench.open(this.#server);
      const ask = () => (by === LOCKS_TEST ? place.lockBench?.look(mutant) : place.bench.failureOf(mutant, by));
      const how = await ask();
      // On a busy machine a file may fail for want of time: what is said once and not again is not believed.
      if (how === undefined || (await ask()) === undefined) continue;
      if (by !== LOCKS_TEST) await this.#requireSound(place.bench, by);
      return { by, how };
    }
    return undefined;
  }

  /** A session alone waits for nobody: of locks and of what is told of them, few files can say anything. */
  #testsFor(mutant: Mutant): SqlTest[] {
    const tests = testsFor(mutant, this.#tests, this.#callers, this.#reach);
    // Most of the looks whether the press runs come after a lock.
    if (mutant.kind === "guard" && mutant.name.includes("require_running")) return [LOCKS_TEST, ...tests];
    if (!["lock", "skip locked", "handler"].includes(mutant.kind)) return tests;
    if (mutant.kind === "handler" && !/lock_not_available|serialization_failure/.test(mutant.name)) return tests;
    const folders = this.#callers.of(mutant.subject).map((name) => name.replace(/^.*\./, ""));
    return [LOCKS_TEST, ...tests.filter(({ file }) => folders.includes(file.split("/")[0] ?? ""))];
  }

  #hintedFirst(tests: readonly SqlTest[], first: readonly string[] = []): SqlTest[] {
    const turn = ({ file }: SqlTest) => (first.includes(file) ? first.indexOf(file) : first.length);
    return tests.toSorted((one, other) => turn(one) - turn(other));
  }

  /** So that others look there first. */
  keepHints(): void {
    noteHints(this.#verdicts);
  }

  async run(mutants: readonly Mutant[], { workers = 1, again = false } = {}): Promise<Found[]> {
    const found: Found[] = [];
    const waiting = [...mutants];
    const begun = Date.now();
    let survived = 0;
    const work = async () => {
      const place: Place = { bench: await Bench.open(this.#server) };
      // What has noticed a mutant of a function is likely to notice another one.
      const successful = new Map(Object.entries(this.#hints));
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const tests = this.#testsFor(mutant);
        const verdict =
          (again ? undefined : this.#verdicts.of(mutant, tests)) ??
          (await this.#judge(place, mutant, tests, successful));
        found.push({ mutant, verdict });
        if (verdict.by === undefined) survived += 1;
        const seconds = Math.round((Date.now() - begun) / 1000);
        progress(`${found.length} of ${mutants.length}, ${survived} not noticed, ${seconds} s`);
      }
      await place.bench.close();
      await place.lockBench?.close();
    };
    await Promise.all(Array.from({ length: workers }, work));
    return found;
  }

  async #judge(
    place: Place,
    mutant: Mutant,
    tests: readonly SqlTest[],
    successful: Map<string, string[]>,
  ): Promise<Verdict> {
    const begun = performance.now();
    const first = successful.get(mutant.subject) ?? [];
    const found = await this.#look(place, mutant, this.#hintedFirst(tests, first));
    if (found !== undefined && !first.includes(found.by.file))
      successful.set(mutant.subject, [...first, found.by.file]);
    const milliseconds = Math.round(performance.now() - begun);
    return this.#verdicts.note(mutant, tests, { by: found?.by.file, how: found?.how, milliseconds });
  }

  /** @throws {Error} when a file fails without any fault: then it notices none */
  async #requireSound(bench: Bench, test: SqlTest): Promise<void> {
    if (this.#known.has(test.hash)) return;
    this.#known.set(test.hash, await bench.reachOf(test));
    noteReach(this.#known);
  }
}

let told = 0;
function progress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r${text}   `);
  else if (Date.now() - told > 30_000) {
    told = Date.now();
    console.log(text);
  }
}
