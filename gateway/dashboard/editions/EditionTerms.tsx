import { Time } from "../parts/Time.tsx";
import type { DrawMode, EditionFacts } from "../press/EditionDocuments.ts";

const DRAWS: Readonly<Record<DrawMode, string>> = {
  none: "no draw",
  random_int: "by the press's own random number",
  sealed: "by a secret sealed before the sale",
  beacon: "by a public beacon that nobody controls",
};

/** What was settled for an edition before it opened. */
export function EditionTerms({ edition }: { readonly edition: EditionFacts }) {
  const { cap, perHolderLimit, opensAt, closesAt, closedAt, drawMode } = edition;
  return (
    <dl className="terms">
      <div>
        <dt>For one person</dt>
        <dd>{perHolderLimit === cap ? "no limit but the cap" : `${perHolderLimit} at most`}</dd>
      </div>
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
