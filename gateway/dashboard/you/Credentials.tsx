import { Time } from "../parts/Time.tsx";
import { download } from "../tickets/download.ts";
import { KINDS } from "./proofs.ts";
import type { CredentialFacts } from "./YouDocuments.ts";

interface CredentialsProps {
  readonly credentials: readonly CredentialFacts[];
  readonly trustLevel: number;
}

/** What somebody has proved: each credential to keep, as a file. */
export function Credentials({ credentials, trustLevel }: CredentialsProps) {
  return (
    <section className="card" aria-labelledby="credentials">
      <h2 id="credentials">Your credentials</h2>
      <p data-testid="trust-level">
        Your trust level is <strong>{trustLevel}</strong>
        {trustLevel === 0 ? ": nothing is known about you yet." : "."}
      </p>
      {credentials.length === 0 ? <p className="empty">You have no credential yet.</p> : null}
      <ul className="claims">
        {credentials.map((credential) => (
          <Credential key={credential.rowId} credential={credential} />
        ))}
      </ul>
    </section>
  );
}

function Credential({ credential }: { readonly credential: CredentialFacts }) {
  const { rowId, kind, trustLevel, status, validFrom, validUntil, document, revokedAt, reason } = credential;
  return (
    <li className={`claim ${status}`} data-testid={`credential-${kind}`}>
      <p className="kicker">
        <span className={`badge status-${status}`}>{status}</span>
        trust level {trustLevel}
      </p>
      <h3>Proved with {KINDS[kind]}</h3>
      {revokedAt === null ? (
        <p>
          Valid from <Time at={validFrom} /> until <Time at={validUntil} />.
        </p>
      ) : (
        <p>
          It was revoked on <Time at={revokedAt} />: <bdi>{reason}</bdi>
        </p>
      )}
      {status === "pending" ? <p className="help">It counts already; its signature is on its way.</p> : null}
      {document === null ? null : (
        <div className="actions">
          <button type="button" className="button" onClick={() => download(`credential-${rowId}.json`, document)}>
            Download<span className="visually-hidden"> the credential of {KINDS[kind]}</span>
          </button>
        </div>
      )}
    </li>
  );
}
