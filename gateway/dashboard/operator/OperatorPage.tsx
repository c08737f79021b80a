import { useState } from "react";
import { AllEditions } from "../editions/EditionsDocuments.ts";
import { editionState } from "../editions/editionState.ts";
import { Loading } from "../parts/Loading.tsx";
import { Pager } from "../parts/Pager.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import type { EditionFacts } from "../press/EditionDocuments.ts";
import { useNewestEdition, usePress } from "../press/PressProvider.tsx";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { CreateEdition } from "./CreateEdition.tsx";
import { OperatorsOnly } from "./OperatorsOnly.tsx";
import { StartPress } from "./StartPress.tsx";

/** For operators: all editions, drafts too, and a new one. */
export function OperatorPage() {
  return (
    <OperatorsOnly title="Operator">
      <Page title="Operator" lead="What you open here binds the press: terms cannot be changed afterwards.">
        <StartPress />
        <p>
          <Link to={{ page: "holders" }}>Holders</Link>: what they have proved, and what is to be done about it.
        </p>
        <EditionsTable />
        <CreateEdition />
      </Page>
    </OperatorsOnly>
  );
}

function EditionsTable() {
  const press = usePress();
  const [trail, setTrail] = useState<readonly (string | null)[]>([null]);
  const { data, problem } = useReading(AllEditions, { after: trail.at(-1) ?? null }, "editions", (read) =>
    press.editions.put(...read.editions.nodes),
  );
  if (data === undefined) return problem === null ? <Loading /> : <ProblemNotice problem={problem} />;
  const { nodes, pageInfo } = data.editions;
  return (
    <section className="card" aria-label="Editions">
      <div className="scroll">
        <table>
          <caption>Editions, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">Edition</th>
              <th scope="col">State</th>
              <th scope="col">Left</th>
            </tr>
          </thead>
          <tbody>
            {nodes.map((edition) => (
              <EditionRow key={edition.rowId} edition={edition} />
            ))}
          </tbody>
        </table>
      </div>
      <Pager of="editions" trail={trail} next={pageInfo.hasNextPage ? pageInfo.endCursor : null} onTurn={setTrail} />
    </section>
  );
}

function EditionRow({ edition: read }: { readonly edition: EditionFacts }) {
  const edition = useNewestEdition(read.slug) ?? read;
  const state = editionState(edition);
  return (
    <tr>
      <th scope="row">
        <Link to={{ page: "operatorEdition", slug: edition.slug }}>{edition.title}</Link>
      </th>
      <td>
        <span className={`badge state-${state.replace(" ", "-")}`}>{state}</span>
      </td>
      <td>
        {edition.remainingCount.toLocaleString()} of {edition.cap.toLocaleString()}
      </td>
    </tr>
  );
}
