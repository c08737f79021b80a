import { useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { Notice } from "../parts/Notice.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { useKept } from "../parts/useKept.ts";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { useCaller } from "../session/SessionProvider.tsx";
import { Attestations } from "./Attestations.tsx";
import { Credentials } from "./Credentials.tsx";
import { FinishedProof } from "./FinishedProof.tsx";
import { ProveYourself } from "./ProveYourself.tsx";
import { type AttestationFacts, type CredentialFacts, OwnProofs } from "./YouDocuments.ts";

const NOTHING = {};

/** What the caller has proved, and the ways to prove more. */
export function YouPage() {
  const caller = useCaller();
  if (caller === null) {
    return (
      <Page title="Prove who you are" lead="Some editions are for people of whom something is known. Sign in first.">
        <p>
          <Link to={{ page: "signIn", returnPath: "/you" }} className="button primary">
            Sign in
          </Link>
        </p>
      </Page>
    );
  }
  return (
    <Page
      title="Prove who you are"
      lead="Some editions are for people of whom something is known. What you prove gives you a credential: signed, yours, and good with others too."
    >
      <FinishedProof caller={caller} />
      <OwnSheet caller={caller} />
    </Page>
  );
}

function OwnSheet({ caller }: { readonly caller: string }) {
  const [isAwaiting, setIsAwaiting] = useState(false);
  // While something is awaited, whatever the ledger records may be it.
  const topic = isAwaiting ? "ledger" : "proofs";
  const { data: read, problem } = useReading(OwnProofs, NOTHING, topic, ({ currentHolder }) =>
    setIsAwaiting(awaitsSomething(currentHolder)),
  );
  const data = useKept(read);
  if (data === undefined) return problem === null ? <Loading /> : <ProblemNotice problem={problem} />;
  const holder = data.currentHolder;
  const attestations = holder?.attestations.nodes ?? [];
  const decided = attestations.find(({ kind, status }) => kind === "repository" && status !== "submitted");
  return (
    <>
      {holder?.isActive === false ? (
        <Notice tone="warning" title="You have been deactivated">
          Nothing is issued to you, and nothing that you prove counts, until an operator takes it back.
        </Notice>
      ) : null}
      <Credentials credentials={holder?.credentials.nodes ?? []} trustLevel={holder?.trustLevel ?? 0} />
      <Attestations attestations={attestations} />
      <ProveYourself caller={caller} usedUpBy={decided?.rowId ?? null} />
    </>
  );
}

/** Whether the press has yet to decide, or to sign, something. */
function awaitsSomething(
  holder: {
    readonly attestations: { readonly nodes: readonly AttestationFacts[] };
    readonly credentials: { readonly nodes: readonly CredentialFacts[] };
  } | null,
): boolean {
  if (holder === null) return false;
  return (
    holder.attestations.nodes.some(({ status }) => status === "submitted") ||
    holder.credentials.nodes.some(({ status }) => status === "pending")
  );
}
