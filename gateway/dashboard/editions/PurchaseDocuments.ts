import { gql, type TypedDocumentNode } from "urql";

export interface BoughtTicket {
  readonly rowId: string;
  readonly ticketNumber: number;
}

export const BuyTickets: TypedDocumentNode<
  { issueTickets: { tickets: BoughtTicket[] } },
  { slug: string; quantity: number; requestKey: string }
> = gql`
  mutation BuyTickets($slug: String!, $quantity: Int!, $requestKey: UUID!) {
    issueTickets(input: { editionSlug: $slug, quantity: $quantity, requestKey: $requestKey }) {
      tickets { rowId ticketNumber }
    }
  }
`;

export const PurchaseOutcome: TypedDocumentNode<
  { requestOutcome: { nodes: BoughtTicket[] } },
  { slug: string; requestKey: string }
> = gql`
  query PurchaseOutcome($slug: String!, $requestKey: UUID!) {
    requestOutcome(editionSlug: $slug, requestKey: $requestKey) { nodes { rowId ticketNumber } }
  }
`;
