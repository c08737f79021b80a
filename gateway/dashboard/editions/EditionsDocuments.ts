import { gql, type TypedDocumentNode } from "urql";
import { type EditionFacts, EditionParts } from "../press/EditionDocuments.ts";

export const AllEditions: TypedDocumentNode<
  {
    editions: {
      totalCount: number;
      nodes: EditionFacts[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
  },
  { after: string | null }
> = gql`
  query AllEditions($after: Cursor) {
    editions(first: 24, after: $after, orderBy: PRIMARY_KEY_DESC) {
      totalCount
      nodes { ...EditionParts }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${EditionParts}
`;

export const OneEdition: TypedDocumentNode<{ editionBySlug: EditionFacts | null }, { slug: string }> = gql`
  query OneEdition($slug: String!) { editionBySlug(slug: $slug) { ...EditionParts } }
  ${EditionParts}
`;

/** How many tickets of an edition the caller has; redeemed and revoked ones count, as they do for the limit. */
export const OwnCount: TypedDocumentNode<
  { currentHolder: { tickets: { totalCount: number } } | null },
  { editionId: number }
> = gql`
  query OwnCount($editionId: Int!) {
    currentHolder { tickets(first: 1, filter: { editionId: { equalTo: $editionId } }) { totalCount } }
  }
`;

/** Why the caller would be refused a ticket now. */
export interface Ineligibility {
  readonly name: string;
  readonly sentence: string;
  readonly detail: string | null;
}

export const Eligibility: TypedDocumentNode<{ eligibility: { nodes: Ineligibility[] } }, { slug: string }> = gql`
  query Eligibility($slug: String!) { eligibility(editionSlug: $slug, first: 20) { nodes { name sentence detail } } }
`;
