import type { EditionFacts } from "../press/EditionDocuments.ts";
import { useNewestEdition } from "../press/PressProvider.tsx";
import { Link } from "../routing/Link.tsx";
import type { Standing } from "../you/proofs.ts";
import { EditionTerms } from "./EditionTerms.tsx";
import { editionState } from "./editionState.ts";
import { Remaining } from "./Remaining.tsx";
import { useSaleMoments } from "./useSaleMoments.ts";

interface EditionCardProps {
  readonly edition: EditionFacts;
  /** What the reader has of that which it may demand; null: that is not known. */
  readonly standing: Standing | null;
}

/** An edition among others. */
export function EditionCard({ edition: read, standing }: EditionCardProps) {
  const edition = useNewestEdition(read.slug) ?? read;
  useSaleMoments(edition);
  const state = editionState(edition);
  return (
    <li className={`card edition-card ${state.replace(" ", "-")}`}>
      <p className="kicker">
        <span className={`badge state-${state.replace(" ", "-")}`}>{state}</span>
        {edition.drawMode === "none" ? "limited edition" : "raffle"}
      </p>
      <h2>
        <Link to={{ page: "edition", slug: edition.slug }}>{edition.title}</Link>
      </h2>
      <Remaining edition={edition} />
      <EditionTerms edition={edition} standing={standing} />
    </li>
  );
}
