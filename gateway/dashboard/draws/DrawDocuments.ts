import { gql, type TypedDocumentNode } from "urql";

export interface DrawFacts {
  readonly attempt: number;
  readonly status: "requested" | "drawn" | "void";
  readonly requestedAt: string;
  readonly replacedNumber: number | null;
  readonly reason: string | null;
  readonly entriesCount: number | null;
  readonly beaconRound: string | null;
  /** The winner; null: not drawn yet, or nobody won. */
  readonly ticketNumber: number | null;
  readonly drawnAt: string | null;
}

export interface DrawTerms {
  readonly rowId: number;
  readonly drawCommitment: string | null;
  readonly drawDelaySeconds: number | null;
  readonly beaconChainHash: string | null;
  readonly draws: { readonly nodes: readonly DrawFacts[] };
}

export const DrawsOfEdition: TypedDocumentNode<{ editionBySlug: DrawTerms | null }, { slug: string }> = gql`
  query DrawsOfEdition($slug: String!) {
    editionBySlug(slug: $slug) {
      rowId drawCommitment drawDelaySeconds beaconChainHash
      draws(last: 100, orderBy: PRIMARY_KEY_ASC) {
        nodes {
          attempt status requestedAt replacedNumber reason entriesCount beaconRound ticketNumber drawnAt
        }
      }
    }
  }
`;

/** Whether a ticket is the caller's. */
export const OwnNumber: TypedDocumentNode<
  { currentHolder: { tickets: { nodes: { rowId: string }[] } } | null },
  { editionId: number; number: number }
> = gql`
  query OwnNumber($editionId: Int!, $number: Int!) {
    currentHolder {
      tickets(first: 1, filter: { editionId: { equalTo: $editionId }, ticketNumber: { equalTo: $number } }) {
        nodes { rowId }
      }
    }
  }
`;

/** What the press itself computes from its ledger. */
export interface PressRecomputation {
  readonly attempt: number;
  readonly isRecomputable: boolean;
  readonly recordedNumber: number | null;
  readonly recomputedNumber: number | null;
  readonly agrees: boolean;
  readonly finding: string | null;
}

export const RecomputeDraw: TypedDocumentNode<{ recomputeDraw: { nodes: PressRecomputation[] } }, { slug: string }> =
  gql`
  query RecomputeDraw($slug: String!) {
    recomputeDraw(editionSlug: $slug, first: 100) {
      nodes { attempt isRecomputable recordedNumber recomputedNumber agrees finding }
    }
  }
`;

/** Everything that the ledger has of an edition, a page at a time. */
export const LeavesOfEdition: TypedDocumentNode<
  {
    editionBySlug: {
      ledgerEntries: { nodes: { leaf: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
    } | null;
  },
  { slug: string; after: string | null }
> = gql`
  query LeavesOfEdition($slug: String!, $after: Cursor) {
    editionBySlug(slug: $slug) {
      ledgerEntries(first: 100, after: $after, orderBy: PRIMARY_KEY_ASC) {
        nodes { leaf }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`;

export const DrawWinner: TypedDocumentNode<
  { drawWinner: { draw: { attempt: number } } },
  { slug: string; requestKey: string }
> = gql`
  mutation DrawWinner($slug: String!, $requestKey: UUID!) {
    drawWinner(input: { editionSlug: $slug, requestKey: $requestKey }) { draw { attempt } }
  }
`;

export const ReplaceWinner: TypedDocumentNode<
  { replaceWinner: { draw: { attempt: number } } },
  { slug: string; reason: string; requestKey: string }
> = gql`
  mutation ReplaceWinner($slug: String!, $reason: String!, $requestKey: UUID!) {
    replaceWinner(input: { editionSlug: $slug, reason: $reason, requestKey: $requestKey }) { draw { attempt } }
  }
`;

export const VoidDraw: TypedDocumentNode<
  { voidDraw: { draw: { attempt: number } } },
  { slug: string; reason: string }
> = gql`
  mutation VoidDraw($slug: String!, $reason: String!) {
    voidDraw(input: { editionSlug: $slug, reason: $reason }) { draw { attempt } }
  }
`;
