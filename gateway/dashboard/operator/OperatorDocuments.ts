import { gql, type TypedDocumentNode } from "urql";
import { type DrawMode, type EditionFacts, EditionParts } from "../press/EditionDocuments.ts";

export interface NewEdition {
  readonly slug: string;
  readonly title: string;
  readonly cap: number;
  readonly perHolderLimit: number | null;
  readonly drawMode: DrawMode;
  readonly opensAt: string | null;
  readonly closesAt: string | null;
  readonly drawDelaySeconds?: number;
}

export const CreateEdition: TypedDocumentNode<{ createEdition: { edition: EditionFacts } }, { input: NewEdition }> = gql`
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
