import { type FormEvent, useId, useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { Pager } from "../parts/Pager.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { Time } from "../parts/Time.tsx";
import type { EditionFacts } from "../press/EditionDocuments.ts";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { HolderName } from "./HolderName.tsx";
import { HolderBySubject, TicketsOfEdition } from "./OperatorDocuments.ts";
import { RevokeButton } from "./RevokeButton.tsx";

const STATUSES = ["pending", "signed", "redeemed", "revoked"] as const;

/** What is looked for; each member narrows it. */
interface Wanted {
  readonly ticketNumber?: { readonly equalTo: number };
  readonly status?: { readonly equalTo: string };
  readonly holderId?: { readonly equalTo: string };
}

/** A holder nobody knows: no row has it. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/** The tickets of an edition with their holders: found by number, holder or status, a page at a time. */
export function WhoHoldsWhat({ edition: { slug } }: { readonly edition: EditionFacts }) {
  const press = usePress();
  const [wanted, setWanted] = useState<Wanted>({});
  const [isByHolder, setIsByHolder] = useState(false);
  const [trail, setTrail] = useState<readonly (string | null)[]>([null]);
  const [failure, setFailure] = useState<Problem | null>(null);
  const id = useId();
  const orderBy = isByHolder ? ["HOLDER_ID_ASC", "TICKET_NUMBER_ASC"] : ["TICKET_NUMBER_ASC"];
  // A filter that is there and empty is refused.
  const filter = Object.keys(wanted).length === 0 ? undefined : wanted;
  const variables = { slug, after: trail.at(-1) ?? null, filter, orderBy };
  const { data, problem } = useReading(TicketsOfEdition, variables, "events");
  const page = data?.editionBySlug?.tickets;
  const search = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const entries = new FormData(event.currentTarget);
    const text = (name: string) => String(entries.get(name) ?? "").trim();
    setFailure(null);
    let holderId: string | null = null;
    if (text("holder") !== "") {
      const outcome = await press.ask(HolderBySubject, { subject: text("holder") });
      if ("problem" in outcome) return setFailure(outcome.problem);
      holderId = outcome.value.holderBySubject?.rowId ?? NOBODY;
    }
    setIsByHolder(text("order") === "holder");
    setWanted({
      ...(text("number") === "" ? null : { ticketNumber: { equalTo: Number(text("number")) } }),
      ...(text("status") === "" ? null : { status: { equalTo: text("status") } }),
      ...(holderId === null ? null : { holderId: { equalTo: holderId } }),
    });
    setTrail([null]);
  };
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Who holds what</h2>
      <form className="filter" aria-label="Find tickets" onSubmit={search}>
        <div className="field">
          <label htmlFor={`${id}-number`}>Number</label>
          <input id={`${id}-number`} name="number" type="number" min={1} step={1} />
        </div>
        <div className="field">
          <label htmlFor={`${id}-holder`}>Holder</label>
          <input id={`${id}-holder`} name="holder" autoCapitalize="none" spellCheck={false} />
        </div>
        <div className="field">
          <label htmlFor={`${id}-status`}>Status</label>
          <select id={`${id}-status`} name="status">
            <option value="">any</option>
            {STATUSES.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-order`}>In the order of</label>
          <select id={`${id}-order`} name="order">
            <option value="number">numbers</option>
            <option value="holder">holders</option>
          </select>
        </div>
        <button type="submit" className="button">
          Show
        </button>
      </form>
      {failure === null ? null : <ProblemNotice problem={failure} />}
      {page === undefined ? problem === null ? <Loading /> : <ProblemNotice problem={problem} /> : null}
      {page === undefined ? null : (
        <>
          <div className="scroll">
            <table>
              <caption>{page.totalCount === 1 ? "1 ticket" : `${page.totalCount.toLocaleString()} tickets`}</caption>
              <thead>
                <tr>
                  <th scope="col">No.</th>
                  <th scope="col">Holder</th>
                  <th scope="col">Status</th>
                  <th scope="col">Issued</th>
                  <th scope="col">
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {page.nodes.map((ticket) => (
                  <tr key={ticket.rowId}>
                    <th scope="row">
                      <Link to={{ page: "ticket", id: ticket.rowId }}>{ticket.ticketNumber}</Link>
                    </th>
                    <td className="subject">
                      {ticket.holder === null ? null : (
                        <Link to={{ page: "holder", id: ticket.holder.rowId }}>
                          <HolderName subject={ticket.holder.subject} />
                        </Link>
                      )}
                    </td>
                    <td>
                      <span className={`badge status-${ticket.status}`}>{ticket.status}</span>
                    </td>
                    <td>
                      <Time at={ticket.issuedAt} />
                      {ticket.issuedBy === null ? null : <span className="help"> by {ticket.issuedBy}</span>}
                    </td>
                    <td>
                      <RevokeButton ticket={ticket} isSmall />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Pager
            of="tickets"
            trail={trail}
            next={page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null}
            onTurn={setTrail}
          />
        </>
      )}
    </section>
  );
}
