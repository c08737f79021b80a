/* Clocks that are wrong, by libfaketime: of a process, by its environment, and of a PostgreSQL server, by a pg_ctl that gives it one. What is monotonic stays so. */
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { embeddedBinaries } from "../../db/postgresBinaries.ts";
import { faketimePath } from "../requirements.ts";

/** By how much clocks are wrong here. */
export const CLOCKS = ["+1h", "-1h", "+10y", "-10y"] as const;
export type Clock = (typeof CLOCKS)[number] | "+0";

const MILLISECONDS = {
  "+0": 0,
  "+1h": 3_600_000,
  "-1h": -3_600_000,
  "+10y": 315_360_000_000,
  "-10y": -315_360_000_000,
};

/** What a process with such a clock takes for now: give or take a minute, see {@link isNowBy}. */
export const nowBy = (clock: Clock) => Date.now() + MILLISECONDS[clock];

export const isNowBy = (clock: Clock, time: number) => Math.abs(nowBy(clock) - time) < 60_000;

/** The variables that give a process such a clock. */
export const clockOf = (clock: Clock) => ({ ...COMMON, FAKETIME: clock });

const COMMON = { LD_PRELOAD: faketimePath() ?? "", FAKETIME_DONT_FAKE_MONOTONIC: "1" };

/** The clock of a server of its own, and the programs that start the server with it. */
export class ServerClock {
  readonly binDirectory: string;
  readonly #file: string;

  private constructor(folder: string) {
    this.binDirectory = join(folder, "bin");
    this.#file = join(folder, "clock");
  }

  /** @param folder an empty one, which the user of the server may enter */
  static async make(folder: string): Promise<ServerClock> {
    const clock = new ServerClock(folder);
    await clock.set("+0");
    await mkdir(clock.binDirectory);
    const { initdb, postgres, pgCtl } = await embeddedBinaries();
    await symlink(initdb, join(clock.binDirectory, "initdb"));
    await symlink(postgres, join(clock.binDirectory, "postgres"));
    const settings = { ...COMMON, FAKETIME_TIMESTAMP_FILE: clock.#file, FAKETIME_NO_CACHE: "1" };
    const words = Object.entries(settings).map(([name, value]) => `${name}='${value}'`);
    const script = join(clock.binDirectory, "pg_ctl");
    await writeFile(script, `#!/bin/sh\nexec env ${words.join(" ")} '${pgCtl}' "$@"\n`);
    await chmod(script, 0o755);
    return clock;
  }

  /** From now on: all processes of the server look at it each time. */
  async set(clock: Clock): Promise<void> {
    await writeFile(this.#file, `${clock}\n`, { mode: 0o644 });
  }
}
