import { useMemo } from "react";
import { Time } from "../parts/Time.tsx";
import { EnvelopeQr } from "./EnvelopeQr.tsx";
import { rosette } from "./rosette.ts";
import type { TicketFacts } from "./TicketDocuments.ts";

interface PrintedTicketProps {
  readonly ticket: TicketFacts;
  /** Whose it is; left out where it is the reader's own, in a list. */
  readonly holder?: string | undefined;
}

/** A ticket as something to keep: its number, its edition, its date, and the whole signed envelope as a QR code. */
export function PrintedTicket({ ticket, holder }: PrintedTicketProps) {
  const { edition, ticketNumber, status, envelope, issuedAt, rowId } = ticket;
  const stamp = status === "redeemed" || status === "revoked" ? status : null;
  return (
    <section className={`printed ${status}`} aria-label={`Ticket ${ticketNumber} of ${edition.cap}, ${edition.title}`}>
      <div className="printed-face">
        <Rosette seed={rowId} />
        <p className="printed-press">Golden Press</p>
        <p className="printed-edition">{edition.title}</p>
        <p className="printed-number">
          <span className="numero">No.</span> <strong>{ticketNumber}</strong>{" "}
          <span className="printed-cap">of {edition.cap.toLocaleString()}</span>
        </p>
        <dl className="printed-facts">
          <div>
            <dt>Issued</dt>
            <dd>
              <Time at={issuedAt} />
            </dd>
          </div>
          {holder === undefined ? null : (
            <div>
              <dt>To</dt>
              <dd>
                <bdi>{holder}</bdi>
              </dd>
            </div>
          )}
        </dl>
        <p className="printed-id">{rowId}</p>
        {stamp === null ? null : (
          <p className="stamp" aria-hidden="true">
            {stamp}
          </p>
        )}
      </div>
      <div className="printed-stub">
        {envelope === null ? (
          <p className="printed-pending">{status === "pending" ? "Being signed …" : "Not kept here any more"}</p>
        ) : (
          <EnvelopeQr envelope={envelope} label={`QR code of the signed envelope of ticket ${ticketNumber}`} />
        )}
        <p className={`badge status-${status}`}>{status}</p>
      </div>
    </section>
  );
}

function Rosette({ seed }: { readonly seed: string }) {
  const bands = useMemo(() => rosette(seed), [seed]);
  return (
    <svg className="rosette" viewBox="-102 -102 204 204" aria-hidden="true">
      {bands.map(({ path, angles }) =>
        angles.map((angle) => <path key={`${path} ${angle}`} d={path} transform={`rotate(${angle})`} />),
      )}
    </svg>
  );
}
