interface PagerProps {
  /** What the pages are of, for those who only hear the buttons. */
  readonly of: string;
  /** The cursors of the pages before this one; null: from the start. */
  readonly trail: readonly (string | null)[];
  readonly next: string | null;
  readonly onTurn: (trail: readonly (string | null)[]) => void;
}

/** Turns the pages of a list that has cursors and no numbers. */
export function Pager({ of, trail, next, onTurn }: PagerProps) {
  if (trail.length <= 1 && next === null) return null;
  return (
    <nav className="actions" aria-label={`Pages of ${of}`}>
      <button type="button" className="button" disabled={trail.length <= 1} onClick={() => onTurn(trail.slice(0, -1))}>
        Back
      </button>
      <button type="button" className="button" disabled={next === null} onClick={() => onTurn([...trail, next])}>
        Further
      </button>
    </nav>
  );
}
