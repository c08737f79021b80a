import { useCallback, useState } from "react";
import type { AttestationKind } from "../press/EditionDocuments.ts";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { deviceStorage, RequestJournal } from "../press/requestJournal.ts";
import { pauseBetween, untilAnswered } from "../press/untilAnswered.ts";
import { SubmitAttestation } from "./YouDocuments.ts";

const journal = new RequestJournal("attestation", deviceStorage);

/** How often it is tried before the person is told. */
const ATTEMPTS_MAX = 5;

/**
 * Submits evidence, once: without an answer it is sent again under its key, also after a reload, and is then the same attestation. It counts for the
 * network address, so a second one would be rejected for the first.
 */
export function useSubmission(caller: string) {
  const press = usePress();
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = useCallback(
    async (kind: AttestationKind, evidence: string) => {
      if (isBusy) return;
      setIsBusy(true);
      setProblem(null);
      const about = `${kind}/${encodeURIComponent(evidence.toLowerCase())}`;
      const isPending = journal.pending(caller, about) !== null;
      const request = journal.begin(caller, about);
      const ending = await untilAnswered<unknown>({
        send: () => press.order(SubmitAttestation, { kind, evidence, requestKey: request.requestKey }),
        mayBeSent: isPending,
        attemptsMax: ATTEMPTS_MAX,
        pause: pauseBetween,
        onRetry: setProblem,
        signal: NEVER,
      });
      setIsBusy(false);
      if (ending === null) return;
      if (ending.isSettled) journal.settle(request);
      setProblem("problem" in ending ? ending.problem : null);
      press.touch("proofs", "ledger");
    },
    [press, caller, isBusy],
  );
  return { isBusy, problem, submit };
}

/** It is not given up: the attempts are few, and the connection of somebody who has gone sends nothing. */
const NEVER = new AbortController().signal;
