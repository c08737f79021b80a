import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { readSession, type Session, SIGNED_OUT } from "./session.ts";

interface SessionState {
  readonly session: Session;
  /** False until the gateway has said it for the first time. */
  readonly isKnown: boolean;
  /** Takes what the gateway answered to signing in or out. */
  readonly accept: (session: Session) => void;
  /** Asks the gateway again, as when a session may have ended. */
  readonly refresh: () => void;
}

const SessionContext = createContext<SessionState | null>(null);

/** Knows who is signed in, and looks again whenever the window is returned to: another tab may have signed in or out. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [session, setSession] = useState(SIGNED_OUT);
  const [isKnown, setIsKnown] = useState(false);
  const accept = useCallback((next: Session) => {
    setSession((known) => (JSON.stringify(known) === JSON.stringify(next) ? known : next));
    setIsKnown(true);
  }, []);
  const refresh = useCallback(() => {
    // Who cannot be asked has said nothing: what was known stays.
    readSession().then(accept, () => setIsKnown(true));
  }, [accept]);
  useEffect(() => {
    refresh();
    addEventListener("focus", refresh);
    return () => removeEventListener("focus", refresh);
  }, [refresh]);
  useEffect(() => {
    if (!session.signedIn) return;
    const milliseconds = Date.parse(session.expiresAt) - Date.now() + 1_000;
    // Longer than setTimeout can count is longer than a page stays open.
    if (milliseconds > 2 ** 31 - 1) return;
    const timer = setTimeout(refresh, Math.max(milliseconds, 1_000));
    return () => clearTimeout(timer);
  }, [session, refresh]);
  const state = useMemo(() => ({ session, isKnown, accept, refresh }), [session, isKnown, accept, refresh]);
  return <SessionContext value={state}>{children}</SessionContext>;
}

export function useSession(): SessionState {
  const state = useContext(SessionContext);
  if (state === null) throw new Error("useSession is for components within SessionProvider.");
  return state;
}

/** The name that is signed in; null: nobody. */
export function useSubject(): string | null {
  const { session } = useSession();
  return session.signedIn ? session.subject : null;
}

export function useIsOperator(): boolean {
  const { session } = useSession();
  return session.signedIn && session.role === "operator";
}
