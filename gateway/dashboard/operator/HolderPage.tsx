import { Loading } from "../parts/Loading.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { Time } from "../parts/Time.tsx";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { AttestationSummary } from "../you/Attestations.tsx";
import { KINDS } from "../you/proofs.ts";
import { Violations } from "../you/Violations.tsx";
import type { CredentialFacts } from "../you/YouDocuments.ts";
import { HolderActions } from "./HolderActions.tsx";
import { type HolderSheetFacts, OneHolder } from "./HolderDocuments.ts";
import { OperatorsOnly } from "./OperatorsOnly.tsx";
import { RevokeCredentialButton } from "./RevokeCredentialButton.tsx";

/** One holder, for operators: what they have proved, and what is to be done about it. */
export function HolderPage({ id }: { readonly id: string }) {
  return (
    <OperatorsOnly title="Holder">
      <HolderSheet id={id} />
    </OperatorsOnly>
  );
}

function HolderSheet({ id }: { readonly id: string }) {
  const { data, problem } = useReading(OneHolder, { id }, "proofs");
  if (data === undefined) {
    return <Page title="Holder">{problem === null ? <Loading /> : <ProblemNotice problem={problem} />}</Page>;
  }
  const { holder } = data;
  if (holder === null) return <Page title="No such holder" lead="The press knows nobody with this id." />;
  return (
    <Page
      title={holder.subject ?? "Somebody who was forgotten"}
      kicker={
        <>
          <Link to={{ page: "holders" }}>Holders</Link>
          <span className={`badge ${holder.isActive ? "status-signed" : "status-revoked"}`}>
            {holder.isActive ? "active" : "deactivated"}
          </span>
        </>
      }
    >
      {problem === null ? null : <ProblemNotice problem={problem} tone="warning" />}
      <div className="columns">
        <HolderTerms holder={holder} />
        <HolderActions holder={holder} />
      </div>
      <HolderCredentials credentials={holder.credentials.nodes} />
      <HolderAttestations holder={holder} />
    </Page>
  );
}

function HolderTerms({ holder }: { readonly holder: HolderSheetFacts }) {
  const { rowId, trustLevel, createdAt, deactivationReason, tickets } = holder;
  return (
    <section className="card" aria-label="What is known">
      <dl className="terms">
        <div>
          <dt>Trust level</dt>
          <dd data-testid="trust-level">{trustLevel}</dd>
        </div>
        <div>
          <dt>Tickets</dt>
          <dd>{tickets.totalCount.toLocaleString()}</dd>
        </div>
        <div>
          <dt>Known since</dt>
          <dd>
            <Time at={createdAt} />
          </dd>
        </div>
        {deactivationReason === null ? null : (
          <div>
            <dt>Deactivated</dt>
            <dd>
              <bdi>{deactivationReason}</bdi>
            </dd>
          </div>
        )}
        <div>
          <dt>In the ledger</dt>
          <dd>
            <code>{rowId}</code>
          </dd>
        </div>
      </dl>
    </section>
  );
}

function HolderCredentials({ credentials }: { readonly credentials: readonly CredentialFacts[] }) {
  return (
    <section className="card" aria-labelledby="credentials">
      <h2 id="credentials">Credentials</h2>
      {credentials.length === 0 ? (
        <p className="empty">There is none.</p>
      ) : (
        <div className="scroll">
          <table>
            <caption className="visually-hidden">Credentials, the newest first</caption>
            <thead>
              <tr>
                <th scope="col">Proved with</th>
                <th scope="col">Trust level</th>
                <th scope="col">Status</th>
                <th scope="col">Valid until</th>
                <th scope="col">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {credentials.map(({ rowId, kind, trustLevel, status, validUntil, reason }) => (
                <tr key={rowId}>
                  <th scope="row">{KINDS[kind]}</th>
                  <td>{trustLevel}</td>
                  <td>
                    <span className={`badge status-${status}`}>{status}</span>
                    {reason === null ? null : (
                      <span className="help">
                        {" "}
                        <bdi>{reason}</bdi>
                      </span>
                    )}
                  </td>
                  <td>
                    <Time at={validUntil} />
                  </td>
                  <td>
                    <RevokeCredentialButton id={rowId} kind={kind} status={status} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function HolderAttestations({ holder }: { readonly holder: HolderSheetFacts }) {
  const { nodes } = holder.attestations;
  return (
    <section className="card" aria-labelledby="attestations">
      <h2 id="attestations">What was submitted</h2>
      {nodes.length === 0 ? <p className="empty">Nothing yet.</p> : null}
      <ul className="claims">
        {nodes.map((attestation) => (
          <li key={attestation.rowId} className={`claim ${attestation.status}`}>
            <AttestationSummary attestation={attestation} />
            {attestation.status === "rejected" ? (
              <details>
                <summary>What the holder is told</summary>
                <Violations attestation={attestation} />
              </details>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
