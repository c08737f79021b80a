import { useState } from "react";
import { useRoute } from "../routing/history.ts";
import { Link } from "../routing/Link.tsx";
import { useSession } from "./SessionProvider.tsx";
import { signOut } from "./session.ts";

/** Who is signed in, and the way in or out. */
export function SessionMenu() {
  const { session, accept, refresh } = useSession();
  const [isBusy, setIsBusy] = useState(false);
  const [hasFailed, setHasFailed] = useState(false);
  const route = useRoute();
  if (!session.signedIn) {
    if (route?.page === "signIn") return <div className="session" />;
    return (
      <div className="session">
        <Link to={{ page: "signIn", returnPath: location.pathname }} className="button">
          Sign in
        </Link>
      </div>
    );
  }
  const leave = async () => {
    setIsBusy(true);
    setHasFailed(false);
    await signOut().then(accept, () => {
      setHasFailed(true);
      refresh();
    });
    setIsBusy(false);
  };
  return (
    <div className="session">
      <span className="who">
        <span className="visually-hidden">Signed in as </span>
        <bdi>{session.subject}</bdi>
        {session.role === "operator" ? <span className="badge">operator</span> : null}
      </span>
      <button type="button" className="button quiet" onClick={leave} disabled={isBusy}>
        Sign out
      </button>
      {hasFailed ? (
        <span className="session-failure" role="alert">
          The press cannot be asked: you are still signed in. Try again.
        </span>
      ) : null}
    </div>
  );
}
