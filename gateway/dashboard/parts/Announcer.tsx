import { createContext, type ReactNode, useCallback, useContext, useState } from "react";

const AnnounceContext = createContext<(sentence: string) => void>(() => undefined);

/** Says to screen readers what others see happen. */
export function Announcer({ children }: { readonly children: ReactNode }) {
  const [said, setSaid] = useState({ sentence: "", count: 0 });
  const announce = useCallback((sentence: string) => setSaid(({ count }) => ({ sentence, count: count + 1 })), []);
  return (
    <AnnounceContext value={announce}>
      {children}
      {/* A new element each time, so that the same sentence is said again. */}
      <div role="status" aria-live="polite" className="visually-hidden">
        <span key={said.count}>{said.sentence}</span>
      </div>
    </AnnounceContext>
  );
}

export function useAnnounce(): (sentence: string) => void {
  return useContext(AnnounceContext);
}
