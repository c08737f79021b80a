import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from "react";
import { useSession } from "../session/SessionProvider.tsx";
import { callerOf } from "../session/session.ts";
import type { EditionFacts } from "./EditionDocuments.ts";
import { type Liveness, PressConnection, type Topic } from "./PressConnection.ts";
import type { CheckpointFacts } from "./PressDocuments.ts";

const PressContext = createContext<PressConnection | null>(null);

/** Connects everything within it to the press, as whoever is signed in; somebody else gets another connection, since the old one is known as theirs. */
export function PressProvider({ children }: { readonly children: ReactNode }) {
  const { session, isKnown, refresh } = useSession();
  const caller = callerOf(session);
  const [current, setCurrent] = useState<{
    readonly connection: PressConnection;
    readonly caller: string | null;
  } | null>(null);
  useEffect(() => {
    if (!isKnown) return;
    const made = new PressConnection({ caller, onSignedOut: refresh });
    setCurrent({ connection: made, caller });
    return () => made.close();
  }, [caller, isKnown, refresh]);
  // Nobody's page goes on over the connection of who was there before.
  if (current === null || current.caller !== caller) return null;
  return (
    <PressContext key={current.caller} value={current.connection}>
      {children}
    </PressContext>
  );
}

export function usePress(): PressConnection {
  const connection = useContext(PressContext);
  if (connection === null) throw new Error("usePress is for components within PressProvider.");
  return connection;
}

export function useLiveness(): Liveness {
  const press = usePress();
  return useSyncExternalStore(press.subscribe, () => press.liveness);
}

export function useVersion(topic: Topic): number {
  const press = usePress();
  return useSyncExternalStore(press.subscribe, () => press.version(topic));
}

export function useLatestCheckpoint(): CheckpointFacts | null {
  const press = usePress();
  return useSyncExternalStore(press.subscribe, () => press.checkpoint);
}

/** An edition as the press last said it; undefined before it was read. */
export function useNewestEdition(slug: string): EditionFacts | undefined {
  const { editions } = usePress();
  return useSyncExternalStore(editions.subscribe, () => editions.get(slug));
}
