/** Asks the same question again and again, never twice at once. */
export class Reader<Answer> {
  readonly #ask: () => Promise<Answer>;
  readonly #onAnswer: (answer: Answer, isLast: boolean) => void;
  #isBusy = false;
  #isDue = false;
  #isStopped = false;

  /** @param onAnswer told each answer, in the order of asking; `isLast`: the question is not being asked again already */
  constructor(ask: () => Promise<Answer>, onAnswer: (answer: Answer, isLast: boolean) => void) {
    this.#ask = ask;
    this.#onAnswer = onAnswer;
  }

  /** Asks; while an answer is awaited, once more after it, because it may say what was true before. */
  again(): void {
    this.#isDue = true;
    if (!this.#isBusy) void this.#work();
  }

  /** Tells nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    while (this.#isDue && !this.#isStopped) {
      this.#isDue = false;
      const answer = await this.#ask();
      if (!this.#isStopped) this.#onAnswer(answer, !this.#isDue);
    }
    this.#isBusy = false;
  }
}
