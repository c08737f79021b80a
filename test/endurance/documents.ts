/* What clients of an endurance run send, and what they read of the answers. */

export const ISSUE = `mutation ($edition: String!, $key: UUID!, $recipient: String) {
  issueTicket(input: { editionSlug: $edition, requestKey: $key, recipient: $recipient }) { ticket { rowId ticketNumber issuedAt requestKey } } }`;
export const ISSUE_MANY = `mutation ($edition: String!, $key: UUID!, $recipient: String, $quantity: Int!) {
  issueTickets(input: { editionSlug: $edition, requestKey: $key, recipient: $recipient, quantity: $quantity }) { tickets { rowId ticketNumber issuedAt requestKey } } }`;
export const OUTCOME = `query ($edition: String!, $key: UUID!) { requestOutcome(editionSlug: $edition, requestKey: $key) { nodes { rowId ticketNumber issuedAt requestKey } } }`;
export const TICKET =
  "query ($id: UUID!) { ticket(rowId: $id) { ticketNumber status envelope timechainProof redemption { requestKey } revocation { reason } } }";
export const REDEEM = `mutation ($envelope: String!, $proof: String!, $key: UUID!) {
  redeemTicket(input: { envelope: $envelope, timechainProof: $proof, requestKey: $key }) { ticket { ticketNumber status redemption { redeemedAt redeemedBy requestKey } } } }`;
export const REVOKE = `mutation ($id: UUID!, $reason: String!) { revokeTicket(input: { ticketId: $id, reason: $reason }) { ticket { ticketNumber status } } }`;
export const CREATE = `mutation ($slug: String!, $cap: Int!, $limit: Int, $mode: DrawMode, $closesAt: Datetime, $delay: Int, $chain: String) {
  createEdition(input: { slug: $slug, title: "An edition", cap: $cap, perHolderLimit: $limit, drawMode: $mode, closesAt: $closesAt, drawDelaySeconds: $delay,
    beaconChainHash: $chain }) { edition { cap } } }`;
export const OPEN = "mutation ($slug: String!) { openEdition(input: { editionSlug: $slug }) { edition { status } } }";
export const CLOSE = "mutation ($slug: String!) { closeEdition(input: { editionSlug: $slug }) { edition { status } } }";
export const DRAW =
  "mutation ($slug: String!, $key: UUID!) { drawWinner(input: { editionSlug: $slug, requestKey: $key }) { draw { attempt } } }";
export const EDITION =
  "query ($slug: String!) { editionBySlug(slug: $slug) { cap status remainingCount draws { nodes { attempt status ticketNumber entriesCount } } } }";
export const BEGIN =
  "mutation ($recipient: String!) { beginAttestation(input: { kind: oidc, recipient: $recipient }) { challenge { nonce } } }";
export const SUBMIT = `mutation ($evidence: String!, $recipient: String!, $key: UUID!, $address: String!) {
  submitAttestation(input: { kind: oidc, evidence: $evidence, recipient: $recipient, requestKey: $key, clientAddress: $address }) { attestation { rowId } } }`;
export const CREDENTIAL = "query ($id: UUID!) { credentialByAttestationId(attestationId: $id) { status document } }";
export const RECORD = `mutation ($payload: String!, $signature: String!, $key: String!) {
  submitRecord(input: { signedPayload: $payload, signature: $signature, pubkey: $key }) { publication { rowId } } }`;
export const PUBLICATION = "query ($id: UUID!) { publication(rowId: $id) { state } }";
export const OWN_TICKETS = "query { tickets(first: 20) { nodes { rowId ticketNumber } } }";

export const SQL_ISSUE = "select id, ticket_number, issued_at from press.issue_ticket($1, $2, $3)";
export const SQL_ISSUE_MANY = "select id, ticket_number, issued_at from press.issue_tickets($1, $2, $3, $4)";
export const SQL_OUTCOME = "select id, ticket_number, issued_at from press.request_outcome($1, $2)";

/** Of all of these the ticket itself is compared, to the byte, when the request is sent again. */
export interface SoldTicket {
  readonly rowId: string;
  readonly ticketNumber: number;
}

export type IssueAnswer = { readonly ticket: SoldTicket } | { readonly tickets: readonly SoldTicket[] };

/** Of {@link REDEEM} and {@link REVOKE}. */
export interface EndingAnswer {
  readonly ticket: { readonly ticketNumber: number };
}

export interface TicketAnswer {
  readonly ticketNumber: number;
  readonly status: string;
  readonly envelope: string | null;
  readonly timechainProof: string | null;
  readonly redemption: { readonly requestKey: string | null } | null;
  readonly revocation: { readonly reason: string } | null;
}

export interface EditionAnswer {
  readonly cap: number;
  readonly status: string;
  readonly remainingCount: number;
  readonly draws: {
    readonly nodes: readonly {
      readonly status: string;
      readonly ticketNumber: number | null;
      readonly entriesCount: number | null;
    }[];
  };
}

/** A ticket by SQL. */
export interface SqlTicket {
  readonly id: string;
  readonly ticket_number: number;
  readonly issued_at: Date;
}

export function ticketsOf(data: IssueAnswer): readonly SoldTicket[] {
  return "tickets" in data ? data.tickets : [data.ticket];
}
