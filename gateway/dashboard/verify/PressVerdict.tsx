import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { sentenceOf } from "../press/problem.ts";
import { useReading } from "../press/useReading.ts";
import { VerifyTicket } from "./VerifyDocuments.ts";

/** What only the press can say of a ticket: whether it is still good. */
export function PressVerdict({ envelope }: { readonly envelope: string }) {
  const { data, problem } = useReading(VerifyTicket, { envelope }, "ledger");
  if (data === undefined) return problem === null ? null : <ProblemNotice problem={problem} tone="warning" />;
  const { refusal, status } = data.verifyTicket;
  return (
    <article className={`verdict ${refusal === null ? "yes" : "no"}`} aria-label="Verdict: still good">
      <h3>{refusal === null ? "Still good" : "Not good any more"}</h3>
      <p>
        {refusal === null ? "The press knows it and says that nobody has used or revoked it." : sentenceOf(refusal)}
      </p>
      {refusal === null ? null : <p className="code-name">{refusal}</p>}
      <p className="help">
        This is the press's word{status === null ? "" : `: ${status}`}. The other verdicts need nobody's word.
      </p>
    </article>
  );
}
