import { RevokeButton } from "../operator/RevokeButton.tsx";
import { Loading } from "../parts/Loading.tsx";
import { Notice } from "../parts/Notice.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { Time } from "../parts/Time.tsx";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { useIsOperator, useSubject } from "../session/SessionProvider.tsx";
import { VerdictsOf } from "../verify/VerdictsOf.tsx";
import { download } from "./download.ts";
import { PrintedTicket } from "./PrintedTicket.tsx";
import { RedeemButton } from "./RedeemButton.tsx";
import { OneTicket, type TicketFacts } from "./TicketDocuments.ts";

/** One ticket, to keep: print, download, verify, redeem. */
export function TicketPage({ id }: { readonly id: string }) {
  const subject = useSubject();
  const isOperator = useIsOperator();
  const { data, problem } = useReading(
    OneTicket,
    subject === null ? null : { id },
    // What happens to tickets of others is told as something about their edition.
    isOperator ? "events" : "tickets",
  );
  if (subject === null) {
    return (
      <Page title="Ticket" lead="A ticket shows to its holder alone.">
        <p>
          <Link to={{ page: "signIn", returnPath: `/tickets/${id}` }} className="button primary">
            Sign in
          </Link>
        </p>
      </Page>
    );
  }
  if (data === undefined) {
    return <Page title="Ticket">{problem === null ? <Loading /> : <ProblemNotice problem={problem} />}</Page>;
  }
  const { ticket } = data;
  if (ticket === null) return <Page title="No such ticket" lead="There is no ticket with this id among yours." />;
  const holder = ticket.holder?.subject ?? undefined;
  const name = `${ticket.edition.slug}-${ticket.ticketNumber}`;
  return (
    <Page
      title={`Ticket ${ticket.ticketNumber}`}
      kicker={<Link to={{ page: "edition", slug: ticket.edition.slug }}>{ticket.edition.title}</Link>}
    >
      <div className="ticket-page">
        <PrintedTicket ticket={ticket} holder={holder} />
        <StatusSentence ticket={ticket} />
        <div className="actions no-print">
          <button
            type="button"
            className="button primary"
            disabled={ticket.envelope === null}
            onClick={() => download(`${name}.json`, ticket.envelope ?? "")}
          >
            Download the ticket
          </button>
          <button
            type="button"
            className="button"
            disabled={ticket.timechainProof === null}
            onClick={() => download(`${name}.tlog-proof`, ticket.timechainProof ?? "")}
          >
            Download its proof
          </button>
          <button type="button" className="button" disabled={ticket.envelope === null} onClick={() => print()}>
            Print
          </button>
          {holder === subject ? <RedeemButton ticket={ticket} proof={ticket.timechainProof} /> : null}
          {isOperator ? <RevokeButton ticket={ticket} /> : null}
        </div>
        {ticket.envelope === null ? null : (
          <section className="no-print verified" aria-labelledby="verified">
            <h2 id="verified">Verified here, in your browser</h2>
            <VerdictsOf envelope={ticket.envelope} proof={ticket.timechainProof} />
          </section>
        )}
      </div>
    </Page>
  );
}

function StatusSentence({ ticket }: { readonly ticket: TicketFacts }) {
  const { status, envelope, redemption, revocation } = ticket;
  if (status === "pending")
    return <Notice tone="note">It is being signed, which takes a moment. The number is yours already.</Notice>;
  if (redemption !== null) {
    return (
      <Notice tone="note">
        It was redeemed on <Time at={redemption.redeemedAt} />.
      </Notice>
    );
  }
  if (revocation !== null) {
    return (
      <Notice tone="warning">
        It was revoked on <Time at={revocation.revokedAt} />
        {revocation.reason === null ? "." : `: ${revocation.reason}`}
      </Notice>
    );
  }
  if (envelope === null) {
    return (
      <Notice tone="note">
        The press was asked to forget its holder, and keeps no copy of it any more. The one that was kept stays good.
      </Notice>
    );
  }
  return null;
}
