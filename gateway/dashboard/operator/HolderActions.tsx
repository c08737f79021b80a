import { type ReactNode, useState } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import { Confirm } from "../parts/Confirm.tsx";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import type { Outcome } from "../press/untilAnswered.ts";
import { DeactivateHolder, EraseHolder, type HolderSheetFacts, ReactivateHolder } from "./HolderDocuments.ts";

/** Something that an operator can do about a holder now. */
interface Action {
  readonly label: string;
  readonly title: string;
  readonly explanation: ReactNode;
  readonly typed: string;
  readonly reasonLabel?: string;
  readonly done: string;
  readonly run: (reason: string) => Promise<Outcome<unknown>>;
}

/** What can be done about a holder as they stand; each asks for a word first. */
export function HolderActions({ holder }: { readonly holder: HolderSheetFacts }) {
  const press = usePress();
  const actions = useActions(holder);
  const [chosen, setChosen] = useState<Action | null>(null);
  const announce = useAnnounce();
  const confirm = async (action: Action, reason: string): Promise<Problem | null> => {
    const outcome = await action.run(reason);
    press.touch("proofs", "tickets", "events");
    if ("problem" in outcome) return outcome.problem;
    announce(action.done);
    return null;
  };
  return (
    <section className="card" aria-label="Actions">
      <h2>Actions</h2>
      {actions.length === 0 ? <p className="empty">There is nothing more to do.</p> : null}
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
          typed={chosen.typed}
          reasonLabel={chosen.reasonLabel}
          reasonHelp="Operators read it; the ledger does not have it."
          onConfirm={(reason) => confirm(chosen, reason)}
          onClose={() => setChosen(null)}
        >
          {chosen.explanation}
        </Confirm>
      )}
    </section>
  );
}

function useActions({ rowId: id, subject, isActive }: HolderSheetFacts): readonly Action[] {
  const press = usePress();
  const actions: Action[] = [];
  if (isActive) {
    actions.push({
      label: "Deactivate",
      title: "Deactivate this holder?",
      explanation: (
        <p>
          Nothing is issued to them, they redeem nothing, and nothing that they prove counts, until it is taken back.
          Tickets that they have stay theirs.
        </p>
      ),
      typed: "deactivate",
      reasonLabel: "Why they are deactivated",
      done: "The holder is deactivated.",
      run: (reason) => press.order(DeactivateHolder, { id, reason }),
    });
  } else {
    actions.push({
      label: "Reactivate",
      title: "Reactivate this holder?",
      explanation: <p>They may take, redeem and prove again, within the limits that they had.</p>,
      typed: "reactivate",
      done: "The holder is active again.",
      run: () => press.order(ReactivateHolder, { id }),
    });
  }
  if (subject !== null) {
    actions.push({
      label: "Forget",
      title: "Forget this person?",
      explanation: (
        <>
          <p>
            Their name is removed, and with it every signed ticket of theirs as the press keeps it, and the facts of
            what they have submitted. There is no way back. What they have kept themselves stays good.
          </p>
          <p>Their credentials, which name nobody, stay valid: revoke them first where they should not.</p>
          <p>The same person coming back meets the limits that they had.</p>
        </>
      ),
      typed: "forget",
      done: "The person is forgotten.",
      run: () => press.order(EraseHolder, { id }),
    });
  }
  return actions;
}
