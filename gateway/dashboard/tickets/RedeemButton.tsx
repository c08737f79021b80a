import { useState } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import { Confirm } from "../parts/Confirm.tsx";
import type { TicketFacts } from "./TicketDocuments.ts";
import { useRedemption } from "./useRedemption.ts";

interface RedeemButtonProps {
  readonly ticket: TicketFacts;
  readonly proof: string | null;
}

/** Uses the ticket up, once, after asking. */
export function RedeemButton({ ticket, proof }: RedeemButtonProps) {
  const [isAsking, setIsAsking] = useState(false);
  const { redeem } = useRedemption();
  const announce = useAnnounce();
  const { envelope, rowId, ticketNumber, edition } = ticket;
  // Without its envelope it is redeemed with the copy that its holder has kept: at the gate.
  if (ticket.status !== "signed" || envelope === null) return null;
  const isReady = proof !== null;
  return (
    <>
      <button type="button" className="button" disabled={!isReady} onClick={() => setIsAsking(true)}>
        Redeem …
      </button>
      {isReady ? null : <p className="help">It can be redeemed once the ledger has it, in a moment.</p>}
      {isAsking && isReady ? (
        <Confirm
          title={`Redeem ticket ${ticketNumber}?`}
          confirmLabel="Redeem it"
          onClose={() => setIsAsking(false)}
          onConfirm={async () => {
            const ending = await redeem({ id: rowId, envelope, proof });
            if ("problem" in ending) return ending.problem;
            announce(`Ticket ${ticketNumber} is redeemed.`);
            return null;
          }}
        >
          <p>
            Ticket {ticketNumber} of {edition.title} is used up by this, once and for all. Do it only where you are
            asked to.
          </p>
        </Confirm>
      ) : null}
    </>
  );
}
