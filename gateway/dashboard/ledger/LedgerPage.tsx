import { useId, useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { Pager } from "../parts/Pager.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { Time } from "../parts/Time.tsx";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { CheckpointsPageOf, LedgerPageOf } from "./LedgerDocuments.ts";

type Trail = readonly (string | null)[];

/** The types of entries, with what they mean. */
const TYPES: Readonly<Record<string, string>> = {
  "edition.opened": "an edition opened",
  "edition.closed": "an edition closed",
  "edition.drawn": "a winner was drawn",
  "winner.replaced": "a winner was replaced",
  "ticket.issued": "a ticket was issued",
  "ticket.redeemed": "a ticket was redeemed",
  "ticket.revoked": "a ticket was revoked",
  "key.activated": "a key came into use",
  "key.retired": "a key went out of use",
  "key.revoked": "a key is in the hands of somebody else",
  "beacon.archived": "a round of a beacon was archived",
  "attestation.decided": "an attestation was decided",
  "credential.issued": "a credential was issued",
  "credential.revoked": "a credential was revoked",
};

/** The ledger and its checkpoints, the newest first; the first page is live. */
export function LedgerPage() {
  return (
    <Page
      title="The ledger"
      lead="Everything that ever happened here, in its order, for ever. Checkpoints sign how it stood, so that it cannot be rewritten unnoticed."
    >
      <Entries />
      <Checkpoints />
    </Page>
  );
}

function Entries() {
  const [trail, setTrail] = useState<Trail>([null]);
  const [type, setType] = useState("");
  const id = useId();
  const after = trail.at(-1) ?? null;
  // A filter that is there and empty is refused.
  const filter = type === "" ? undefined : { type: { equalTo: type } };
  const { data, problem } = useReading(LedgerPageOf, { after, filter }, "ledger");
  const page = data?.ledgerEntries;
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Entries</h2>
      <div className="field inline">
        <label htmlFor={`${id}-type`}>Only</label>
        <select
          id={`${id}-type`}
          value={type}
          onChange={(event) => {
            setType(event.target.value);
            setTrail([null]);
          }}
        >
          <option value="">everything</option>
          {Object.keys(TYPES).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      {page === undefined ? problem === null ? <Loading /> : <ProblemNotice problem={problem} /> : null}
      {page?.nodes.length === 0 ? <p className="empty">There is no such entry.</p> : null}
      <ol className="entries">
        {page?.nodes.map(({ place, type: name, leaf, recordedAt, edition, ticketNumber }) => (
          <li key={place}>
            <details>
              <summary>
                <span className="place">{place}</span>
                <span className="entry-what">
                  {TYPES[name] ?? name}
                  {edition === null ? null : `: ${edition.title}`}
                  {ticketNumber === null ? null : `, ticket ${ticketNumber}`}
                </span>
                <span className="entry-when">
                  <Time at={recordedAt} />
                </span>
              </summary>
              <pre className="leaf">{leaf}</pre>
              {edition === null ? null : <Link to={{ page: "edition", slug: edition.slug }}>See the edition</Link>}
            </details>
          </li>
        ))}
      </ol>
      <Pager
        of="entries"
        trail={trail}
        next={page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null}
        onTurn={setTrail}
      />
    </section>
  );
}

function Checkpoints() {
  const [trail, setTrail] = useState<Trail>([null]);
  const id = useId();
  const { data, problem } = useReading(CheckpointsPageOf, { after: trail.at(-1) ?? null }, "ledger");
  const page = data?.checkpoints;
  return (
    <section className="card" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>Checkpoints</h2>
      <p>
        The latest is at <a href="/ledger/checkpoint">/ledger/checkpoint</a>, its key at{" "}
        <a href="/ledger/vkey">/ledger/vkey</a>. Keep what you see, and compare it with what others saw.
      </p>
      {page === undefined ? problem === null ? <Loading /> : <ProblemNotice problem={problem} /> : null}
      <ol className="entries">
        {page?.nodes.map(({ treeSize, signedAt, note }) => (
          <li key={treeSize}>
            <details>
              <summary>
                <span className="place">{treeSize}</span>
                <span className="entry-what">entries, signed</span>
                <span className="entry-when">
                  <Time at={signedAt} />
                </span>
              </summary>
              <pre className="leaf">{note}</pre>
            </details>
          </li>
        ))}
      </ol>
      <Pager
        of="checkpoints"
        trail={trail}
        next={page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null}
        onTurn={setTrail}
      />
    </section>
  );
}
