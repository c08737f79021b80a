import { useCallback, useState } from "react";
import { usePress } from "../press/PressProvider.tsx";
import { type Problem, sentenceOf } from "../press/problem.ts";
import { useRedemption } from "../tickets/useRedemption.ts";
import { VerifyTicket } from "../verify/VerifyDocuments.ts";
import { type GateTicket, TicketAtGate } from "./OperatorDocuments.ts";

/** A guest at the gate, from the ticket being shown to the guest being let in or not. */
export type Guest =
  | { readonly state: "awaited" }
  | { readonly state: "looking" }
  | { readonly state: "good"; readonly ticket: GateTicket; readonly envelope: string; readonly proof: string }
  | { readonly state: "redeeming"; readonly ticket: GateTicket }
  /** `isEarlier`: it had been redeemed by this gate already, and the answer was lost. */
  | { readonly state: "admitted"; readonly ticket: GateTicket; readonly isEarlier: boolean }
  | { readonly state: "refused"; readonly problem: Problem; readonly ticket: GateTicket | null }
  /** The press said nothing of the ticket; `again` asks it once more. */
  | {
      readonly state: "unknown";
      readonly problem: Problem;
      readonly ticket: GateTicket | null;
      readonly again: () => void;
    };

export function useGate() {
  const press = usePress();
  const { redeem, isUnsettled } = useRedemption();
  const [guest, setGuest] = useState<Guest>({ state: "awaited" });

  const use = useCallback(
    async (ticket: GateTicket, envelope: string, proof: string, isEarlier: boolean) => {
      setGuest({ state: "redeeming", ticket });
      const ending = await redeem({ id: ticket.rowId, envelope, proof });
      if ("value" in ending) return setGuest({ state: "admitted", ticket, isEarlier });
      const { problem } = ending;
      if (ending.isSettled && isAboutTicket(problem)) return setGuest({ state: "refused", problem, ticket });
      setGuest({ state: "unknown", problem, ticket, again: () => void use(ticket, envelope, proof, isEarlier) });
    },
    [redeem],
  );

  const show = useCallback(
    async (envelope: string) => {
      setGuest({ state: "looking" });
      const refuse = (problem: Problem, ticket: GateTicket | null = null) =>
        setGuest(
          isAboutTicket(problem)
            ? { state: "refused", problem, ticket }
            : { state: "unknown", problem, ticket, again: () => void show(envelope) },
        );
      const verdict = await press.ask(VerifyTicket, { envelope });
      if ("problem" in verdict) return refuse(verdict.problem);
      const { refusal, ticketId } = verdict.value.verifyTicket;
      const known = refusal === null || TELL_MORE.has(refusal);
      const found = ticketId === null || !known ? null : await press.ask(TicketAtGate, { id: ticketId });
      if (found !== null && "problem" in found) return refuse(found.problem);
      const ticket = found?.value.ticket ?? null;
      const proof = ticket?.timechainProof ?? null;
      // It may be this gate that used it up, and was never told: under the same key, the press says so.
      if (refusal === "ALREADY_REDEEMED" && ticket !== null && proof !== null && isUnsettled(ticket.rowId)) {
        return use(ticket, envelope, proof, true);
      }
      if (refusal !== null) return refuse(named(refusal), ticket);
      if (ticket === null) return refuse(named("TICKET_NOT_FOUND"));
      if (proof === null) return refuse(named("TICKET_NOT_SIGNED"), ticket);
      setGuest({ state: "good", ticket, envelope, proof });
    },
    [press, use, isUnsettled],
  );

  const admit = useCallback(async () => {
    if (guest.state !== "good") return;
    await use(guest.ticket, guest.envelope, guest.proof, false);
  }, [guest, use]);

  const next = useCallback(() => setGuest({ state: "awaited" }), []);
  return { guest, show, admit, next };
}

/** Whether a refusal says something against the ticket, and not of the press, of the way to it, or of who asks. */
function isAboutTicket({ code, isRetryable }: Problem): boolean {
  return !isRetryable && !NOT_OF_THE_TICKET.has(code);
}

const NOT_OF_THE_TICKET: ReadonlySet<string> = new Set([
  "PRESS_STOPPED",
  "NOT_SIGNED_IN",
  "UNAUTHENTICATED",
  "NOT_ALLOWED",
  "ORIGIN_NOT_ALLOWED",
  "INTERNAL_ERROR",
  "TICKET_NOT_SIGNED",
]);

/** Of these, the ticket itself is real, and whose it is and what became of it helps at the gate. */
const TELL_MORE = new Set(["ALREADY_REDEEMED", "TICKET_REVOKED", "HOLDER_INACTIVE", "TICKET_NOT_SIGNED"]);

function named(code: string): Problem {
  return { code, sentence: sentenceOf(code), isRetryable: false };
}
