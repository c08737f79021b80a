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
  | { readonly state: "admitted"; readonly ticket: GateTicket }
  | { readonly state: "refused"; readonly problem: Problem; readonly ticket: GateTicket | null };

export function useGate(subject: string) {
  const press = usePress();
  const redeem = useRedemption(subject);
  const [guest, setGuest] = useState<Guest>({ state: "awaited" });

  const show = useCallback(
    async (envelope: string) => {
      setGuest({ state: "looking" });
      const refuse = (problem: Problem, ticket: GateTicket | null = null) =>
        setGuest({ state: "refused", problem, ticket });
      const verdict = await press.ask(VerifyTicket, { envelope });
      if ("problem" in verdict) return refuse(verdict.problem);
      const { refusal, ticketId } = verdict.value.verifyTicket;
      const known = refusal === null || TELL_MORE.has(refusal);
      const found = ticketId === null || !known ? null : await press.ask(TicketAtGate, { id: ticketId });
      if (found !== null && "problem" in found) return refuse(found.problem);
      const ticket = found?.value.ticket ?? null;
      if (refusal !== null) return refuse(named(refusal), ticket);
      if (ticket === null) return refuse(named("TICKET_NOT_FOUND"));
      if (ticket.timechainProof === null) return refuse(named("TICKET_NOT_SIGNED"), ticket);
      setGuest({ state: "good", ticket, envelope, proof: ticket.timechainProof });
    },
    [press],
  );

  const admit = useCallback(async () => {
    if (guest.state !== "good") return;
    const { ticket, envelope, proof } = guest;
    setGuest({ state: "redeeming", ticket });
    const problem = await redeem({ id: ticket.rowId, envelope, proof });
    setGuest(problem === null ? { state: "admitted", ticket } : { state: "refused", problem, ticket });
  }, [guest, redeem]);

  const next = useCallback(() => setGuest({ state: "awaited" }), []);
  return { guest, show, admit, next };
}

/** Of these, the ticket itself is real, and whose it is and what became of it helps at the gate. */
const TELL_MORE = new Set(["ALREADY_REDEEMED", "TICKET_REVOKED", "HOLDER_INACTIVE", "TICKET_NOT_SIGNED"]);

function named(code: string): Problem {
  return { code, sentence: sentenceOf(code), isRetryable: false };
}
