import { useEffect, useId, useRef, useState } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import { Notice } from "../parts/Notice.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import type { PressConnection } from "../press/PressConnection.ts";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import type { Outcome } from "../press/untilAnswered.ts";
import { LeavesOfEdition, type PressRecomputation, RecomputeDraw } from "./DrawDocuments.ts";
import type { Recomputation, ShownDraw } from "./recomputation.ts";

type State =
  | { readonly state: "idle" }
  | { readonly state: "reading"; readonly count: number }
  | { readonly state: "done"; readonly here: Recomputation; readonly press: readonly PressRecomputation[] | Problem }
  | { readonly state: "failed"; readonly problem: Problem };

/** The draw made again before the reader's eyes, and beside it what the press computes itself. */
export function DrawProof({ slug }: { readonly slug: string }) {
  const press = usePress();
  const announce = useAnnounce();
  const [state, setState] = useState<State>({ state: "idle" });
  const id = useId();
  const reading = useRef<AbortController | null>(null);
  useEffect(() => () => reading.current?.abort(), []);
  const run = async () => {
    reading.current?.abort();
    const controller = new AbortController();
    reading.current = controller;
    const { signal } = controller;
    const leaves = await readLeaves(press, slug, signal, (count) => setState({ state: "reading", count }));
    if (signal.aborted) return;
    if ("problem" in leaves) return setState({ state: "failed", problem: leaves.problem });
    const recomputation = await import("./recomputation.ts").catch(() => null);
    if (recomputation === null) return setState({ state: "failed", problem: NOT_LOADED });
    const here = recomputation.recompute(leaves.value);
    const answer = await press.ask(RecomputeDraw, { slug });
    if (signal.aborted) return;
    setState({ state: "done", here, press: "value" in answer ? answer.value.recomputeDraw.nodes : answer.problem });
    announce("The draw was computed again.");
  };
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>The proof</h2>
      <p>
        The press's ledger has everything that the winner follows from. Your browser can read the entries and make the
        draw again by itself. It believes that these are the entries of the ledger: whoever keeps checkpoints can check
        that too.
      </p>
      <p>
        <button type="button" className="button primary" onClick={run} disabled={state.state === "reading"}>
          {state.state === "reading" ? `Reading the ledger: ${state.count} entries …` : "Compute the draw again, here"}
        </button>
      </p>
      {state.state === "failed" ? <ProblemNotice problem={state.problem} /> : null}
      {state.state === "done" ? <Shown here={state.here} press={state.press} /> : null}
    </section>
  );
}

const NOT_LOADED: Problem = {
  code: "UNREACHABLE",
  sentence: "The code that makes the draw again could not be loaded.",
  hint: "Try again; if there is a newer dashboard by now, load the page anew.",
  isRetryable: true,
};

/** Reads page after page, until the last one or until nobody waits for them any more. */
async function readLeaves(
  press: PressConnection,
  slug: string,
  signal: AbortSignal,
  onCount: (count: number) => void,
): Promise<Outcome<readonly string[]>> {
  const leaves: string[] = [];
  let after: string | null = null;
  onCount(0);
  do {
    const answer: Awaited<ReturnType<typeof readPage>> = await readPage(press, slug, after);
    if ("problem" in answer) return answer;
    const page = answer.value.editionBySlug?.ledgerEntries;
    leaves.push(...(page?.nodes ?? []).map(({ leaf }) => leaf));
    onCount(leaves.length);
    after = page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null && !signal.aborted);
  return { value: leaves };
}

function readPage(press: PressConnection, slug: string, after: string | null) {
  return press.ask(LeavesOfEdition, { slug, after });
}

interface ShownProps {
  readonly here: Recomputation;
  readonly press: readonly PressRecomputation[] | Problem;
}

function Shown({ here, press }: ShownProps) {
  if ("refusal" in here)
    return (
      <Notice tone="error" title="The entries do not make a draw">
        {here.refusal}
      </Notice>
    );
  if (here.draws.length === 0) return <Notice tone="note">The ledger has no draw of this edition yet.</Notice>;
  return (
    <>
      {here.draws.map((draw) => (
        <ShownAttempt
          key={draw.verdict.attempt}
          draw={draw}
          press={
            "code" in press
              ? press
              : (press as readonly PressRecomputation[]).find(({ attempt }) => attempt === draw.verdict.attempt)
          }
        />
      ))}
    </>
  );
}

function ShownAttempt({
  draw: { verdict, steps },
  press,
}: {
  readonly draw: ShownDraw;
  readonly press: PressRecomputation | Problem | undefined;
}) {
  const { agrees, isRecomputable, message, attempt } = verdict;
  return (
    <section
      aria-label={attempt === 1 ? "The draw, step by step" : `Replacement ${attempt - 1}, step by step`}
      className="proof"
    >
      <h3>{attempt === 1 ? "The draw" : `Replacement ${attempt - 1}`}</h3>
      <ol className="steps">
        {steps.map(({ name, value, why }) => (
          <li key={name}>
            <span className="step-name">{name}</span>
            <code className="step-value">{value}</code>
            <span className="help">{why}</span>
          </li>
        ))}
      </ol>
      <div className="verdicts">
        <article className={`verdict ${agrees ? (isRecomputable ? "yes" : "open") : "no"}`} aria-label="Computed here">
          <h4>Computed here</h4>
          <p>{message}</p>
        </article>
        <article className={`verdict ${pressTone(press)}`} aria-label="Computed by the press">
          <h4>Computed by the press</h4>
          <p>{pressSentence(press)}</p>
        </article>
      </div>
    </section>
  );
}

function pressTone(press: PressRecomputation | Problem | undefined): string {
  if (press === undefined || "code" in press || !press.isRecomputable) return "open";
  return press.agrees ? "yes" : "no";
}

function pressSentence(press: PressRecomputation | Problem | undefined): string {
  if (press === undefined) return "It did not say.";
  if ("code" in press) return press.sentence;
  if (press.finding !== null) return press.finding;
  return press.recomputedNumber === null
    ? "The same: nobody won."
    : `The same in SQL: ticket ${press.recomputedNumber}${press.agrees ? "." : `, against ticket ${press.recordedNumber} in the ledger.`}`;
}
