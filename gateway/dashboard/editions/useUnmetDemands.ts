import type { EditionFacts } from "../press/EditionDocuments.ts";
import { useReading } from "../press/useReading.ts";
import { useSubject } from "../session/SessionProvider.tsx";
import { demandsNothing } from "../you/proofs.ts";
import { Eligibility, type Ineligibility } from "./EditionsDocuments.ts";

/**
 * What an edition demands of the caller that they do not have, in the press's words; empty where it demands nothing more, and while that is not
 * known. What else is in the way of a ticket shows in its own place.
 */
export function useUnmetDemands(edition: EditionFacts): readonly Ineligibility[] {
  const subject = useSubject();
  const isAsked = subject !== null && !demandsNothing(edition);
  const { data } = useReading(Eligibility, isAsked ? { slug: edition.slug } : null, "proofs");
  return data?.eligibility.nodes.filter(({ name }) => name === "NOT_ELIGIBLE") ?? [];
}
