import { useCallback, useEffect, useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { Notice } from "../parts/Notice.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import type { Outcome } from "../press/untilAnswered.ts";
import { ProveWithProvider } from "./ProveWithProvider.tsx";
import { ProveWithRepository } from "./ProveWithRepository.tsx";
import { readWays, type Ways } from "./ways.ts";

interface ProveYourselfProps {
  readonly caller: string;
  /** The latest attestation with a repository that was decided: the number for it is good for no other. */
  readonly usedUpBy: string | null;
}

/** The ways in which one proves here who one is. */
export function ProveYourself({ caller, usedUpBy }: ProveYourselfProps) {
  const [ways, setWays] = useState<Outcome<Ways> | null>(null);
  const read = useCallback(() => {
    setWays(null);
    void readWays().then(setWays);
  }, []);
  useEffect(read, [read]);
  if (ways === null) return <Loading />;
  if ("problem" in ways) {
    return (
      <>
        <ProblemNotice problem={ways.problem} />
        <p>
          <button type="button" className="button" onClick={read}>
            Ask again
          </button>
        </p>
      </>
    );
  }
  const { issuers, repositoryHost } = ways.value;
  if (issuers.length === 0 && repositoryHost === null) {
    return (
      <Notice tone="note">
        Nothing can be proved here: this press believes no provider, and looks at no repository.
      </Notice>
    );
  }
  return (
    <div className="columns">
      {issuers.length === 0 ? null : <ProveWithProvider issuers={issuers} caller={caller} />}
      {repositoryHost === null ? null : <ProveWithRepository key={usedUpBy} host={repositoryHost} caller={caller} />}
    </div>
  );
}
