import { useCallback } from "react";
import { DrawWinner, ReplaceWinner } from "../draws/DrawDocuments.ts";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { deviceStorage, RequestJournal } from "../press/requestJournal.ts";
import { type Ending, type Outcome, pauseBetween, untilAnswered } from "../press/untilAnswered.ts";
import { useCaller } from "../session/SessionProvider.tsx";

const journal = new RequestJournal("draw", deviceStorage);
const ATTEMPTS_MAX = 5;

/** Asks for a draw or for a replacement, under a key that stays the same until the answer is known: an operator cannot replace a winner twice. */
export function useDrawing(slug: string) {
  const press = usePress();
  const caller = useCaller() ?? "";
  const pursue = useCallback(
    async (about: string, send: (requestKey: string) => Promise<Outcome<unknown>>): Promise<Problem | null> => {
      const request = journal.begin(caller, about);
      const ending = (await untilAnswered({
        send: () => send(request.requestKey),
        mayBeSent: false,
        attemptsMax: ATTEMPTS_MAX,
        pause: pauseBetween,
        onRetry: () => undefined,
        signal: NEVER,
      })) as Ending<unknown>;
      press.touch("editions", "events");
      if (ending.isSettled) journal.settle(request);
      return "value" in ending ? null : ending.problem;
    },
    [press, caller],
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

/** It is not given up: the attempts are few, and the connection of somebody who has gone sends nothing. */
const NEVER = new AbortController().signal;
