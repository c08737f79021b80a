/* One thing changed in the text of a function. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Kind, Mutant } from "./mutant.ts";
import { type Group, groupsOf, type Token, tokensOf } from "./tokens.ts";

const SQL = join(import.meta.dirname, "../../db/sql");
/** What begins or ends a condition. */
const BOUNDARIES = new Set(
  `where on having when if elsif then else loop while group order limit offset for union except intersect returning window from select return as using with
   filter default check set values into perform exit exception end raise assert strict
   ; , := => $$`.split(/\s+/),
);

interface Change {
  readonly kind: Kind;
  readonly start: number;
  readonly end: number;
  readonly instead: string;
  /** What is said of it, if not what it takes away. */
  readonly says?: string;
}

/** Of every function in db/sql, in the order of its name. */
export function bodyMutants(): Mutant[] {
  return functionFiles().flatMap(mutantsOf);
}

export interface FunctionFile {
  readonly name: string;
  readonly path: string;
  /** The whole file. */
  readonly text: string;
  readonly tokens: readonly Token[];
  /** Where the statement that makes it begins and ends, and where its body begins. */
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** press_private.time_ordered_uuid is made by the server's version. */
const MADE_OTHERWISE = ["press_private.time_ordered_uuid"];

export function functionFiles(): FunctionFile[] {
  return globSync("press*/*.sql", { cwd: SQL })
    .sort()
    .flatMap((path): FunctionFile[] => {
      const name = path.replace("/", ".").replace(/\.sql$/, "");
      const text = readFileSync(join(SQL, path), "utf8");
      const start = text.search(/^create or replace function /m);
      return start < 0 || MADE_OTHERWISE.includes(name) ? [] : [functionFile(name, `db/sql/${path}`, text, start)];
    });
}

function functionFile(name: string, path: string, text: string, start: number): FunctionFile {
  const tokens = tokensOf(text.slice(start)).map((token) => ({
    ...token,
    start: token.start + start,
    end: token.end + start,
  }));
  const first = tokens.findIndex(({ type, text: word }, index) => {
    const next = tokens[index + 1]?.text;
    return type === "dollar" || (word === "begin" && next === "atomic") || word === "return";
  });
  const opener = tokens[first];
  if (opener === undefined) throw new Error(`${path} has no body.`);
  const closer = tokens.findIndex(({ type, text: word }, index) => {
    if (index <= first) return false;
    if (opener.type === "dollar") return type === "dollar";
    if (opener.text === "return") return word === ";";
    return word === "end" && tokens[index + 1]?.text === ";" && isColumnZero(text, tokens[index]?.start ?? 0);
  });
  const end = tokens[opener.text === "return" ? closer : closer + 1]?.end;
  if (closer < 0 || end === undefined) throw new Error(`${path} has a body without an end.`);
  const own = tokens.filter((token) => token.end <= end);
  return { name, path, text, tokens: own, start, body: opener.end, end };
}

const isColumnZero = (text: string, at: number) => at === 0 || text[at - 1] === "\n";

function mutantsOf(file: FunctionFile): Mutant[] {
  const { name, path, text, start, end } = file;
  return changesOf(file).map((change) => {
    const { kind, instead, says = `without ${text.slice(change.start, change.end)}` } = change;
    const lines = text.slice(0, change.start).split("\n").length;
    return {
      name: `${name}: ${kind}: ${shorten(says)}`,
      kind,
      subject: name,
      place: `${path}:${lines}`,
      sql: text.slice(start, change.start) + instead + text.slice(change.end, end),
    };
  });
}

function shorten(text: string): string {
  const line = text
    .replace(/--[^\n]*/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return line.length <= 160 ? line : `${line.slice(0, 100)} … ${line.slice(-57)}`;
}

function changesOf({ text, tokens, body }: FunctionFile): Change[] {
  const definer = tokens.findIndex(
    ({ text: word }, index) => word === "security" && tokens[index + 1]?.text === "definer",
  );
  const groups = groupsOf(tokens.filter(({ start }) => start >= body));
  const changes = groups.flatMap((group) => [
    ...conditions(group),
    ...guards(group, text),
    ...cases(group, text),
    ...handlers(group, text),
    ...locks(group, text),
    ...calls(group, text),
    ...comparisons(group, text),
    ...constants(group, text),
    ...orders(group, text),
  ]);
  if (definer >= 0) {
    const [from, to] = [tokens[definer] as Token, tokens[definer + 1] as Token];
    changes.push({ kind: "definer", start: from.start, end: to.end, instead: "", says: "security invoker" });
  }
  return changes.toSorted((one, other) => one.start - other.start || one.end - other.end);
}

/** The tokens of a group up to the next that is one of these, and whether it is itself. */
function until(tokens: readonly Token[], from: number, isEnd: (token: Token, index: number) => boolean): Token[] {
  const length = tokens.slice(from).findIndex((token, index) => isEnd(token, from + index));
  return tokens.slice(from, length < 0 ? undefined : from + length);
}

const isBoundary = (tokens: readonly Token[], index: number) => {
  const { text, type } = tokens[index] as Token;
  if (type === "string") return false;
  return BOUNDARIES.has(text) && !(text === "from" && tokens[index - 1]?.text === "distinct");
};

/** The and of between … and … is none. */
function splitAt(tokens: readonly Token[], word: "and" | "or"): Token[][] {
  const parts: Token[][] = [[]];
  let between = false;
  for (const token of tokens) {
    if (token.text === "between") between = true;
    if (token.text === word && !(between && word === "and")) {
      parts.push([]);
      continue;
    }
    if (token.text === "and") between = false;
    parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}

/**
 * The end of what these are about: what is nested behind the last of them belongs to it. Its closing token is of the same group, so it is there.
 */
const extentOf = (part: readonly Token[]) => ({ start: (part[0] as Token).start, end: (part.at(-1) as Token).end });

function conditions({ tokens, end }: Group): Change[] {
  const changes: Change[] = [];
  for (let index = 0; index < tokens.length; ) {
    if (isBoundary(tokens, index)) {
      index += 1;
      continue;
    }
    const segment = until(tokens, index, (_, at) => isBoundary(tokens, at));
    const before = tokens[index - 1]?.text;
    index += segment.length;
    const alternatives = splitAt(segment, "or");
    const isHandler =
      before === "when" && segment.every(({ type, text }) => type === "word" && /^(or|\w+_\w+)$/.test(text));
    if (isHandler) continue;
    if (alternatives.length > 1) {
      for (const part of alternatives) changes.push({ kind: "or", ...extentOf(part), instead: "false" });
    }
    for (const alternative of alternatives) {
      const parts = splitAt(alternative, "and");
      if (parts.length > 1) {
        for (const part of parts) changes.push({ kind: "and", ...extentOf(part), instead: "true" });
      } else if (before === "where" && alternatives.length === 1 && parts.length === 1) {
        changes.push({ kind: "where", ...extentOf(segment), instead: "true" });
      }
    }
  }
  return changes.filter((change) => change.end <= end);
}

const REFUSES = /\b(refuse\w*|raise|return|require_\w+)\b/;

/** if and elsif. */
function guards({ tokens, end }: Group, text: string): Change[] {
  return tokens.flatMap(({ text: word, type }, index): Change[] => {
    if (type !== "word" || (word !== "elsif" && (word !== "if" || tokens[index - 1]?.text === "end"))) return [];
    const condition = until(tokens, index + 1, (token) => token.text === "then");
    const then = index + 1 + condition.length;
    if (tokens[then]?.text !== "then" || condition.length === 0) return [];
    const { start, end: to } = extentOf(condition);
    const body = text.slice(
      tokens[then]?.end,
      until(tokens, then + 1, (token) => token.text === ";").at(-1)?.end ?? end,
    );
    const said = text.slice(start, to);
    if (!REFUSES.test(body)) {
      return [{ kind: "branch", start, end: to, instead: "false", says: `never ${word} ${said}` }];
    }
    return [
      { kind: "guard", start, end: to, instead: "false", says: `never ${word} ${said}` },
      { kind: "guard inverted", start, end: to, instead: `(${said}) is not true`, says: `${word} not ${said}` },
    ];
  });
}

/** case when …, which judges. */
function cases({ opener, tokens }: Group, text: string): Change[] {
  if (opener !== "case" || tokens[0]?.text !== "when") return [];
  return tokens.flatMap(({ text: word }, index): Change[] => {
    if (word !== "when") return [];
    const condition = until(tokens, index + 1, (token) => token.text === "then");
    const { start, end } = extentOf(condition);
    return [{ kind: "branch", start, end, instead: "false", says: `never when ${text.slice(start, end)}` }];
  });
}

function handlers({ opener, tokens, end }: Group, text: string): Change[] {
  const exception = tokens.findIndex(
    ({ text: word }, index) => word === "exception" && tokens[index + 1]?.text === "when",
  );
  if (opener !== "begin" || exception < 0) return [];
  const whens = tokens.flatMap(({ text: word }, index) => (word === "when" && index > exception ? [index] : []));
  return whens.map((index, which) => {
    const next = tokens[whens[which + 1] ?? tokens.length]?.start ?? end;
    const names = until(tokens, index + 1, (token) => token.text === "then");
    const from = whens.length === 1 ? (tokens[exception] as Token) : (tokens[index] as Token);
    const { start: first, end: last } = extentOf(names);
    return {
      kind: "handler",
      start: from.start,
      end: next,
      instead: "",
      says: `without when ${text.slice(first, last)}`,
    };
  });
}

function locks({ tokens }: Group, text: string): Change[] {
  return tokens.flatMap(({ text: word }, index): Change[] => {
    if (word !== "for") return [];
    const strength = /^(?:update|share|no key update|key share)/.exec(
      tokens
        .slice(index + 1, index + 4)
        .map((token) => token.text)
        .join(" "),
    )?.[0];
    if (strength === undefined) return [];
    let last = index + strength.split(" ").length;
    if (tokens[last + 1]?.text === "of") {
      last += 2;
      while (tokens[last + 1]?.text === ",") last += 2;
    }
    const from = (tokens[index] as Token).start;
    const skips = tokens[last + 1]?.text === "skip" && tokens[last + 2]?.text === "locked";
    const to = (tokens[skips ? last + 2 : last] as Token).end;
    const context = text
      .slice(Math.max(0, from - 80), from)
      .split("\n")
      .slice(-2)
      .join(" ")
      .trim();
    const said = `${text.slice(from, to)} after ${context}`;
    return [
      { kind: "lock", start: from, end: to, instead: "", says: `without ${said}` },
      ...(skips
        ? [
            {
              kind: "skip locked" as const,
              start: (tokens[last] as Token).end,
              end: to,
              instead: "",
              says: `waits: ${said}`,
            },
          ]
        : []),
    ];
  });
}

/** Calls for what they do, as statements; and locks of whole tables. */
function calls({ opener, tokens }: Group, text: string): Change[] {
  return tokens.flatMap(({ text: word }, index): Change[] => {
    const isTable = word === "lock" && tokens[index + 1]?.text === "table";
    // That an if refuses is a guard of its own, and so is a handler.
    if (opener !== "begin" || (word !== "perform" && !isTable) || tokens[index - 1]?.text === "then") return [];
    const { start, end } = extentOf(until(tokens, index, (token) => token.text === ";"));
    const statement = text.slice(start, end);
    // It does nothing but lock rows, and is not to be dropped twice.
    if (/^perform from [\s\S]*\bfor (update|share|no key update|key share)\b/.test(statement)) return [];
    const isLock = isTable || /\.(lock|hold)_|advisory/.test(statement);
    return [{ kind: isLock ? "lock" : "guard", start, end, instead: "null" }];
  });
}

const FLIPPED: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };

function comparisons({ tokens }: Group, text: string): Change[] {
  return tokens.flatMap(({ text: word, type, start, end }, index): Change[] => {
    const instead = type === "operator" ? FLIPPED[word] : undefined;
    if (instead === undefined) return [];
    const { from, to } = around(tokens, index);
    const says = `${text.slice(from, start)}${instead}${text.slice(end, to)}`;
    return [{ kind: "comparison", start, end, instead, says }];
  });
}

/** What a token is part of, to say where it is: its condition, or as much of it as is near. */
function around(tokens: readonly Token[], index: number): { from: number; to: number } {
  let first = index;
  while (first > 0 && !isBoundary(tokens, first - 1)) first -= 1;
  let last = index;
  while (last < tokens.length - 1 && !isBoundary(tokens, last + 1)) last += 1;
  const { start, end } = tokens[index] as Token;
  const near = tokens.slice(first, last + 1).filter((token) => token.start > start - 70 && token.end < end + 70);
  return { from: (near[0] as Token).start, to: (near.at(-1) as Token).end };
}

const COMPARISONS = new Set(["<", "<=", ">", ">=", "=", "<>", "between", "limit"]);

function constants({ tokens }: Group, text: string): Change[] {
  return tokens.flatMap(({ text: word, type, start, end }, index): Change[] => {
    const before = tokens[index - 1]?.text ?? "";
    const after = tokens[index + 1]?.text ?? "";
    const isBetween =
      before === "and" && tokens.slice(Math.max(0, index - 8), index).some((token) => token.text === "between");
    const { from, to } = around(tokens, index);
    const says = (instead: string) => `${text.slice(from, start)}${instead}${text.slice(end, to)}`;
    const change = (instead: string): Change => ({ kind: "constant", start, end, instead, says: says(instead) });
    if (
      type === "number" &&
      /^\d{1,15}$/.test(word) &&
      (COMPARISONS.has(before) || COMPARISONS.has(after) || isBetween)
    ) {
      return [change(String(Number(word) + 1)), change(String(Number(word) - 1))];
    }
    const span = type === "string" && before === "interval" ? /^'(\d+)( .*')$/.exec(word) : null;
    if (span !== null) return [1, -1].map((by) => change(`'${Number(span[1]) + by}${span[2]}`));
    return [];
  });
}

/** What has no order may come in any, so also in this one. */
function orders({ tokens }: Group, text: string): Change[] {
  return tokens.flatMap(({ text: word }, index): Change[] => {
    if (word !== "order" || tokens[index + 1]?.text !== "by") return [];
    const keys = until(tokens, index + 2, (token) =>
      ["limit", "offset", "for", "loop", "union", "returning", "rows", "range", "groups", "on", ";", "$$"].includes(
        token.text,
      ),
    );
    const { start, end } = extentOf(keys);
    const instead = splitKeys(keys)
      .map((key) => reversed(key, text))
      .join(", ");
    return [{ kind: "order", start, end, instead, says: `order by ${instead}` }];
  });
}

function splitKeys(tokens: readonly Token[]): Token[][] {
  const keys: Token[][] = [[]];
  for (const token of tokens) {
    if (token.text === ",") keys.push([]);
    else keys.at(-1)?.push(token);
  }
  return keys;
}

function reversed(key: readonly Token[], text: string): string {
  const { start, end } = extentOf(key);
  const [, what = "", direction = "", nulls = ""] =
    /^(.*?)( asc| desc)?( nulls (?:first|last))?$/s.exec(text.slice(start, end)) ?? [];
  const turned = nulls === "" ? "" : nulls.endsWith("first") ? " nulls last" : " nulls first";
  return `${what}${direction === " desc" ? "" : " desc"}${turned}`;
}
