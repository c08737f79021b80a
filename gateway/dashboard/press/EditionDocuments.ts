import { gql, type TypedDocumentNode } from "urql";

export type EditionStatus = "draft" | "open" | "closed" | "drawn";
export type DrawMode = "none" | "random_int" | "sealed" | "beacon";
/** What an attestation rests on: an ID token of an OpenID provider, or a repository. */
export type AttestationKind = "oidc" | "repository";

/** An edition as the press last said it. */
export interface EditionFacts {
  readonly rowId: number;
  readonly slug: string;
  readonly title: string;
  readonly cap: number;
  readonly perHolderLimit: number;
  readonly remainingCount: number;
  readonly status: EditionStatus;
  /** Whether it issues at this moment: it was opened, and the moment is within its window. */
  readonly isOpen: boolean;
  readonly drawMode: DrawMode;
  readonly opensAt: string | null;
  readonly closesAt: string | null;
  readonly openedAt: string | null;
  readonly closedAt: string | null;
  /** 0: none. */
  readonly requiredTrustLevel: number;
  /** Null: no credential in particular. */
  readonly requiredKind: AttestationKind | null;
}

export const EditionParts = gql`
  fragment EditionParts on Edition {
    rowId slug title cap perHolderLimit remainingCount status isOpen drawMode opensAt closesAt openedAt closedAt
    requiredTrustLevel requiredKind
  }
`;

export const EditionChanged: TypedDocumentNode<
  { editionChanged: { edition: EditionFacts | null } },
  Record<string, never>
> = gql`
  subscription EditionChanged { editionChanged { edition { ...EditionParts } } }
  ${EditionParts}
`;
