import { useEffect, useRef } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import { Ago, Time } from "../parts/Time.tsx";
import { KINDS } from "./proofs.ts";
import { Violations } from "./Violations.tsx";
import type { AttestationFacts } from "./YouDocuments.ts";

/** What somebody has submitted and what became of it, the newest first: of what was rejected every reason. */
export function Attestations({ attestations }: { readonly attestations: readonly AttestationFacts[] }) {
  useSpokenDecision(attestations[0]);
  if (attestations.length === 0) return null;
  return (
    <section className="card" aria-labelledby="attestations">
      <h2 id="attestations">What you have submitted</h2>
      <ul className="claims">
        {attestations.map((attestation, index) => (
          <li key={attestation.rowId} className={`claim ${attestation.status}`} data-testid="attestation">
            <AttestationSummary attestation={attestation} />
            {attestation.status !== "rejected" ? null : index === 0 ? (
              <Violations attestation={attestation} />
            ) : (
              <details>
                <summary>Why it was rejected</summary>
                <Violations attestation={attestation} />
              </details>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What was submitted, and how it stands. */
export function AttestationSummary({ attestation }: { readonly attestation: AttestationFacts }) {
  const { kind, status, submittedAt, submittedBy, decidedAt } = attestation;
  return (
    <>
      <p className="kicker">
        <span className={`badge status-${status}`}>{STATUSES[status]}</span>
        submitted <Ago at={submittedAt} />
        {submittedBy === null ? null : <> by {submittedBy}</>}
      </p>
      <h3>With {KINDS[kind]}</h3>
      {decidedAt === null ? (
        <p role="status">It is being checked. This page shows it when it is decided.</p>
      ) : (
        <p>
          {status === "verified" ? "It holds, and gave a credential" : "It was rejected"}, on <Time at={decidedAt} />.
        </p>
      )}
    </>
  );
}

const STATUSES = { submitted: "being checked", verified: "verified", rejected: "rejected" } as const;

/** Says to screen readers what became of the latest one, when it is decided while they are here. */
function useSpokenDecision(latest: AttestationFacts | undefined): void {
  const announce = useAnnounce();
  const awaited = useRef<string | null>(null);
  useEffect(() => {
    if (latest === undefined) return;
    const { rowId, status, violations } = latest;
    if (status === "submitted") {
      awaited.current = rowId;
    } else if (awaited.current === rowId) {
      awaited.current = null;
      announce(
        status === "verified"
          ? "What you submitted was verified."
          : `What you submitted was rejected for ${violations?.length === 1 ? "one reason" : `${violations?.length} reasons`}.`,
      );
    }
  }, [latest, announce]);
}
