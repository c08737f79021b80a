import { gql, type TypedDocumentNode } from "urql";

export interface LedgerEntryFacts {
  readonly place: string;
  readonly type: string;
  readonly leaf: string;
  readonly recordedAt: string;
  readonly ticketNumber: number | null;
  readonly edition: { readonly slug: string; readonly title: string } | null;
}

/** Backwards from the end, or from before a place. */
export const LedgerPageOf: TypedDocumentNode<
  { ledgerEntries: { nodes: LedgerEntryFacts[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } } },
  { after: string | null; filter?: object | undefined }
> = gql`
  query LedgerPageOf($after: Cursor, $filter: LedgerEntryFilter) {
    ledgerEntries(first: 25, after: $after, filter: $filter, orderBy: PLACE_DESC) {
      nodes { place type leaf recordedAt ticketNumber edition { slug title } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

export const CheckpointsPageOf: TypedDocumentNode<
  {
    checkpoints: {
      nodes: { treeSize: string; rootHash: string; signedAt: string; note: string }[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
  },
  { after: string | null }
> = gql`
  query CheckpointsPageOf($after: Cursor) {
    checkpoints(first: 10, after: $after, orderBy: PRIMARY_KEY_DESC) {
      nodes { treeSize rootHash signedAt note }
      pageInfo { hasNextPage endCursor }
    }
  }
`;
