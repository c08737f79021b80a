/** How often the press is asked by a page that nobody touches: there may be many thousands of them. */

const POLL_MILLISECONDS = 3_000;
const POLL_MILLISECONDS_MAX = 30_000;

/**
 * How long to wait before everything in view is read again, in milliseconds: more seldom the longer it goes on, and never in step with others.
 *
 * @param polls how often it was read so far; a press that is overloaded counts for several
 * @param chance from 0 to 1
 */
export function pollPause(polls: number, chance = Math.random()): number {
  return Math.min(POLL_MILLISECONDS * 1.2 ** polls, POLL_MILLISECONDS_MAX) * (0.75 + chance / 2);
}

/** Does something at once, but not again before its time has passed; what was asked for meanwhile is done then, once. */
export class Throttle {
  readonly #act: () => void;
  readonly #milliseconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isDue = false;

  constructor(act: () => void, milliseconds: number) {
    this.#act = act;
    this.#milliseconds = milliseconds;
  }

  run(): void {
    this.#isDue = true;
    if (this.#timer === undefined) this.#work();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
  }

  #work(): void {
    this.#timer = undefined;
    if (!this.#isDue) return;
    this.#isDue = false;
    this.#timer = setTimeout(() => this.#work(), this.#milliseconds);
    this.#act();
  }
}
