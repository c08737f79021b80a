/** What a person sees while something long runs: on a terminal one line with a bar that stays in place, elsewhere a line now and then. */

/** A part of the whole: how long it is expected to take against the others. */
export interface Part {
  readonly name: string;
  readonly expectedSeconds: number;
}

const BAR_WIDTH = 24;
/** Where lines cannot be replaced, not more often than this. */
const LINE_MILLISECONDS = 10_000;

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #since = performance.now();
  readonly #expectedSeconds: number;
  #doneSeconds = 0;
  #part: Part | undefined;
  #stepsDone = 0;
  #steps = 1;
  #lastLine = Number.NEGATIVE_INFINITY;

  constructor(parts: readonly Part[], stream: NodeJS.WriteStream = process.stderr) {
    this.#expectedSeconds = parts.reduce((sum, part) => sum + part.expectedSeconds, 0);
    this.#stream = stream;
  }

  begin(part: Part): void {
    this.#part = part;
    this.steps(1);
    this.#show("preparing");
  }

  /** In how many steps the present part will be done. */
  steps(count: number): void {
    this.#steps = count;
    this.#stepsDone = 0;
  }

  /** A step begins; the one before is done. */
  step(what: string): void {
    this.#show(what);
    this.#stepsDone = Math.min(this.#stepsDone + 1, this.#steps);
  }

  /** So many of the steps of the present part are done. */
  reach(done: number, of: number, what: string): void {
    this.steps(Math.max(of, 1));
    this.#stepsDone = done;
    this.#show(what);
  }

  end(): void {
    this.#doneSeconds += this.#part?.expectedSeconds ?? 0;
    this.#part = undefined;
  }

  /** Says something that stays. */
  say(line: string): void {
    this.clear();
    this.#stream.write(`${line}\n`);
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\x1b[K");
  }

  #show(what: string): void {
    const elapsed = performance.now() - this.#since;
    const part = this.#part?.expectedSeconds ?? 0;
    const fraction = (this.#doneSeconds + part * (this.#stepsDone / this.#steps)) / this.#expectedSeconds;
    const filled = Math.round(fraction * BAR_WIDTH);
    const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
    // What was expected, corrected by how it went so far; a beginning says little.
    const pace = fraction > 0.05 ? elapsed / (fraction * this.#expectedSeconds * 1000) : 1;
    const left = duration((1 - fraction) * this.#expectedSeconds * 1000 * pace);
    const line = `${bar} ${String(Math.round(fraction * 100)).padStart(3)} %, ${left} left · ${this.#part?.name}: ${what}`;
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\x1b[K${line.slice(0, (this.#stream.columns || 80) - 1)}`);
    } else if (performance.now() - this.#lastLine >= LINE_MILLISECONDS) {
      this.#stream.write(`${line}\n`);
      this.#lastLine = performance.now();
    }
  }
}

/** 1 h 05 min · 4 min 10 s · 12 s */
export function duration(milliseconds: number): string {
  const seconds = Math.max(Math.round(milliseconds / 1000), 0);
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  return minutes > 0 ? `${minutes} min ${String(seconds % 60).padStart(2, "0")} s` : `${seconds} s`;
}
