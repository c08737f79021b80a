/** Lets go of one thing that was started. */
export type Ending = () => Promise<unknown>;

/** What has to be ended, in the reverse order of its beginning. */
export class Endings {
  readonly #endings: Ending[] = [];
  #ended: Promise<void> | undefined;

  add(ending: Ending): void {
    this.#endings.push(ending);
  }

  /** Ends everything once, whoever asks and however often; what fails to end keeps nothing else from ending. */
  end(): Promise<void> {
    this.#ended ??= this.#endAll();
    return this.#ended;
  }

  async #endAll(): Promise<void> {
    for (const end of this.#endings.toReversed()) {
      await end().catch((error: Error) => console.error(`While cleaning up: ${error.message}`));
    }
  }
}
