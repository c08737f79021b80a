import { gql, type TypedDocumentNode } from "urql";

type Nothing = Record<string, never>;

export interface CheckpointFacts {
  readonly treeSize: string;
  readonly signedAt: string;
}

export const TicketChanged: TypedDocumentNode<{ ticketChanged: { ticket: { rowId: string } | null } }, Nothing> = gql`
  subscription TicketChanged { ticketChanged { ticket { rowId } } }
`;

/** Without a place to go on from: only that there is more, not all of it. */
export const LedgerGrew: TypedDocumentNode<{ ledgerGrew: { checkpoint: CheckpointFacts | null } }, Nothing> = gql`
  subscription LedgerGrew { ledgerGrew { checkpoint { treeSize signedAt } } }
`;

export const PressStanding: TypedDocumentNode<
  { pressStopReason: string | null; checkpoints: { nodes: CheckpointFacts[] } },
  Nothing
> = gql`
  query PressStanding {
    pressStopReason
    checkpoints(first: 1, orderBy: PRIMARY_KEY_DESC) { nodes { treeSize signedAt } }
  }
`;
