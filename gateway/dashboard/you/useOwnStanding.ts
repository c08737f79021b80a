import { useReading } from "../press/useReading.ts";
import { useSubject } from "../session/SessionProvider.tsx";
import { type Standing, standingOf } from "./proofs.ts";
import { OwnStanding } from "./YouDocuments.ts";

const NOTHING = {};

/** What the caller has of that which editions may demand; null while that is not known, or not wanted, or nobody is signed in. */
export function useOwnStanding(isWanted: boolean): Standing | null {
  const subject = useSubject();
  const { data } = useReading(OwnStanding, subject === null || !isWanted ? null : NOTHING, "proofs");
  return data === undefined ? null : standingOf(data.currentHolder);
}
