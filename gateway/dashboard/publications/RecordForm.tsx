import { type FormEvent, useId, useRef, useState } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import { Notice } from "../parts/Notice.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { SubmitRecord } from "./PublicationsDocuments.ts";
import { payloadOf, type RecordKey } from "./recordKey.ts";

interface RecordFormProps {
  readonly signer: RecordKey;
  readonly isRegistered: boolean;
  readonly onSubmitted: () => void;
}

/** What was signed, for what was written: without an answer the very same is sent again, and is then the same publication. */
interface Signed {
  readonly written: string;
  readonly signer: RecordKey;
  readonly payload: string;
}

/** Signs what somebody writes, and submits it. */
export function RecordForm({ signer, isRegistered, onSubmitted }: RecordFormProps) {
  const press = usePress();
  const announce = useAnnounce();
  const [written, setWritten] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const unanswered = useRef<Signed | null>(null);
  const id = useId();

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setProblem(null);
    const signed = signedOf(written, signer, unanswered.current);
    if ("fault" in signed) {
      setFault(signed.fault);
      return;
    }
    setFault(null);
    setIsBusy(true);
    unanswered.current = signed;
    const { payload: signedPayload } = signed;
    const { publicKey: pubkey } = signer;
    const outcome = await press.order(SubmitRecord, { signedPayload, signature: signer.sign(signedPayload), pubkey });
    setIsBusy(false);
    if ("problem" in outcome) {
      setProblem(outcome.problem);
      if (!outcome.problem.isRetryable) unanswered.current = null;
      return;
    }
    unanswered.current = null;
    setWritten("");
    announce("The record is submitted.");
    onSubmitted();
    press.touch("publications");
  };
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Publish a record</h2>
      <form className="form" onSubmit={submit}>
        <div className="field">
          <label htmlFor={`${id}-record`}>The record, a JSON object</label>
          <textarea
            id={`${id}-record`}
            required
            spellCheck={false}
            placeholder='{"what": "the first harvest"}'
            value={written}
            aria-describedby={`${id}-help`}
            onChange={(event) => setWritten(event.target.value)}
          />
          <p className="help" id={`${id}-help`}>
            It is signed as canonical JSON (RFC 8785), with a nonce of its own and an hour to be sent in, unless it has
            them. Put nothing into it that somebody may want back.
          </p>
        </div>
        {fault === null ? null : <Notice tone="error">{fault}</Notice>}
        {problem === null ? null : <ProblemNotice problem={problem} />}
        <div className="actions">
          <button type="submit" className="button primary" disabled={!isRegistered} aria-disabled={isBusy}>
            {isBusy ? "Submitting …" : "Sign and submit"}
          </button>
        </div>
      </form>
    </section>
  );
}

function signedOf(written: string, signer: RecordKey, unanswered: Signed | null): Signed | { readonly fault: string } {
  if (unanswered?.written === written && unanswered.signer === signer) return unanswered;
  const made = payloadOf(written);
  return "fault" in made ? made : { written, signer, payload: made.payload };
}
