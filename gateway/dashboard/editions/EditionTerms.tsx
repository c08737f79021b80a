import { Time } from "../parts/Time.tsx";
import type { DrawMode, EditionFacts } from "../press/EditionDocuments.ts";
import { demandsNothing, demandsOf, haveOf, type Standing } from "../you/proofs.ts";

const DRAWS: Readonly<Record<DrawMode, string>> = {
  none: "no draw",
  random_int: "by the press's own random number",
  sealed: "by a secret sealed before the sale",
  beacon: "by a public beacon that nobody controls",
};

interface EditionTermsProps {
  readonly edition: EditionFacts;
  /** What the reader has of that which it may demand; null: that is not known. */
  readonly standing?: Standing | null;
}

/** What was settled for an edition before it opened. */
export function EditionTerms({ edition, standing = null }: EditionTermsProps) {
  const { cap, perHolderLimit, opensAt, closesAt, closedAt, drawMode } = edition;
  return (
    <dl className="terms">
      <div>
        <dt>For one person</dt>
        <dd>{perHolderLimit === cap ? "no limit but the cap" : `${perHolderLimit} at most`}</dd>
      </div>
      {demandsNothing(edition) ? null : (
        <div>
          <dt>Needs</dt>
          <dd data-testid={`needs-${edition.slug}`}>{demandsOf(edition)}</dd>
        </div>
      )}
      {demandsNothing(edition) || standing === null ? null : (
        <div>
          <dt>You have</dt>
          <dd data-testid={`have-${edition.slug}`}>{haveOf(standing)}</dd>
        </div>
      )}
      {opensAt === null ? null : (
        <div>
          <dt>Opens</dt>
          <dd>
            <Time at={opensAt} />
          </dd>
        </div>
      )}
      {closedAt === null && closesAt !== null ? (
        <div>
          <dt>Closes</dt>
          <dd>
            <Time at={closesAt} />
          </dd>
        </div>
      ) : null}
      {closedAt === null ? null : (
        <div>
          <dt>Closed</dt>
          <dd>
            <Time at={closedAt} />
          </dd>
        </div>
      )}
      {drawMode === "none" ? null : (
        <div>
          <dt>Drawn</dt>
          <dd>{DRAWS[drawMode]}</dd>
        </div>
      )}
    </dl>
  );
}
