import { useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { useSubject } from "../session/SessionProvider.tsx";
import { PrintedTicket } from "./PrintedTicket.tsx";
import { OwnTickets } from "./TicketDocuments.ts";

/** The caller's tickets, the newest first. */
export function TicketsPage() {
  const subject = useSubject();
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  if (subject === null) {
    return (
      <Page title="My tickets" lead="Sign in to see what is yours.">
        <p>
          <Link to={{ page: "signIn", returnPath: "/tickets" }} className="button primary">
            Sign in
          </Link>
        </p>
      </Page>
    );
  }
  return (
    <Page title="My tickets" lead="Each is a signed document: keep it, print it, verify it anywhere.">
      {cursors.map((after, index) => (
        <TicketsSheet
          key={after ?? "first"}
          after={after}
          isLast={index === cursors.length - 1}
          onMore={(cursor) => setCursors([...cursors, cursor])}
        />
      ))}
    </Page>
  );
}

interface SheetProps {
  readonly after: string | null;
  readonly isLast: boolean;
  readonly onMore: (cursor: string) => void;
}

function TicketsSheet({ after, isLast, onMore }: SheetProps) {
  const { data, problem } = useReading(OwnTickets, { after }, "tickets");
  if (data === undefined) return problem === null ? <Loading /> : <ProblemNotice problem={problem} />;
  const tickets = data.currentHolder?.tickets;
  if (tickets === undefined || tickets.nodes.length === 0) {
    return (
      <p className="empty">
        You have no ticket yet. <Link to={{ page: "editions" }}>See the editions</Link>
      </p>
    );
  }
  const { endCursor, hasNextPage } = tickets.pageInfo;
  return (
    <>
      <ul className="printed-list">
        {tickets.nodes.map((ticket) => (
          <li key={ticket.rowId}>
            <PrintedTicket ticket={ticket} />
            <Link to={{ page: "ticket", id: ticket.rowId }} className="printed-open">
              Open ticket {ticket.ticketNumber} of {ticket.edition.title}
            </Link>
          </li>
        ))}
      </ul>
      {isLast && hasNextPage && endCursor !== null ? (
        <button type="button" className="button" onClick={() => onMore(endCursor)}>
          Earlier tickets
        </button>
      ) : null}
    </>
  );
}
