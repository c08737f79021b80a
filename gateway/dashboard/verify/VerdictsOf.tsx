import { useMemo } from "react";
import { Loading } from "../parts/Loading.tsx";
import { Notice } from "../parts/Notice.tsx";
import { sentenceOf } from "../press/problem.ts";
import { useKeys } from "./useKeys.ts";
import { judge } from "./verification.ts";

interface VerdictsOfProps {
  /** To the byte. */
  readonly envelope: string;
  readonly proof: string | null;
}

/** Both verdicts about a ticket, and what each of them says and does not say. */
export function VerdictsOf({ envelope, proof }: VerdictsOfProps) {
  const { keys, failure } = useKeys(envelope);
  const verdicts = useMemo(() => (keys === null ? null : judge(envelope, proof, keys)), [envelope, proof, keys]);
  if (verdicts === null)
    return failure === null ? <Loading what="Reading the keys …" /> : <Notice tone="error">{failure}</Notice>;
  const { signed, recorded } = verdicts;
  return (
    <div className="verdicts">
      <article className={`verdict ${signed.isValid ? "yes" : "no"}`} aria-label="Verdict: signed">
        <h3>{signed.isValid ? "Signed" : "Not signed"}</h3>
        {signed.isValid ? (
          <>
            <p>
              The press's key signed exactly this: ticket {signed.ticket.ticket_number} of {signed.ticket.edition}, for{" "}
              {signed.ticket.recipient}.
            </p>
            <p className="help">Nobody forged it. It does not say that the press itself stayed within its books.</p>
          </>
        ) : (
          <Refused reason={signed.reason} message={signed.message} />
        )}
      </article>
      <article
        className={`verdict ${recorded === null ? "open" : recorded.isValid ? "yes" : "no"}`}
        aria-label="Verdict: recorded"
      >
        <h3>{recorded === null ? "Recorded: not judged" : recorded.isValid ? "Recorded" : "Not recorded"}</h3>
        {recorded === null ? (
          <p>With its proof from the ledger, this can be judged too.</p>
        ) : recorded.isValid ? (
          <>
            <p>
              The public ledger has it at place {recorded.place}, under a signed checkpoint of{" "}
              {recorded.checkpoint.size} entries.
            </p>
            <p className="help">
              Nobody issued it off the books: whoever replays the ledger finds it, and counts. It does not say whether
              it was used since.
            </p>
          </>
        ) : (
          <Refused reason={recorded.reason} message={recorded.message} />
        )}
      </article>
    </div>
  );
}

function Refused({ reason, message }: { readonly reason: string; readonly message: string }) {
  return (
    <>
      <p>{sentenceOf(reason)}</p>
      <p className="help">{message}</p>
      <p className="code-name">{reason}</p>
    </>
  );
}
