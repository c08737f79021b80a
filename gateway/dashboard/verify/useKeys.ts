import { useEffect, useState } from "react";
import { type PublicKeys, readKeys } from "./verification.ts";

/** The public keys of the press; `failure` says why they are not there. They are read again when `again` changes. */
export function useKeys(again = ""): { readonly keys: PublicKeys | null; readonly failure: string | null } {
  const [keys, setKeys] = useState<PublicKeys | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another ticket may be signed with a newer key.
  useEffect(() => {
    let isOver = false;
    readKeys().then(
      (read) => {
        if (isOver) return;
        setKeys(read);
        setFailure(null);
      },
      () => {
        if (!isOver) setFailure("The keys of the press cannot be read at this moment.");
      },
    );
    return () => {
      isOver = true;
    };
  }, [again]);
  return { keys, failure };
}
