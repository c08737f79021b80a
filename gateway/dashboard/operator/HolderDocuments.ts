import { gql, type TypedDocumentNode } from "urql";
import { type AttestationFacts, AttestationParts, type CredentialFacts, CredentialParts } from "../you/YouDocuments.ts";

export interface HolderFacts {
  readonly rowId: string;
  /** Null: the person was forgotten. */
  readonly subject: string | null;
  readonly trustLevel: number;
  readonly isActive: boolean;
  readonly createdAt: string;
}

const HolderParts = gql`
  fragment HolderParts on Holder { rowId subject trustLevel isActive createdAt }
`;

export const AllHolders: TypedDocumentNode<
  {
    holders: { totalCount: number; nodes: HolderFacts[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
  },
  { after: string | null; filter?: object | undefined }
> = gql`
  query AllHolders($after: Cursor, $filter: HolderFilter) {
    holders(first: 25, after: $after, filter: $filter, orderBy: CREATED_AT_DESC) {
      totalCount
      nodes { ...HolderParts }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${HolderParts}
`;

export interface HolderSheetFacts extends HolderFacts {
  readonly deactivationReason: string | null;
  readonly tickets: { readonly totalCount: number };
  readonly credentials: { readonly nodes: readonly CredentialFacts[] };
  readonly attestations: { readonly nodes: readonly AttestationFacts[] };
}

export const OneHolder: TypedDocumentNode<{ holder: HolderSheetFacts | null }, { id: string }> = gql`
  query OneHolder($id: UUID!) {
    holder(rowId: $id) {
      ...HolderParts
      deactivationReason
      tickets(first: 1) { totalCount }
      credentials(first: 50, orderBy: PRIMARY_KEY_DESC) { nodes { ...CredentialParts } }
      attestations(first: 50, orderBy: PRIMARY_KEY_DESC) { nodes { ...AttestationParts } }
    }
  }
  ${HolderParts}
  ${CredentialParts}
  ${AttestationParts}
`;

export const RevokeCredential: TypedDocumentNode<
  { revokeCredential: { credential: { rowId: string } } },
  { id: string; reason: string }
> = gql`
  mutation RevokeCredential($id: UUID!, $reason: String!) {
    revokeCredential(input: { credentialId: $id, reason: $reason }) { credential { rowId } }
  }
`;

export const DeactivateHolder: TypedDocumentNode<
  { deactivateHolder: { holder: { rowId: string } } },
  { id: string; reason: string }
> = gql`
  mutation DeactivateHolder($id: UUID!, $reason: String!) {
    deactivateHolder(input: { holderId: $id, reason: $reason }) { holder { rowId } }
  }
`;

export const ReactivateHolder: TypedDocumentNode<{ reactivateHolder: { holder: { rowId: string } } }, { id: string }> =
  gql`
  mutation ReactivateHolder($id: UUID!) { reactivateHolder(input: { holderId: $id }) { holder { rowId } } }
`;

export const EraseHolder: TypedDocumentNode<{ eraseHolder: { holder: { rowId: string } } }, { id: string }> = gql`
  mutation EraseHolder($id: UUID!) { eraseHolder(input: { holderId: $id }) { holder { rowId } } }
`;
