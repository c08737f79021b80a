/** Something is on its way. */
export function Loading({ what = "One moment …" }: { readonly what?: string }) {
  return (
    <p className="loading" role="status">
      {what}
    </p>
  );
}
