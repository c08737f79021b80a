import { gql, type TypedDocumentNode } from "urql";

export interface KeyFacts {
  readonly rowId: string;
  /** Compressed, in hex. */
  readonly publicKey: string;
  readonly recordsPerHour: number;
  readonly registeredAt: string;
  readonly revokedAt: string | null;
  readonly revocationReason: string | null;
}

export type PublicationState = "queued" | "processing" | "unknown" | "sent" | "failed";

export interface PublicationFacts {
  readonly rowId: string;
  readonly state: PublicationState;
  readonly nonce: string | null;
  /** To the byte; null where its holder was forgotten before it went out. */
  readonly payload: string | null;
  readonly errorCode: string | null;
  readonly errorDetail: string | null;
  readonly txid: string | null;
  readonly confirmations: number | null;
  readonly submittedAt: string;
  readonly expiresAt: string | null;
}

const KeyParts = gql`
  fragment KeyParts on PublishingKey { rowId publicKey recordsPerHour registeredAt revokedAt revocationReason }
`;

const PublicationParts = gql`
  fragment PublicationParts on Publication {
    rowId state nonce payload errorCode errorDetail txid confirmations submittedAt expiresAt
  }
`;

/** The caller's keys and records, the newest first. */
export const OwnPublications: TypedDocumentNode<
  {
    currentHolder: {
      publishingKeys: { nodes: KeyFacts[] };
      publications: { nodes: PublicationFacts[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
    } | null;
  },
  { after: string | null }
> = gql`
  query OwnPublications($after: Cursor) {
    currentHolder {
      publishingKeys(first: 50, orderBy: PRIMARY_KEY_DESC) { nodes { ...KeyParts } }
      publications(first: 10, after: $after, orderBy: SUBMITTED_AT_DESC) {
        nodes { ...PublicationParts }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
  ${KeyParts}
  ${PublicationParts}
`;

export const PublicationChanged: TypedDocumentNode<
  { publicationChanged: { publication: PublicationFacts | null } },
  { id: string }
> = gql`
  subscription PublicationChanged($id: UUID!) {
    publicationChanged(id: $id) { publication { ...PublicationParts } }
  }
  ${PublicationParts}
`;

export const RegistrationText: TypedDocumentNode<{ keyRegistrationText: string }, { publicKey: string }> = gql`
  query RegistrationText($publicKey: String!) { keyRegistrationText(publicKey: $publicKey) }
`;

export const RegisterKey: TypedDocumentNode<
  { registerPublicKey: { publishingKey: KeyFacts } },
  { publicKey: string; signature: string }
> = gql`
  mutation RegisterKey($publicKey: String!, $signature: String!) {
    registerPublicKey(input: { publicKey: $publicKey, signature: $signature }) { publishingKey { ...KeyParts } }
  }
  ${KeyParts}
`;

export const RevokeKey: TypedDocumentNode<
  { revokePublicKey: { publishingKey: KeyFacts } },
  { publicKey: string; reason: string }
> = gql`
  mutation RevokeKey($publicKey: String!, $reason: String) {
    revokePublicKey(input: { publicKey: $publicKey, reason: $reason }) { publishingKey { ...KeyParts } }
  }
  ${KeyParts}
`;

export const SubmitRecord: TypedDocumentNode<
  { submitRecord: { publication: PublicationFacts } },
  { signedPayload: string; signature: string; pubkey: string }
> = gql`
  mutation SubmitRecord($signedPayload: String!, $signature: String!, $pubkey: String!) {
    submitRecord(input: { signedPayload: $signedPayload, signature: $signature, pubkey: $pubkey }) {
      publication { ...PublicationParts }
    }
  }
  ${PublicationParts}
`;

export interface CoinsFacts {
  readonly state: "available" | "reserved" | "unknown" | "dirty" | "spent";
  readonly utxoCount: string;
  readonly satoshis: string;
}

export interface TransactionFacts {
  readonly rowId: string;
  readonly state: string;
  readonly txid: string | null;
  readonly isSplit: boolean;
  readonly feeSatoshis: string;
  readonly attempts: number;
  readonly blockHeight: number | null;
  readonly errorCode: string | null;
  readonly errorDetail: string | null;
  readonly competingTxid: string | null;
  readonly createdAt: string;
  readonly publications: { readonly totalCount: number };
}

/** For operators: the coins, and the transactions, the newest first. */
export const PoolStanding: TypedDocumentNode<
  {
    utxoPoolHealths: { nodes: CoinsFacts[] };
    chainTransactions: {
      nodes: TransactionFacts[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
  },
  { after: string | null }
> = gql`
  query PoolStanding($after: Cursor) {
    utxoPoolHealths(first: 10) { nodes { state utxoCount satoshis } }
    chainTransactions(first: 20, after: $after, orderBy: PRIMARY_KEY_DESC) {
      nodes {
        rowId state txid isSplit feeSatoshis attempts blockHeight errorCode errorDetail competingTxid createdAt
        publications(first: 1) { totalCount }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
`;
