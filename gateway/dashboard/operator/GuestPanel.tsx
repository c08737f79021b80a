import { useEffect, useRef } from "react";
import { Time } from "../parts/Time.tsx";
import { HolderName } from "./HolderName.tsx";
import type { GateTicket } from "./OperatorDocuments.ts";
import type { Guest } from "./useGate.ts";

interface GuestPanelProps {
  readonly guest: Exclude<Guest, { state: "awaited" }>;
  readonly admit: () => void;
  readonly next: () => void;
}

/** What is to be done with a guest, in one word that shows from afar; the button for it has the focus, so that Enter goes on. */
export function GuestPanel({ guest, admit, next }: GuestPanelProps) {
  const button = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each state has another button.
  useEffect(() => button.current?.focus(), [guest.state]);
  return (
    <section className={`card guest ${guest.state}`} aria-label="The guest">
      <div role="status" aria-live="assertive">
        <Word guest={guest} />
      </div>
      <div className="actions">
        {guest.state === "good" ? (
          <button ref={button} type="button" className="button primary" onClick={admit}>
            Redeem and let in
          </button>
        ) : null}
        {guest.state === "unknown" ? (
          <button ref={button} type="button" className="button primary" onClick={guest.again}>
            Try again
          </button>
        ) : null}
        {guest.state === "looking" || guest.state === "redeeming" ? null : (
          <button
            ref={guest.state === "good" || guest.state === "unknown" ? null : button}
            type="button"
            className="button"
            onClick={next}
            aria-keyshortcuts="Alt+N"
          >
            Next guest <kbd>Alt N</kbd>
          </button>
        )}
      </div>
    </section>
  );
}

function Word({ guest }: Pick<GuestPanelProps, "guest">) {
  switch (guest.state) {
    case "looking":
      return <p className="guest-word">Looking …</p>;
    case "redeeming":
      return <p className="guest-word">Redeeming …</p>;
    case "good":
      return (
        <>
          <p className="guest-word">Good</p>
          <Whose ticket={guest.ticket} />
        </>
      );
    case "admitted":
      return (
        <>
          <p className="guest-word">Let in</p>
          {guest.isEarlier ? (
            <p className="guest-why">This gate had redeemed it already, once; the answer was lost.</p>
          ) : null}
          <Whose ticket={guest.ticket} />
        </>
      );
    case "unknown":
      return (
        <>
          <p className="guest-word">Not known, try again</p>
          <p className="guest-why">{guest.problem.sentence}</p>
          {guest.problem.detail === undefined ? null : <p>{guest.problem.detail}</p>}
          <p className="code-name">{guest.problem.code}</p>
          {guest.ticket === null ? null : <Whose ticket={guest.ticket} />}
        </>
      );
    case "refused":
      return (
        <>
          <p className="guest-word">Not valid</p>
          <p className="guest-why">{guest.problem.sentence}</p>
          {guest.problem.detail === undefined ? null : <p>{guest.problem.detail}</p>}
          <p className="code-name">{guest.problem.code}</p>
          {guest.ticket === null ? null : <Whose ticket={guest.ticket} />}
        </>
      );
  }
}

function Whose({ ticket: { ticketNumber, edition, holder, redemption, revocation } }: { readonly ticket: GateTicket }) {
  return (
    <>
      <p>
        Ticket {ticketNumber} of {edition.cap}, {edition.title}
        {holder === null ? null : ", of "}
        {holder === null ? null : <HolderName subject={holder.subject} />}
      </p>
      {redemption === null ? null : (
        <p>
          Redeemed on <Time at={redemption.redeemedAt} /> by {redemption.redeemedBy}.
        </p>
      )}
      {revocation === null ? null : (
        <p>
          Revoked on <Time at={revocation.revokedAt} />
          {revocation.reason === null ? "." : `: ${revocation.reason}`}
        </p>
      )}
    </>
  );
}
