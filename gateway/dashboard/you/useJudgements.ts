import { useEffect, useState } from "react";
import { type CredentialJudgement, judgeCredentials } from "./credentialVerdicts.ts";

/** What the SDK says of each of these documents, by the document; `failure` says why it says nothing. They are judged again when they change. */
export function useJudgements(documents: readonly string[]): {
  readonly judgements: ReadonlyMap<string, CredentialJudgement>;
  readonly failure: string | null;
} {
  const [judgements, setJudgements] = useState<ReadonlyMap<string, CredentialJudgement>>(new Map());
  const [failure, setFailure] = useState<string | null>(null);
  const together = documents.join("\n"); // Each is one line.
  useEffect(() => {
    if (together === "") return;
    let isOver = false;
    const shown = together.split("\n");
    judgeCredentials(shown).then(
      (judged) => {
        if (isOver) return;
        setJudgements(new Map(judged.map((judgement, index) => [shown[index] ?? "", judgement])));
        setFailure(null);
      },
      () => {
        if (!isOver) setFailure("The keys of the press cannot be read at this moment.");
      },
    );
    return () => {
      isOver = true;
    };
  }, [together]);
  return { judgements, failure };
}
