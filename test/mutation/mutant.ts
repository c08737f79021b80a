/** One fault that is planted in an installed press. */
export interface Mutant {
  /** Its own, and the same for as long as the thing is there that it changes. */
  readonly name: string;
  readonly kind: Kind;
  /** The function or the table that is changed. */
  readonly subject: string;
  /** The file and line of a function. */
  readonly place?: string;
  /** What plants it, by a superuser. */
  readonly sql: string;
}

/** In the order of the report. */
export const KINDS = {
  key: "primary and unique keys that let everything in",
  "foreign key": "foreign keys dropped",
  check: "checks dropped",
  "not null": "columns that may be null",
  exclusion: "exclusion constraints dropped",
  "unique index": "unique indexes that let everything in",
  trigger: "triggers dropped",
  "trigger condition": "triggers that fire always",
  policy: "policies dropped",
  "policy true": "policies that let everything through",
  "row security": "row-level security off, or not forced",
  grant: "rights that are too wide",
  definer: "SECURITY DEFINER made INVOKER",
  guard: "guards dropped: an if that refuses or returns, or a call that may refuse",
  "guard inverted": "guards inverted",
  lock: "locks dropped",
  "skip locked": "skip locked dropped",
  handler: "exception handlers dropped",
  branch: "other conditions made false",
  comparison: "comparisons < > made <= >=, and the other way round",
  where: "single conditions of a where dropped",
  and: "one of several conditions dropped that have to hold",
  or: "one of several conditions dropped of which one has to hold",
  constant: "boundaries one higher or lower",
  order: "what was in order comes in the opposite one",
} as const;

export type Kind = keyof typeof KINDS;

/** Numbers those that have the same name, as the second and further ones. */
export function withOwnNames(mutants: readonly Mutant[]): Mutant[] {
  const counts = new Map<string, number>();
  return mutants.map((mutant) => {
    const count = (counts.get(mutant.name) ?? 0) + 1;
    counts.set(mutant.name, count);
    return count === 1 ? mutant : { ...mutant, name: `${mutant.name} #${count}` };
  });
}
