import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { Problem } from "../press/problem.ts";
import { ProblemNotice } from "./ProblemNotice.tsx";

interface ConfirmProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly confirmLabel: string;
  /** What has to be typed first, where there is no way back. */
  readonly typed?: string | undefined;
  /** The question for a reason, where one is kept. */
  readonly reasonLabel?: string | undefined;
  /** Who reads the reason; left out, everybody, since it is published. */
  readonly reasonHelp?: string;
  /** Does it; the dialog stays open with the problem, if there is one. */
  readonly onConfirm: (reason: string) => Promise<Problem | null>;
  readonly onClose: () => void;
}

const PUBLISHED = "It is published in the ledger for ever, where everybody reads it: name nobody.";

/** Asks before something is done that cannot be undone. */
export function Confirm(props: ConfirmProps) {
  const { title, children, confirmLabel, typed, reasonLabel, reasonHelp = PUBLISHED, onConfirm, onClose } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [entered, setEntered] = useState("");
  const [reason, setReason] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const id = useId();
  useEffect(() => {
    // As a modal, it keeps the focus, and gives it back to where it was.
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setIsBusy(true);
    setProblem(null);
    const answer = await onConfirm(reason.trim());
    setIsBusy(false);
    if (answer === null) dialog.current?.close();
    else setProblem(answer);
  };
  const isReady = (typed === undefined || entered === typed) && (reasonLabel === undefined || reason.trim() !== "");
  return (
    <dialog ref={dialog} className="confirm" aria-labelledby={`${id}-title`} onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id={`${id}-title`}>{title}</h2>
        {children}
        {reasonLabel === undefined ? null : (
          <div className="field">
            <label htmlFor={`${id}-reason`}>{reasonLabel}</label>
            <input
              id={`${id}-reason`}
              value={reason}
              maxLength={500}
              onChange={(event) => setReason(event.target.value)}
            />
            <p className="help">{reasonHelp}</p>
          </div>
        )}
        {typed === undefined ? null : (
          <div className="field">
            <label htmlFor={`${id}-typed`}>
              Type <code>{typed}</code> to go on
            </label>
            <input
              id={`${id}-typed`}
              value={entered}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              onChange={(event) => setEntered(event.target.value)}
            />
          </div>
        )}
        {problem === null ? null : <ProblemNotice problem={problem} />}
        <div className="actions">
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={!isReady || isBusy}>
            {isBusy ? "One moment …" : confirmLabel}
          </button>
        </div>
      </form>
    </dialog>
  );
}
