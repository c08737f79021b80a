import { useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { useKept } from "../parts/useKept.ts";
import { usePress } from "../press/PressProvider.tsx";
import { useReading } from "../press/useReading.ts";
import { Page } from "../routing/Page.tsx";
import { demandsNothing } from "../you/proofs.ts";
import { useOwnStanding } from "../you/useOwnStanding.ts";
import { EditionCard } from "./EditionCard.tsx";
import { AllEditions } from "./EditionsDocuments.ts";

/** All editions, the newest first, with what remains of each. */
export function EditionsPage() {
  return (
    <Page
      title="Editions"
      kicker="Numbered, and never one more"
      lead="Each edition has a last number. Every ticket is signed, recorded in a public ledger, and yours to verify."
    >
      <EditionsSheet after={null} />
    </Page>
  );
}

/** Some of them, and those that come after these: what a new one pushes off this sheet is on the next. */
function EditionsSheet({ after }: { readonly after: string | null }) {
  const [isContinued, setIsContinued] = useState(false);
  const press = usePress();
  const { data: read, problem } = useReading(AllEditions, { after }, "editions", ({ editions }) =>
    press.editions.put(...editions.nodes),
  );
  const data = useKept(read);
  const standing = useOwnStanding(data?.editions.nodes.some((edition) => !demandsNothing(edition)) ?? false);
  if (data === undefined) return problem === null ? <Loading /> : <ProblemNotice problem={problem} />;
  const { nodes, pageInfo } = data.editions;
  if (nodes.length === 0) return <p className="empty">There is no edition yet.</p>;
  return (
    <>
      <ul className="cards">
        {nodes.map((edition) => (
          <EditionCard key={edition.rowId} edition={edition} standing={standing} />
        ))}
      </ul>
      {!pageInfo.hasNextPage || pageInfo.endCursor === null ? null : isContinued ? (
        <EditionsSheet after={pageInfo.endCursor} />
      ) : (
        <button type="button" className="button" onClick={() => setIsContinued(true)}>
          Earlier editions
        </button>
      )}
    </>
  );
}
