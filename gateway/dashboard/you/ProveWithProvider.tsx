import { useState } from "react";
import { TRUST_LEVELS } from "../../../attestationRegister.ts";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import type { Problem } from "../press/problem.ts";
import { beginAtProvider } from "./ways.ts";

interface ProveWithProviderProps {
  readonly issuers: readonly string[];
  readonly caller: string;
}

/** Goes to a provider and comes back with its word: a button for each that the press believes. */
export function ProveWithProvider({ issuers, caller }: ProveWithProviderProps) {
  const [goingTo, setGoingTo] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const go = async (issuer: string) => {
    if (goingTo !== null) return;
    setGoingTo(issuer);
    setProblem(null);
    const outcome = await beginAtProvider(issuer, caller);
    if ("value" in outcome) {
      location.assign(outcome.value);
    } else {
      setProblem(outcome.problem);
      setGoingTo(null);
    }
  };
  return (
    <section className="card" aria-labelledby="with-provider">
      <h2 id="with-provider">With an account of a provider</h2>
      <p>
        You sign in there and come back. The press learns that you have an account, and which; others see a number that
        means nothing elsewhere. It gives trust level {TRUST_LEVELS.oidc}.
      </p>
      {problem === null ? null : <ProblemNotice problem={problem} />}
      <div className="actions">
        {issuers.map((issuer) => (
          <button
            key={issuer}
            type="button"
            className="button primary"
            aria-disabled={goingTo !== null}
            aria-busy={goingTo === issuer}
            onClick={() => go(issuer)}
          >
            {goingTo === issuer ? "Going there …" : `Go on to ${hostOf(issuer)}`}
          </button>
        ))}
      </div>
    </section>
  );
}

function hostOf(issuer: string): string {
  return URL.parse(issuer)?.host ?? issuer;
}
