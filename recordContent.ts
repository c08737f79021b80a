/** What somebody has written to be published, read as it is or not at all: at the command line and in the browser. */

/** As JSON has them, in a text that is JSON. */
const STRINGS = /"(?:[^"\\]|\\.)*"/g;
const NUMBERS = /-?\d[\d.eE+-]*/g;

/**
 * Reads a record. JSON.parse takes more than it keeps: of a name that is there twice it keeps the second, of a number as many digits as fit. What is signed
 * and published for ever is to be what was written.
 *
 * @returns the object, or a sentence that says what it would not have been
 */
export function readRecordContent(text: string): { readonly content: object } | { readonly fault: string } {
  const content = parsed(text);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    return { fault: "A record is a JSON object." };
  }
  const strings = stringsIn(content);
  if (!strings.every((string) => string.isWellFormed())) {
    return { fault: "A text of the record has half of a surrogate pair; no such text can be signed." };
  }
  // A name that is there twice is a string too many, or more.
  if ((text.match(STRINGS) ?? []).length !== strings.length) {
    return { fault: "A member is there twice; leave one of them out." };
  }
  const changed = text
    .replace(STRINGS, "")
    .match(NUMBERS)
    ?.find((number) => digitsOf(number) !== digitsOf(JSON.stringify(Number(number))));
  if (changed !== undefined) {
    return { fault: `The number ${changed} cannot be kept as it is; write it as a text, in quotation marks.` };
  }
  return { content };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Every name of a member, and every text. */
function stringsIn(value: unknown): readonly string[] {
  const strings: string[] = [];
  const pending = [value];
  while (pending.length > 0) {
    const item = pending.pop();
    if (typeof item === "string") strings.push(item);
    if (typeof item !== "object" || item === null) continue;
    for (const [name, member] of Object.entries(item)) {
      if (!Array.isArray(item)) strings.push(name);
      pending.push(member);
    }
  }
  return strings;
}

/** Those that count, from the first to the last that is not zero. Two numbers of about the same size that have the same are the same. */
function digitsOf(number: string): string {
  return number
    .replace(/e.*/i, "")
    .replace(/\D/g, "")
    .replace(/^0+|0+$/g, "");
}
