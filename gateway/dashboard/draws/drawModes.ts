/** The ways of drawing, in words: what each of them is, whom one has to trust, and what it does not exclude. */
import type { DrawMode } from "../press/EditionDocuments.ts";

export interface DrawModeWords {
  readonly name: string;
  readonly how: string;
  readonly trust: string;
}

export const DRAW_MODES: Readonly<Record<DrawMode, DrawModeWords>> = {
  none: {
    name: "No draw",
    how: "Every ticket is worth the same; nobody wins.",
    trust: "There is nothing to trust.",
  },
  random_int: {
    name: "Random number",
    how: "The press chooses with the random numbers of its own machine.",
    trust: "It is fair if you trust the operator: nobody can compute it again.",
  },
  sealed: {
    name: "Sealed secret",
    how: "A secret is chosen and its hash published before the first ticket. At the draw it is revealed and mixed with the list of tickets.",
    trust:
      "The operator cannot draw twice, and anybody can compute it again. An operator who knows the secret could still add a last ticket knowingly.",
  },
  beacon: {
    name: "Public beacon",
    how: "The winner follows from the list of tickets and a random number that a public beacon (drand) publishes after the sale is closed and recorded.",
    trust: "Nobody can steer it, the operator included, and anybody can compute it again.",
  },
};
