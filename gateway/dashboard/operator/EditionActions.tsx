import { type ReactNode, useState } from "react";
import { type DrawFacts, DrawsOfEdition, VoidDraw } from "../draws/DrawDocuments.ts";
import { DRAW_MODES } from "../draws/drawModes.ts";
import { useAnnounce } from "../parts/Announcer.tsx";
import { Confirm } from "../parts/Confirm.tsx";
import type { EditionFacts } from "../press/EditionDocuments.ts";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { useReading } from "../press/useReading.ts";
import { CloseEdition, OpenEdition } from "./OperatorDocuments.ts";
import { useDrawing } from "./useDrawing.ts";

/** Something that an operator can do with an edition now. */
interface Action {
  readonly label: string;
  readonly title: string;
  readonly explanation: ReactNode;
  readonly done: string;
  readonly reasonLabel?: string;
  readonly run: (reason: string) => Promise<Problem | null>;
}

/** What can be done with the edition as it stands. Nothing here can be taken back, so each asks for the slug first. */
export function EditionActions({ edition }: { readonly edition: EditionFacts }) {
  const { data } = useReading(DrawsOfEdition, { slug: edition.slug }, "events");
  const actions = useActions(edition, data?.editionBySlug?.draws.nodes ?? []);
  const [chosen, setChosen] = useState<Action | null>(null);
  const announce = useAnnounce();
  return (
    <section className="card" aria-label="Actions">
      <h2>Actions</h2>
      {actions.length === 0 ? <p className="empty">There is nothing more to do with it.</p> : null}
      <div className="actions">
        {actions.map((action) => (
          <button key={action.label} type="button" className="button" onClick={() => setChosen(action)}>
            {action.label} …
          </button>
        ))}
      </div>
      {chosen === null ? null : (
        <Confirm
          title={chosen.title}
          confirmLabel={chosen.label}
          typed={edition.slug}
          reasonLabel={chosen.reasonLabel}
          onConfirm={async (reason) => {
            const problem = await chosen.run(reason);
            if (problem === null) announce(chosen.done);
            return problem;
          }}
          onClose={() => setChosen(null)}
        >
          {chosen.explanation}
        </Confirm>
      )}
    </section>
  );
}

function useActions(edition: EditionFacts, draws: readonly DrawFacts[]): readonly Action[] {
  const press = usePress();
  const { draw, replace } = useDrawing(edition.slug);
  const { slug, status, drawMode } = edition;
  const latest = draws.at(-1);
  const actions: Action[] = [];
  if (status === "draft") {
    actions.push({
      label: "Open the edition",
      title: "Open the edition?",
      explanation: <p>Its terms are written into the ledger for everybody, and cannot be changed any more.</p>,
      done: "The edition is open.",
      run: async () => {
        const outcome = await press.order(OpenEdition, { slug });
        if ("problem" in outcome) return outcome.problem;
        press.editions.put(outcome.value.openEdition.edition);
        return null;
      },
    });
  }
  if (status === "open") {
    actions.push({
      label: "Close the edition",
      title: "Close the edition?",
      explanation: <p>It issues nothing more, for ever. What is not issued stays that way.</p>,
      done: "The edition is closed.",
      run: async () => {
        const outcome = await press.order(CloseEdition, { slug });
        if ("problem" in outcome) return outcome.problem;
        press.editions.put(outcome.value.closeEdition.edition);
        return null;
      },
    });
  }
  if ((status === "open" || status === "closed") && drawMode !== "none" && latest === undefined) {
    actions.push({
      label: "Draw the winner",
      title: "Draw the winner?",
      explanation: (
        <p>
          {status === "open" && drawMode !== "beacon" ? "This closes the edition. " : ""}
          There is one draw, and it stands. {DRAW_MODES[drawMode].how}
        </p>
      ),
      done: "The draw was asked for.",
      run: draw,
    });
  }
  if (latest?.status === "drawn" && latest.ticketNumber !== null) {
    actions.push({
      label: "Replace the winner",
      title: `Replace ticket ${latest.ticketNumber}?`,
      explanation: (
        <p>Ticket {latest.ticketNumber} is disqualified, and another is drawn from the rest by the same rule.</p>
      ),
      done: "A replacement was asked for.",
      reasonLabel: "Why it is replaced",
      run: (reason) => replace(reason, latest.attempt),
    });
  }
  if (latest?.status === "requested" && latest.attempt === 1) {
    actions.push({
      label: "Give the draw up",
      title: "Give the draw up?",
      explanation: <p>It becomes void and nobody wins. This is possible once it has been waiting for 24 hours.</p>,
      done: "The draw is void.",
      reasonLabel: "Why it is given up",
      run: async (reason) => {
        const outcome = await press.order(VoidDraw, { slug, reason });
        press.touch("editions", "events");
        return "problem" in outcome ? outcome.problem : null;
      },
    });
  }
  return actions;
}
