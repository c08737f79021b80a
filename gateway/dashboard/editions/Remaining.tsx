import { useEffect, useRef } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import type { EditionFacts } from "../press/EditionDocuments.ts";

/** Said once in a while, not for every ticket of a fast sale. */
const ANNOUNCE_MILLISECONDS = 5_000;

/** How many are left, or how many were taken once there can be no more, as figures and as a strip of the edition. */
export function Remaining({
  edition,
  isSpoken = false,
}: {
  readonly edition: EditionFacts;
  readonly isSpoken?: boolean;
}) {
  const { remainingCount, cap, slug, status } = edition;
  const isOver = status === "closed" || status === "drawn";
  useSpokenCount(isSpoken && !isOver ? remainingCount : null);
  const [count, word] = isOver ? [cap - remainingCount, "taken"] : [remainingCount, "left"];
  return (
    <div className="remaining">
      <p className="remaining-count">
        <strong data-testid={`${isOver ? "taken" : "remaining"}-${slug}`}>{count.toLocaleString()}</strong>{" "}
        <span>
          of {cap.toLocaleString()} {word}
        </span>
      </p>
      <progress
        className="strip"
        max={cap}
        value={cap - remainingCount}
        aria-label={`Tickets taken of ${edition.title}`}
      />
    </div>
  );
}

function useSpokenCount(count: number | null): void {
  const announce = useAnnounce();
  const spoken = useRef(count);
  useEffect(() => {
    if (count === null || count === spoken.current) return;
    const timer = setTimeout(
      () => {
        spoken.current = count;
        announce(`${count} left.`);
      },
      count === 0 ? 0 : ANNOUNCE_MILLISECONDS,
    );
    return () => clearTimeout(timer);
  }, [count, announce]);
}
