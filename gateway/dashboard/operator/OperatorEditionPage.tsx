import { OneEdition } from "../editions/EditionsDocuments.ts";
import { EditionTerms } from "../editions/EditionTerms.tsx";
import { editionState } from "../editions/editionState.ts";
import { Remaining } from "../editions/Remaining.tsx";
import { useSaleMoments } from "../editions/useSaleMoments.ts";
import { Loading } from "../parts/Loading.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { useNewestEdition, usePress } from "../press/PressProvider.tsx";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { EditionActions } from "./EditionActions.tsx";
import { OperatorsOnly } from "./OperatorsOnly.tsx";
import { SalesChart } from "./SalesChart.tsx";
import { WhoHoldsWhat } from "./WhoHoldsWhat.tsx";

/** One edition, for those who run it. */
export function OperatorEditionPage({ slug }: { readonly slug: string }) {
  return (
    <OperatorsOnly title="Run an edition">
      <EditionSheet slug={slug} />
    </OperatorsOnly>
  );
}

function EditionSheet({ slug }: { readonly slug: string }) {
  const press = usePress();
  const { data, problem } = useReading(OneEdition, { slug }, "editions", ({ editionBySlug }) => {
    if (editionBySlug !== null) press.editions.put(editionBySlug);
  });
  const edition = useNewestEdition(slug);
  useSaleMoments(edition);
  if (edition === undefined) {
    if (data?.editionBySlug === null)
      return <Page title="No such edition" lead={`There is no edition named ${slug}.`} />;
    return <Page title="Edition">{problem === null ? <Loading /> : <ProblemNotice problem={problem} />}</Page>;
  }
  const state = editionState(edition);
  return (
    <Page
      title={edition.title}
      kicker={
        <>
          <span className={`badge state-${state.replace(" ", "-")}`}>{state}</span>
          <Link to={{ page: "edition", slug }}>as everybody sees it</Link>
        </>
      }
    >
      <div className="columns">
        <section className="card" aria-label="What remains">
          <Remaining edition={edition} isSpoken />
          <EditionTerms edition={edition} />
        </section>
        <EditionActions edition={edition} />
      </div>
      <SalesChart edition={edition} />
      <WhoHoldsWhat edition={edition} />
    </Page>
  );
}
