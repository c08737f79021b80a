import { useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { usePress } from "../press/PressProvider.tsx";
import { useReading } from "../press/useReading.ts";
import { Page } from "../routing/Page.tsx";
import { EditionCard } from "./EditionCard.tsx";
import { AllEditions } from "./EditionsDocuments.ts";

/** All editions, the newest first, with what remains of each. */
export function EditionsPage() {
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  return (
    <Page
      title="Editions"
      kicker="Numbered, and never one more"
      lead="Each edition has a last number. Every ticket is signed, recorded in a public ledger, and yours to verify."
    >
      {cursors.map((after, index) => (
        <EditionsSheet
          key={after ?? "first"}
          after={after}
          isLast={index === cursors.length - 1}
          onMore={(cursor) => setCursors([...cursors, cursor])}
        />
      ))}
    </Page>
  );
}

interface SheetProps {
  readonly after: string | null;
  readonly isLast: boolean;
  readonly onMore: (cursor: string) => void;
}

function EditionsSheet({ after, isLast, onMore }: SheetProps) {
  const press = usePress();
  const { data, problem } = useReading(AllEditions, { after }, "editions", (read) =>
    press.editions.put(...read.editions.nodes),
  );
  if (data === undefined) return problem === null ? <Loading /> : <ProblemNotice problem={problem} />;
  const { nodes, pageInfo } = data.editions;
  if (nodes.length === 0) return <p className="empty">There is no edition yet.</p>;
  return (
    <>
      <ul className="cards">
        {nodes.map((edition) => (
          <EditionCard key={edition.rowId} edition={edition} />
        ))}
      </ul>
      {isLast && pageInfo.hasNextPage && pageInfo.endCursor !== null ? (
        <button type="button" className="button" onClick={() => onMore(pageInfo.endCursor ?? "")}>
          Earlier editions
        </button>
      ) : null}
    </>
  );
}
