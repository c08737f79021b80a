import { gql, type TypedDocumentNode } from "urql";

/** What the press itself says of a text that claims to be one of its tickets. */
export interface PressVerdict {
  readonly isCanonical: boolean;
  readonly isKeyKnown: boolean;
  readonly isSignatureValid: boolean;
  readonly isTicketKnown: boolean;
  readonly ticketId: string | null;
  readonly status: string | null;
  readonly ledgerPlace: string | null;
  /** Why it cannot be redeemed; null: nothing speaks against it. */
  readonly refusal: string | null;
}

export const VerifyTicket: TypedDocumentNode<{ verifyTicket: PressVerdict }, { envelope: string }> = gql`
  query VerifyTicket($envelope: String!) {
    verifyTicket(envelope: $envelope) {
      isCanonical isKeyKnown isSignatureValid isTicketKnown ticketId status ledgerPlace refusal
    }
  }
`;
