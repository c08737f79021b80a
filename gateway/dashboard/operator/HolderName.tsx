/** What a holder is called; who was forgotten has no name any more. */
export function HolderName({ subject }: { readonly subject: string | null }) {
  return subject === null ? <i>forgotten</i> : <bdi>{subject}</bdi>;
}
