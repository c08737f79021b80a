import { useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { useKept } from "../parts/useKept.ts";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { useSubject } from "../session/SessionProvider.tsx";
import { PrintedTicket } from "./PrintedTicket.tsx";
import { OwnTickets } from "./TicketDocuments.ts";

/** The caller's tickets, the newest first. */
export function TicketsPage() {
  const subject = useSubject();
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
      <TicketsSheet after={null} />
    </Page>
  );
}

/** Some of them, and those that come after these: what a new one pushes off this sheet is on the next. */
function TicketsSheet({ after }: { readonly after: string | null }) {
  const [isContinued, setIsContinued] = useState(false);
  const { data: read, problem } = useReading(OwnTickets, { after }, "tickets");
  const data = useKept(read);
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
      {!hasNextPage || endCursor === null ? null : isContinued ? (
        <TicketsSheet after={endCursor} />
      ) : (
        <button type="button" className="button" onClick={() => setIsContinued(true)}>
          Earlier tickets
        </button>
      )}
    </>
  );
}
