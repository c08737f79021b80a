/** What a row of the bench is, what it is given, and what it answers with. */

import type { Progress } from "../../../cli/progress.ts";
import type { Ending } from "./endings.ts";
import type { LineChart } from "./lineChart.ts";
import type { BenchServer } from "./server.ts";
import type { Spread } from "./statistics.ts";

/** One thing that is measured. */
export interface Row {
  readonly name: string;
  /** What it answers, in a line. */
  readonly title: string;
  /** How long it takes, for the progress bar. */
  readonly expectedSeconds: { readonly full: number; readonly quick: number };
  /** The reason why it cannot run here, or undefined. */
  readonly skipReason?: () => string | undefined;
  readonly run: (bench: Bench) => Promise<RowResult>;
}

/** What a row is given. */
export interface Bench {
  /** A smoke test: everything runs once and for a moment, and its figures mean nothing. */
  readonly isQuick: boolean;
  readonly rounds: Rounds;
  readonly server: BenchServer;
  readonly progress: Progress;
  /** Registers what ends something that the row has started; done in reverse order when the row ends, however it ends. */
  readonly onEnd: (ending: Ending) => void;
}

export interface Rounds {
  readonly count: number;
  /** Run before, and not counted. */
  readonly warmUps: number;
  /** Of one run of one contestant. */
  readonly milliseconds: number;
}

/** What is hoped for; `first` is where one may rest for a moment. */
export interface Goal {
  readonly better: "higher" | "lower";
  readonly first: number;
  readonly far: number;
}

/** A line of the table. */
export interface Figure {
  readonly what: string;
  readonly ours: string;
  readonly peer?: string;
  /** What is held to the goal: a ratio of ours to the peer's in the same round, a time, or a rate. */
  readonly value: Spread;
  readonly unit: "×" | "ms" | "leaves/s" | "events/s";
  readonly goal?: Goal;
}

/** A table beside the figures. The first column is text, the others are numbers. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface RowResult {
  readonly figures: readonly Figure[];
  readonly tables?: readonly Table[];
  /** By the name of the file, without its ending. */
  readonly charts?: Readonly<Record<string, LineChart>>;
  /** What one has to know to read the figures. */
  readonly notes?: readonly string[];
}
