import { gql, type TypedDocumentNode } from "urql";
import { type AttestationKind, type DrawMode, type EditionFacts, EditionParts } from "../press/EditionDocuments.ts";

export interface NewEdition {
  readonly slug: string;
  readonly title: string;
  readonly cap: number;
  readonly perHolderLimit: number | null;
  readonly drawMode: DrawMode;
  readonly opensAt: string | null;
  readonly closesAt: string | null;
  readonly drawDelaySeconds?: number;
  readonly beaconChainHash?: string;
  readonly requiredTrustLevel?: number;
  readonly requiredKind?: AttestationKind;
}

export const CreateEdition: TypedDocumentNode<{ createEdition: { edition: EditionFacts } }, { input: NewEdition }> =
  gql`
  mutation CreateEdition($input: CreateEditionInput!) { createEdition(input: $input) { edition { ...EditionParts } } }
  ${EditionParts}
`;

export const OpenEdition: TypedDocumentNode<{ openEdition: { edition: EditionFacts } }, { slug: string }> = gql`
  mutation OpenEdition($slug: String!) { openEdition(input: { editionSlug: $slug }) { edition { ...EditionParts } } }
  ${EditionParts}
`;

export const CloseEdition: TypedDocumentNode<{ closeEdition: { edition: EditionFacts } }, { slug: string }> = gql`
  mutation CloseEdition($slug: String!) { closeEdition(input: { editionSlug: $slug }) { edition { ...EditionParts } } }
  ${EditionParts}
`;

export const RevokeTicket: TypedDocumentNode<
  { revokeTicket: { ticket: { rowId: string } } },
  { id: string; reason: string }
> = gql`
  mutation RevokeTicket($id: UUID!, $reason: String!) {
    revokeTicket(input: { ticketId: $id, reason: $reason }) { ticket { rowId } }
  }
`;

export const StartPress: TypedDocumentNode<{ startPress: { wasStopped: boolean } }, { reason: string }> = gql`
  mutation StartPress($reason: String!) { startPress(input: { reason: $reason }) { wasStopped } }
`;

export interface SalePoint {
  readonly issuedAt: string;
  readonly issuedCount: number;
}

export const SalesOverTime: TypedDocumentNode<{ salesOverTime: { nodes: SalePoint[] } }, { slug: string }> = gql`
  query SalesOverTime($slug: String!) {
    salesOverTime(editionSlug: $slug, points: 100, first: 100) { nodes { issuedAt issuedCount } }
  }
`;

export interface HeldTicket {
  readonly rowId: string;
  readonly ticketNumber: number;
  readonly status: "pending" | "signed" | "redeemed" | "revoked";
  readonly issuedAt: string;
  readonly issuedBy: string | null;
  readonly holder: { readonly rowId: string; readonly subject: string | null } | null;
}

export const TicketsOfEdition: TypedDocumentNode<
  {
    editionBySlug: {
      tickets: {
        totalCount: number;
        nodes: HeldTicket[];
        pageInfo: { hasNextPage: boolean; endCursor: string | null };
      };
    } | null;
  },
  { slug: string; after: string | null; filter?: object | undefined; orderBy: readonly string[] }
> = gql`
  query TicketsOfEdition($slug: String!, $after: Cursor, $filter: TicketFilter, $orderBy: [TicketOrderBy!]) {
    editionBySlug(slug: $slug) {
      tickets(first: 25, after: $after, filter: $filter, orderBy: $orderBy) {
        totalCount
        nodes { rowId ticketNumber status issuedAt issuedBy holder { rowId subject } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
`;

export const HolderBySubject: TypedDocumentNode<{ holderBySubject: { rowId: string } | null }, { subject: string }> =
  gql`
  query HolderBySubject($subject: String!) { holderBySubject(subject: $subject) { rowId } }
`;

/** What the gate has to know of a ticket before it lets somebody in. */
export interface GateTicket {
  readonly rowId: string;
  readonly ticketNumber: number;
  readonly status: "pending" | "signed" | "redeemed" | "revoked";
  readonly timechainProof: string | null;
  readonly holder: { readonly subject: string | null } | null;
  readonly edition: { readonly title: string; readonly cap: number };
  readonly redemption: { readonly redeemedAt: string; readonly redeemedBy: string } | null;
  readonly revocation: { readonly revokedAt: string; readonly reason: string | null } | null;
}

export const TicketAtGate: TypedDocumentNode<{ ticket: GateTicket | null }, { id: string }> = gql`
  query TicketAtGate($id: UUID!) {
    ticket(rowId: $id) {
      rowId ticketNumber status timechainProof
      holder { subject }
      edition { title cap }
      redemption { redeemedAt redeemedBy }
      revocation { revokedAt reason }
    }
  }
`;

export interface BeaconChainFacts {
  readonly chainHash: string;
  readonly periodSeconds: number;
}

/** The beacons that a draw can be bound to. */
export const BeaconChains: TypedDocumentNode<
  { beaconChains: { nodes: readonly BeaconChainFacts[] } },
  Record<string, never>
> = gql`
  query BeaconChains { beaconChains(first: 100) { nodes { chainHash periodSeconds } } }
`;
