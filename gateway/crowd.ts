/** How many of one owner wait at once, so that nobody takes the room of everybody. */
export class Crowd {
  readonly #max: number;
  readonly #counts = new Map<string, number>();

  /** @param max of one owner, at once */
  constructor(max: number) {
    this.#max = max;
  }

  hasRoomFor(owner: string): boolean {
    return (this.#counts.get(owner) ?? 0) < this.#max;
  }

  enter(owner: string): void {
    this.#counts.set(owner, (this.#counts.get(owner) ?? 0) + 1);
  }

  leave(owner: string): void {
    const left = (this.#counts.get(owner) ?? 0) - 1;
    if (left > 0) this.#counts.set(owner, left);
    else this.#counts.delete(owner);
  }
}
