import { Time } from "../parts/Time.tsx";
import { download } from "../tickets/download.ts";
import type { CredentialJudgement } from "./credentialVerdicts.ts";
import { KINDS } from "./proofs.ts";
import { useJudgements } from "./useJudgements.ts";
import type { CredentialFacts } from "./YouDocuments.ts";

interface CredentialsProps {
  readonly credentials: readonly CredentialFacts[];
  readonly trustLevel: number;
}

/** What somebody has proved: each credential to keep, as a file, and what the SDK says of it here in the browser. */
export function Credentials({ credentials, trustLevel }: CredentialsProps) {
  const signed = credentials.flatMap(({ status, document }) =>
    status === "signed" && document !== null ? [document] : [],
  );
  const { judgements, failure } = useJudgements(signed);
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
          <Credential
            key={credential.rowId}
            credential={credential}
            judgement={judgements.get(credential.document ?? "")}
          />
        ))}
      </ul>
      {failure === null ? null : <p className="help">{failure}</p>}
    </section>
  );
}

interface CredentialProps {
  readonly credential: CredentialFacts;
  /** Undefined: it was not judged, or not yet. */
  readonly judgement: CredentialJudgement | undefined;
}

function Credential({ credential, judgement }: CredentialProps) {
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
      {judgement === undefined || status !== "signed" ? null : (
        <div data-testid={`verdict-${kind}`}>
          <Judged judgement={judgement} />
        </div>
      )}
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

function Judged({ judgement: { verdict, list } }: { readonly judgement: CredentialJudgement }) {
  if (!verdict.isValid) {
    return (
      <>
        <p>{verdict.message}</p>
        <p className="code-name">{verdict.reason}</p>
      </>
    );
  }
  const signed = "Verified in this browser: the press's key signed exactly this";
  if (list === null) {
    return (
      <p className="help">{signed}. The list of what was revoked is not there yet, so that nothing is said of that.</p>
    );
  }
  return (
    <p className="help">
      {signed}, and by the list of <Time at={list.validFrom} /> it was not revoked.
    </p>
  );
}
