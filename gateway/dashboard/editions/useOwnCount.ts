import { useReading } from "../press/useReading.ts";
import { useSubject } from "../session/SessionProvider.tsx";
import { OwnCount } from "./EditionsDocuments.ts";

/** How many tickets of an edition the caller has; null while that is not known, or nobody is signed in. */
export function useOwnCount(editionId: number): number | null {
  const subject = useSubject();
  const { data } = useReading(OwnCount, subject === null ? null : { editionId }, "tickets");
  return data === undefined ? null : (data.currentHolder?.tickets.totalCount ?? 0);
}
