import { useCallback } from "react";
import { DrawWinner, ReplaceWinner } from "../draws/DrawDocuments.ts";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { deviceStorage, RequestJournal } from "../press/requestJournal.ts";
import { type Outcome, pauseBetween, untilAnswered } from "../press/untilAnswered.ts";

const journal = new RequestJournal("draw", deviceStorage);
const ATTEMPTS_MAX = 5;

/** Asks for a draw or for a replacement, under a key that stays the same until the answer is known: an operator cannot replace a winner twice. */
export function useDrawing(subject: string, slug: string) {
  const press = usePress();
  const pursue = useCallback(
    async (about: string, send: (requestKey: string) => Promise<Outcome<unknown>>): Promise<Problem | null> => {
      const request = journal.begin(subject, about);
      const controller = new AbortController();
      let [last, attempts]: [Problem | null, number] = [null, 0];
      const outcome = await untilAnswered({
        send: () => send(request.requestKey),
        mayBeSent: false,
        pause: pauseBetween,
        onRetry: (problem) => {
          [last, attempts] = [problem, attempts + 1];
          if (attempts >= ATTEMPTS_MAX) controller.abort();
        },
        signal: controller.signal,
      });
      press.touch("editions", "events");
      if (outcome === null) return last;
      journal.settle(request);
      return "value" in outcome ? null : outcome.problem;
    },
    [press, subject],
  );
  const draw = useCallback(
    () => pursue(slug, (requestKey) => press.order(DrawWinner, { slug, requestKey })),
    [pursue, press, slug],
  );
  const replace = useCallback(
    (reason: string, attempt: number) =>
      pursue(`${slug}/${attempt}`, (requestKey) => press.order(ReplaceWinner, { slug, reason, requestKey })),
    [pursue, press, slug],
  );
  return { draw, replace };
}
