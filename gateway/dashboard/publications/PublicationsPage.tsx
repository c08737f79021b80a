import { useState } from "react";
import { Loading } from "../parts/Loading.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import { useKept } from "../parts/useKept.ts";
import { useReading } from "../press/useReading.ts";
import { Link } from "../routing/Link.tsx";
import { Page } from "../routing/Page.tsx";
import { useCaller, useIsOperator } from "../session/SessionProvider.tsx";
import { KeyCard } from "./KeyCard.tsx";
import { PoolCard } from "./PoolCard.tsx";
import { PublicationList } from "./PublicationList.tsx";
import { OwnPublications } from "./PublicationsDocuments.ts";
import { RecordForm } from "./RecordForm.tsx";
import type { RecordKey } from "./recordKey.ts";

/** Records on a public chain: the caller's keys, a record to sign, and what became of those before; for operators what pays for them. */
export function PublicationsPage() {
  const isOperator = useIsOperator();
  const caller = useCaller();
  if (caller === null) {
    return (
      <Page
        title="Publications"
        lead="Records that you sign, published on a public chain for everybody. Sign in first."
      >
        <p>
          <Link to={{ page: "signIn", returnPath: "/publications" }} className="button primary">
            Sign in
          </Link>
        </p>
      </Page>
    );
  }
  return (
    <Page
      title="Publications"
      lead="Records that you sign with a key of your own, on a public chain. What is published stays there, for everybody and for ever."
    >
      <OwnRecords />
      {isOperator ? <PoolCard /> : null}
    </Page>
  );
}

function OwnRecords() {
  const [trail, setTrail] = useState<readonly (string | null)[]>([null]);
  // In the memory of this page, and gone with it.
  const [key, setKey] = useState<RecordKey | null>(null);
  const { data: read, problem } = useReading(OwnPublications, { after: trail.at(-1) ?? null }, "publications");
  const data = useKept(read);
  if (data === undefined) return problem === null ? <Loading /> : <ProblemNotice problem={problem} />;
  const keys = data.currentHolder?.publishingKeys.nodes ?? [];
  const publications = data.currentHolder?.publications;
  const isRegistered = keys.some(({ publicKey, revokedAt }) => publicKey === key?.publicKey && revokedAt === null);
  return (
    <>
      <KeyCard keys={keys} current={key} onKey={setKey} />
      {key === null ? null : (
        <RecordForm signer={key} isRegistered={isRegistered} onSubmitted={() => setTrail([null])} />
      )}
      <PublicationList
        publications={publications?.nodes ?? []}
        trail={trail}
        next={publications?.pageInfo.hasNextPage === true ? publications.pageInfo.endCursor : null}
        onTurn={setTrail}
      />
    </>
  );
}
