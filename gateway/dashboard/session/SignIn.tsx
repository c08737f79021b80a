import { type FormEvent, useId, useState } from "react";
import { Notice } from "../parts/Notice.tsx";
import { navigate } from "../routing/history.ts";
import { Page } from "../routing/Page.tsx";
import { routeOf, safeReturn } from "../routing/paths.ts";
import { useSession } from "./SessionProvider.tsx";
import { providerPath, type Session, signInForTrial } from "./session.ts";

/** The page for signing in, in the way that this press has. */
export function SignIn({ returnPath }: { readonly returnPath: string }) {
  const { session, isKnown, isUnanswered, accept, refresh } = useSession();
  const path = safeReturn(returnPath);
  const finish = (next: Session) => {
    accept(next);
    navigate(routeOf(path) ?? { page: "editions" }, { replace: true });
  };
  return (
    <Page title="Sign in" lead="What is public shows without it. Signing in lets you take tickets and see your own.">
      {session.signedIn ? <Notice tone="note">You are signed in as {session.subject}.</Notice> : null}
      {session.signIn === "trial" ? <TrialSignIn finish={finish} /> : null}
      {session.signIn === "oidc" ? (
        <div className="card narrow">
          <p>You sign in at your provider and come back here. This page never sees your password or a token.</p>
          <a className="button primary" href={providerPath(path)}>
            Go on to the provider
          </a>
        </div>
      ) : null}
      {isUnanswered && session.signIn === null ? (
        <Notice tone="warning" title="The press cannot be asked at this moment">
          <p>It did not say how one signs in here, nor whether you are signed in. It is asked again by itself.</p>
          <p>
            <button type="button" className="button" onClick={refresh}>
              Ask again
            </button>
          </p>
        </Notice>
      ) : null}
      {isKnown && !isUnanswered && session.signIn === null ? (
        <Notice tone="note">
          Nobody can sign in here: this press has no provider set up. Everything public still shows.
        </Notice>
      ) : null}
    </Page>
  );
}

function TrialSignIn({ finish }: { readonly finish: (session: Session) => void }) {
  const [name, setName] = useState("");
  const [isOperator, setIsOperator] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const id = useId();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setIsBusy(true);
    setProblem(null);
    try {
      finish(await signInForTrial(name.trim(), isOperator));
    } catch (error) {
      setProblem(
        error instanceof TypeError
          ? "The press cannot be reached. Try again in a moment."
          : String((error as Error).message),
      );
      setIsBusy(false);
    }
  };
  return (
    <form className="card narrow" onSubmit={submit}>
      <Notice tone="warning" title="For trying on this machine">
        Nobody checks the name: whoever sits at this machine can be anybody. A press for others asks a provider instead.
      </Notice>
      <div className="field">
        <label htmlFor={`${id}-name`}>Your name</label>
        <input
          id={`${id}-name`}
          value={name}
          onChange={(event) => setName(event.target.value)}
          required
          maxLength={255}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
        />
      </div>
      <label className="check">
        <input type="checkbox" checked={isOperator} onChange={(event) => setIsOperator(event.target.checked)} />
        <span>as an operator, who runs editions</span>
      </label>
      {problem === null ? null : <Notice tone="error">{problem}</Notice>}
      <button type="submit" className="button primary" disabled={isBusy || name.trim() === ""}>
        {isBusy ? "Signing in …" : "Sign in"}
      </button>
    </form>
  );
}
