import { type FormEvent, useId, useState } from "react";
import { TRUST_LEVELS } from "../../../attestationRegister.ts";
import { useAnnounce } from "../parts/Announcer.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { Time } from "../parts/Time.tsx";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { useReading } from "../press/useReading.ts";
import { repositoryOf } from "./repositoryName.ts";
import { useSubmission } from "./useSubmission.ts";
import { BeginAttestation, type Challenge, RulesInForce } from "./YouDocuments.ts";

const NOTHING = {};
/** What the worker looks for, in the root of the default branch. */
const FILE = "golden-press.txt";

interface ProveWithRepositoryProps {
  /** Where repositories are looked at. */
  readonly host: string;
  readonly caller: string;
}

/** Shows that a repository is the caller's own: they put a number into it that only they were given. */
export function ProveWithRepository({ host, caller }: ProveWithRepositoryProps) {
  const press = usePress();
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const begin = async () => {
    if (isBusy) return;
    setIsBusy(true);
    setProblem(null);
    const outcome = await press.order(BeginAttestation, { kind: "repository" });
    setIsBusy(false);
    if ("problem" in outcome) setProblem(outcome.problem);
    else setChallenge(outcome.value.beginAttestation.challenge);
  };
  return (
    <section className="card" aria-labelledby="with-repository">
      <h2 id="with-repository">With a repository</h2>
      <p>
        A public repository of yours on {host}, under your own account. It gives trust level {TRUST_LEVELS.repository}.{" "}
        <Demanded />
      </p>
      {problem === null ? null : <ProblemNotice problem={problem} />}
      {challenge === null ? (
        <div className="actions">
          <button type="button" className="button primary" aria-disabled={isBusy} onClick={begin}>
            {isBusy ? "One moment …" : "Begin"}
          </button>
        </div>
      ) : (
        <Steps challenge={challenge} host={host} caller={caller} onBegin={begin} />
      )}
    </section>
  );
}

/** What the rules in force demand, before anybody tries. */
function Demanded() {
  const { data } = useReading(RulesInForce, NOTHING, "proofs");
  const rules = data?.ruleSets.nodes[0];
  if (rules === undefined) return null;
  const { repositoryAgeDays, repositorySizeKb, accountAgeDays, checksPerHour } = rules;
  const checks = checksPerHour === 1 ? "one proof an hour counts" : `${checksPerHour} proofs an hour count`;
  return (
    <>
      It must be {repositoryAgeDays} days old and have {repositorySizeKb} KB, your account must be {accountAgeDays} days
      old, and from one network address only {checks}.
    </>
  );
}

interface StepsProps extends ProveWithRepositoryProps {
  readonly challenge: Challenge;
  readonly onBegin: () => void;
}

function Steps({ challenge: { nonce, expiresAt }, host, caller, onBegin }: StepsProps) {
  const { isBusy, problem, submit } = useSubmission(caller);
  const [isCopied, setIsCopied] = useState(false);
  const announce = useAnnounce();
  const id = useId();
  const copy = async () => {
    await navigator.clipboard.writeText(nonce).then(
      () => {
        setIsCopied(true);
        announce("The number is copied.");
      },
      () => announce("The browser did not copy it: mark it, and copy it by hand."),
    );
  };
  const send = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const entered = new FormData(event.currentTarget).get("repository");
    await submit("repository", repositoryOf(String(entered ?? ""), host));
  };
  return (
    <ol className="ways-steps">
      <li>
        <p>
          In the root of its default branch, make a file <code>{FILE}</code> with this line, and push it:
        </p>
        <p>
          <code className="nonce" data-testid="nonce">
            {nonce}
          </code>
        </p>
        <div className="actions">
          <button type="button" className="button small" onClick={copy}>
            {isCopied ? "Copied" : "Copy the line"}
          </button>
          <button type="button" className="button small quiet" onClick={onBegin}>
            Show the line that is good now
          </button>
        </div>
        <p className="help">
          It is good until <Time at={expiresAt} />, and for you alone.
        </p>
      </li>
      <li>
        <form onSubmit={send}>
          <div className="field">
            <label htmlFor={`${id}-repository`}>Then name the repository</label>
            <input
              id={`${id}-repository`}
              name="repository"
              required
              maxLength={300}
              placeholder="owner/name"
              autoCapitalize="none"
              autoComplete="off"
              spellCheck={false}
              aria-describedby={`${id}-help`}
            />
            <p className="help" id={`${id}-help`}>
              As {host} spells it: owner/name, or its address. Once it is decided, you may delete the file.
            </p>
          </div>
          {problem === null ? null : <ProblemNotice problem={problem} />}
          <div className="actions">
            <button type="submit" className="button primary" aria-disabled={isBusy}>
              {isBusy ? "Submitting …" : "Submit it"}
            </button>
          </div>
        </form>
      </li>
    </ol>
  );
}
