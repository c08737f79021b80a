import { useEffect } from "react";
import type { EditionFacts } from "../press/EditionDocuments.ts";
import { usePress } from "../press/PressProvider.tsx";
import { nextMoment } from "./editionState.ts";

/** Everybody who waits for the same sale asks within this time, not at the same moment. */
const JITTER_MILLISECONDS = 1_000;
/** Where the clock of the press is behind the reader's, it is asked again. */
const AGAIN_MILLISECONDS = 3_000;
const TIMEOUT_MILLISECONDS_MAX = 2 ** 31 - 1;

/** Has editions read again when the sale of this one begins or ends by its window: nothing happens in the press then that it could tell. */
export function useSaleMoments(edition: EditionFacts | undefined): void {
  const press = usePress();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isPast = false;
    const wait = () => {
      const moment = edition === undefined ? null : nextMoment(edition);
      if (moment === null) return;
      const milliseconds = Math.max(moment - Date.now(), isPast ? AGAIN_MILLISECONDS : 0);
      timer = setTimeout(
        () => {
          isPast = Date.now() >= moment;
          if (isPast) press.touch("editions");
          wait();
        },
        Math.min(milliseconds + Math.random() * JITTER_MILLISECONDS, TIMEOUT_MILLISECONDS_MAX),
      );
    };
    wait();
    return () => clearTimeout(timer);
  }, [press, edition]);
}
