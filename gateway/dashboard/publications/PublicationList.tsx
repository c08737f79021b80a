import { Pager } from "../parts/Pager.tsx";
import { Ago, Time } from "../parts/Time.tsx";
import type { PublicationFacts } from "./PublicationsDocuments.ts";
import { confirmationsOf, STATES } from "./publicationStates.ts";
import { usePublicationNews } from "./usePublicationNews.ts";

interface PublicationListProps {
  readonly publications: readonly PublicationFacts[];
  readonly trail: readonly (string | null)[];
  readonly next: string | null;
  readonly onTurn: (trail: readonly (string | null)[]) => void;
}

/** What somebody has submitted, the newest first, each as it stands. */
export function PublicationList({ publications, trail, next, onTurn }: PublicationListProps) {
  usePublicationNews(publications);
  return (
    <section className="card" aria-labelledby="records">
      <h2 id="records">Your records</h2>
      {publications.length === 0 ? <p className="empty">You have submitted none yet.</p> : null}
      <ul className="claims">
        {publications.map((publication) => (
          <PublicationItem key={publication.rowId} publication={publication} />
        ))}
      </ul>
      <Pager of="records" trail={trail} next={next} onTurn={onTurn} />
    </section>
  );
}

function PublicationItem({ publication }: { readonly publication: PublicationFacts }) {
  const { state, payload, errorCode, errorDetail, txid, confirmations, submittedAt, expiresAt } = publication;
  const counted = confirmationsOf(confirmations);
  return (
    <li className={`claim publication-${state}`} data-testid="publication">
      <p className="kicker">
        <span className={`badge publication-${state}`}>{state}</span>
        submitted <Ago at={submittedAt} />
      </p>
      <p>
        {STATES[state]}
        {state === "queued" && expiresAt !== null ? (
          <>
            {" "}
            What is not in one by <Time at={expiresAt} /> fails.
          </>
        ) : null}
      </p>
      {errorCode === null ? null : (
        <>
          {errorDetail === null ? null : <p>{errorDetail}</p>}
          <p className="code-name">{errorCode}</p>
        </>
      )}
      {txid === null ? null : (
        <p>
          Transaction <code className="key-text">{txid}</code>
          {counted === null ? null : <>, {counted}</>}
        </p>
      )}
      {payload === null ? null : (
        <details>
          <summary>What it says</summary>
          <p>
            <code className="key-text">
              <bdi>{payload}</bdi>
            </code>
          </p>
        </details>
      )}
    </li>
  );
}
