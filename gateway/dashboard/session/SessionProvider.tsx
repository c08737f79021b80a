import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { deviceStorage } from "../press/requestJournal.ts";
import { callerOf, readSession, type Session, SIGNED_OUT } from "./session.ts";

interface SessionState {
  readonly session: Session;
  /** False until the gateway was asked for the first time. */
  readonly isKnown: boolean;
  /** Whether the gateway could not be asked the last time: what is shown is what it said before, or nobody. */
  readonly isUnanswered: boolean;
  /** Takes what the gateway answered to signing in or out. */
  readonly accept: (session: Session) => void;
  /** Asks the gateway again, as when a session may have ended. */
  readonly refresh: () => void;
}

const SessionContext = createContext<SessionState | null>(null);

/** How often a gateway that could not say who is signed in is asked again. */
const AGAIN_MILLISECONDS = 10_000;
/** Where the tabs of a browser tell each other who is signed in; its text is never believed, it only has them ask. */
const CALLER_PLACE = "golden-press/caller";

/** Knows who is signed in, and looks again when another tab signed in or out, and whenever the window is returned to. */
export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [session, setSession] = useState(SIGNED_OUT);
  const [isKnown, setIsKnown] = useState(false);
  const [isUnanswered, setIsUnanswered] = useState(false);
  const accept = useCallback((next: Session) => {
    setSession((known) => (JSON.stringify(known) === JSON.stringify(next) ? known : next));
    setIsKnown(true);
    setIsUnanswered(false);
    tellOtherTabs(callerOf(next) ?? "");
  }, []);
  const isAsking = useRef(false);
  const isDue = useRef(false);
  const refresh = useCallback(() => {
    isDue.current = true;
    // What is being answered may be of before; it is asked once more, however many have found out that it is due.
    if (isAsking.current) return;
    isDue.current = false;
    isAsking.current = true;
    // Who cannot be asked has said nothing: what was known stays.
    readSession()
      .then(accept, () => {
        setIsKnown(true);
        setIsUnanswered(true);
      })
      .finally(() => {
        isAsking.current = false;
        if (isDue.current) refresh();
      });
  }, [accept]);
  useEffect(() => {
    const heard = ({ key }: StorageEvent) => {
      if (key === CALLER_PLACE || key === null) refresh();
    };
    refresh();
    addEventListener("focus", refresh);
    addEventListener("storage", heard);
    return () => {
      removeEventListener("focus", refresh);
      removeEventListener("storage", heard);
    };
  }, [refresh]);
  useEffect(() => {
    if (!isUnanswered) return;
    const timer = setInterval(refresh, AGAIN_MILLISECONDS * (0.75 + Math.random() / 2));
    return () => clearInterval(timer);
  }, [isUnanswered, refresh]);
  useEffect(() => {
    if (!session.signedIn) return;
    const milliseconds = Date.parse(session.expiresAt) - Date.now() + 1_000;
    // Longer than setTimeout can count is longer than a page stays open.
    if (milliseconds > 2 ** 31 - 1) return;
    const timer = setTimeout(refresh, Math.max(milliseconds, 1_000));
    return () => clearTimeout(timer);
  }, [session, refresh]);
  const state = useMemo(
    () => ({ session, isKnown, isUnanswered, accept, refresh }),
    [session, isKnown, isUnanswered, accept, refresh],
  );
  return <SessionContext value={state}>{children}</SessionContext>;
}

/** Others hear of it when it is news. Where nothing can be stored, they ask when they are returned to. */
function tellOtherTabs(caller: string): void {
  try {
    deviceStorage.setItem(CALLER_PLACE, caller);
  } catch {
    // Nothing is lost: the gateway holds each request against its cookie.
  }
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

/** Who is signed in, with their role, as requests say it; null: nobody. */
export function useCaller(): string | null {
  return callerOf(useSession().session);
}

export function useIsOperator(): boolean {
  const { session } = useSession();
  return session.signedIn && session.role === "operator";
}
