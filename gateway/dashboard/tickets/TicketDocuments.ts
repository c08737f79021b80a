import { gql, type TypedDocumentNode } from "urql";

export type TicketStatus = "pending" | "signed" | "redeemed" | "revoked";

/** A ticket with what is printed on it. */
export interface TicketFacts {
  readonly rowId: string;
  readonly ticketNumber: number;
  readonly status: TicketStatus;
  readonly issuedAt: string;
  /** The signed text, to the byte; null until the ticket is signed, and when its holder was forgotten. */
  readonly envelope: string | null;
  readonly ledgerPlace: string | null;
  readonly edition: {
    readonly slug: string;
    readonly title: string;
    readonly cap: number;
    readonly drawMode: string;
    readonly status: string;
  };
  readonly redemption: { readonly redeemedAt: string; readonly redeemedBy: string } | null;
  readonly revocation: { readonly revokedAt: string; readonly reason: string | null } | null;
}

const TicketParts = gql`
  fragment TicketParts on Ticket {
    rowId ticketNumber status issuedAt envelope ledgerPlace
    edition { slug title cap drawMode status }
    redemption { redeemedAt redeemedBy }
    revocation { revokedAt reason }
  }
`;

export const OwnTickets: TypedDocumentNode<
  {
    currentHolder: {
      tickets: {
        totalCount: number;
        nodes: TicketFacts[];
        pageInfo: { hasNextPage: boolean; endCursor: string | null };
      };
    } | null;
  },
  { after: string | null }
> = gql`
  query OwnTickets($after: Cursor) {
    currentHolder {
      tickets(first: 20, after: $after, orderBy: ISSUED_AT_DESC) {
        totalCount
        nodes { ...TicketParts }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
  ${TicketParts}
`;

export const OneTicket: TypedDocumentNode<
  {
    ticket:
      | (TicketFacts & { readonly timechainProof: string | null; readonly holder: { subject: string | null } | null })
      | null;
  },
  { id: string }
> = gql`
  query OneTicket($id: UUID!) {
    ticket(rowId: $id) { ...TicketParts timechainProof holder { subject } }
  }
  ${TicketParts}
`;

export const RedeemTicket: TypedDocumentNode<
  { redeemTicket: { ticket: { rowId: string; ticketNumber: number; status: TicketStatus } } },
  { envelope: string; proof: string; requestKey: string }
> = gql`
  mutation RedeemTicket($envelope: String!, $proof: String!, $requestKey: UUID!) {
    redeemTicket(input: { envelope: $envelope, timechainProof: $proof, requestKey: $requestKey }) {
      ticket { rowId ticketNumber status }
    }
  }
`;
