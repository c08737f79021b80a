import { useState } from "react";
import { Confirm } from "../parts/Confirm.tsx";
import { usePress } from "../press/PressProvider.tsx";
import { RevokeTicket } from "./OperatorDocuments.ts";

interface RevokeButtonProps {
  readonly ticket: { readonly rowId: string; readonly ticketNumber: number; readonly status: string };
  /** In a table, where there is one a row. */
  readonly isSmall?: boolean;
}

/** Withdraws a signed ticket, with a reason that is published. */
export function RevokeButton({ ticket: { rowId, ticketNumber, status }, isSmall = false }: RevokeButtonProps) {
  const press = usePress();
  const [isAsking, setIsAsking] = useState(false);
  if (status !== "signed") return null;
  const revoke = async (reason: string) => {
    const outcome = await press.order(RevokeTicket, { id: rowId, reason });
    press.touch("tickets");
    return "problem" in outcome ? outcome.problem : null;
  };
  return (
    <>
      <button type="button" className={isSmall ? "button small" : "button"} onClick={() => setIsAsking(true)}>
        Revoke<span className="visually-hidden"> ticket {ticketNumber}</span> …
      </button>
      {isAsking ? (
        <Confirm
          title={`Revoke ticket ${ticketNumber}?`}
          confirmLabel="Revoke it"
          typed={`ticket ${ticketNumber}`}
          reasonLabel="Why it is revoked"
          onConfirm={revoke}
          onClose={() => setIsAsking(false)}
        >
          <p>It can never be used again, and its number is never given out again.</p>
        </Confirm>
      ) : null}
    </>
  );
}
