import { DrawResult } from "../draws/DrawResult.tsx";
import { Loading } from "../parts/Loading.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import type { EditionFacts } from "../press/EditionDocuments.ts";
import { useNewestEdition, usePress } from "../press/PressProvider.tsx";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { useIsOperator } from "../session/SessionProvider.tsx";
import { demandsNothing } from "../you/proofs.ts";
import { useOwnStanding } from "../you/useOwnStanding.ts";
import { BuyTickets } from "./BuyTickets.tsx";
import { OneEdition } from "./EditionsDocuments.ts";
import { EditionTerms } from "./EditionTerms.tsx";
import { editionState } from "./editionState.ts";
import { Remaining } from "./Remaining.tsx";
import { useSaleMoments } from "./useSaleMoments.ts";

/** One edition: what remains, taking tickets, its draw. */
export function EditionPage({ slug }: { readonly slug: string }) {
  const press = usePress();
  const { data, problem } = useReading(OneEdition, { slug }, "editions", ({ editionBySlug }) => {
    if (editionBySlug !== null) press.editions.put(editionBySlug);
  });
  const edition = useNewestEdition(slug);
  if (edition !== undefined) return <EditionSheet edition={edition} />;
  if (data?.editionBySlug === null) {
    return <Page title="No such edition" lead={`There is no edition named ${slug}, or it is not public yet.`} />;
  }
  return <Page title="Edition">{problem === null ? <Loading /> : <ProblemNotice problem={problem} />}</Page>;
}

function EditionSheet({ edition }: { readonly edition: EditionFacts }) {
  const isOperator = useIsOperator();
  const standing = useOwnStanding(!demandsNothing(edition));
  useSaleMoments(edition);
  const state = editionState(edition);
  return (
    <Page
      title={edition.title}
      kicker={
        <>
          <span className={`badge state-${state.replace(" ", "-")}`}>{state}</span>
          {edition.drawMode === "none" ? "limited edition" : "raffle"} of {edition.cap.toLocaleString()}
        </>
      }
    >
      <div className="columns">
        <section className="card" aria-label="What remains">
          <Remaining edition={edition} isSpoken />
          <BuyTickets edition={edition} />
        </section>
        <section className="card" aria-label="Terms">
          <h2>Terms</h2>
          <EditionTerms edition={edition} standing={standing} />
          {isOperator ? (
            <p>
              <Link to={{ page: "operatorEdition", slug: edition.slug }}>Run this edition</Link>
            </p>
          ) : null}
        </section>
      </div>
      {edition.drawMode === "none" ? null : <DrawResult edition={edition} />}
    </Page>
  );
}
