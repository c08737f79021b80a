/** Whether a value has the one form that it may have, and that form in words. */
export type Rule = readonly [isMet: (value: unknown) => boolean, form: string];

/** One rule for each member of an object: no other member is allowed, and none may be missing. */
export type Rules<Members> = Readonly<Record<keyof Members, Rule>>;

/** The forms that tickets and entries of the ledger have in common. */
export const FORMS = {
  slug: matching(/^[a-z0-9]+(-[a-z0-9]+)*$/, "words of a-z and 0-9 joined by single hyphens"),
  uuid: matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, "a lower-case UUID"),
  ticketNumber: integer(1),
  time: [isTime, "a real UTC time like 2026-11-21T15:09:26.535Z"],
} satisfies Record<string, Rule>;

/** The form of as many lower-case hexadecimal characters. */
export function hex(length: number): Rule {
  return matching(new RegExp(`^[0-9a-f]{${length}}$`), `${length} lower-case hexadecimal characters`);
}

/** The form of one text only. */
export function exactly(text: string): Rule {
  return [(value) => value === text, `"${text}"`];
}

/** The form of one of several texts. */
export function oneOf(...texts: string[]): Rule {
  return [(value) => texts.some((text) => text === value), texts.map((text) => `"${text}"`).join(" or ")];
}

/** The form of a whole number from `min` to `max`. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Rule {
  const isMet = (value: unknown) => Number.isSafeInteger(value) && min <= (value as number) && (value as number) <= max;
  return [isMet, `a whole number from ${min} to ${max}`];
}

/** Another form, or null. */
export function orNull([isMet, form]: Rule): Rule {
  return [(value) => value === null || isMet(value), `null or ${form}`];
}

/** Another form, where the member is there at all. */
export function orAbsent([isMet, form]: Rule): Rule {
  return [(value) => value === undefined || isMet(value), form];
}

/** The form of an object in an object: it has exactly these members. */
export function object<Members>(rules: Rules<Members>): Rule {
  const form = `an object of exactly ${Object.keys(rules).join(", ")}, each in its form`;
  return [(value) => isObject(value) && memberProblem(value, rules) === undefined, form];
}

/** Writes an object of strings, lists of strings, whole numbers, nulls and such objects as canonical JSON (RFC 8785). */
export function writeCanonical(object: object): string {
  // "<" compares UTF-16 code units, and JSON.stringify writes well-formed strings and whole numbers, as RFC 8785 does.
  const members = Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
  const write = (value: unknown) => (isObject(value) ? writeCanonical(value) : JSON.stringify(value));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${write(value)}`).join(",")}}`;
}

/**
 * Reads canonical JSON and refuses, never repairs, what differs from it by a byte: other members, other forms of their
 * values, duplicate names, spaces, other escapes, another order.
 *
 * @returns the members, or the problem as the predicate of a sentence about the text.
 */
export function readCanonical<Members>(
  text: string,
  rules: Rules<Members>,
): { members: Members } | { problem: string } {
  const value = parseJson(text);
  if (!isObject(value)) return { problem: "is not a JSON object" };
  const problem = memberProblem(value, rules);
  if (problem !== undefined) return { problem };
  if (writeCanonical(value) !== text) return { problem: "is not written as canonical JSON (RFC 8785)" };
  return { members: value as Members }; // Each rule was met.
}

/** What a member of an object has against the rules, as the predicate of a sentence; undefined where each is met. */
function memberProblem<Members>(value: object, rules: Rules<Members>): string | undefined {
  const members = new Map<string, unknown>(Object.entries(value));
  for (const [name, [isMet, form]] of Object.entries<Rule>(rules)) {
    if (!members.has(name) && !isMet(undefined)) return `lacks the member "${name}"`;
    if (!isMet(members.get(name))) return `has a member "${name}" that is not ${form}`;
  }
  const isStrange = (name: string) => !Object.hasOwn(rules, name);
  return [...members.keys()].some(isStrange) ? "has a member that does not belong there" : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of a JSON text; undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The form of a text that a pattern describes. */
export function matching(pattern: RegExp, form: string): Rule {
  return [(value) => typeof value === "string" && pattern.test(value), form];
}

/** The pattern fixes the form; the round trip refuses days and hours that do not exist. */
function isTime(value: unknown): boolean {
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return false;
  const time = new Date(value);
  return !Number.isNaN(time.getTime()) && time.toISOString() === value;
}
