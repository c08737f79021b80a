import { useEffect, useRef } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import type { EditionFacts } from "../press/EditionDocuments.ts";

/** Said once in a while, not for every ticket of a fast sale. */
const ANNOUNCE_MILLISECONDS = 5_000;

/** How many are left, as figures and as a strip of the edition. */
export function Remaining({
  edition,
  isSpoken = false,
}: {
  readonly edition: EditionFacts;
  readonly isSpoken?: boolean;
}) {
  const { remainingCount, cap } = edition;
  useSpokenCount(isSpoken ? remainingCount : null);
  return (
    <div className="remaining">
      <p className="remaining-count">
        <strong data-testid={`remaining-${edition.slug}`}>{remainingCount.toLocaleString()}</strong>{" "}
        <span>of {cap.toLocaleString()} left</span>
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
