import { useEffect, useState } from "react";
import { Notice } from "../parts/Notice.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { navigate } from "../routing/history.ts";
import { finishFromProvider } from "./ways.ts";

/** The address with which somebody comes back from a provider. */
const ANSWERED = "answered";

type State =
  | { readonly name: "none" | "finishing" | "finished" }
  | { readonly name: "failed"; readonly problem: Problem };

/** Submits what a provider has said about whoever comes back from it, once. */
export function FinishedProof({ caller }: { readonly caller: string }) {
  const press = usePress();
  const [state, setState] = useState<State>({ name: "none" });
  useEffect(() => {
    if (!new URLSearchParams(location.search).has(ANSWERED)) return;
    // Before anything is asked: a reload does not ask again, and neither does a second effect.
    navigate({ page: "you" }, { replace: true });
    setState({ name: "finishing" });
    void finishFromProvider(caller).then((outcome) => {
      setState("problem" in outcome ? { name: "failed", problem: outcome.problem } : { name: "finished" });
      press.touch("proofs", "ledger");
    });
  }, [caller, press]);
  switch (state.name) {
    case "none":
      return null;
    case "finishing":
      return <Notice tone="note">Submitting what the provider has said …</Notice>;
    case "finished":
      // It stays while the press decides, so it says nothing of what comes of it.
      return <Notice tone="note">What the provider has said is submitted. What comes of it is below.</Notice>;
    case "failed":
      return <ProblemNotice problem={state.problem} />;
  }
}
