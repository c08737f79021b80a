/* Just as much of SQL and PL/pgSQL as it takes to change one thing in a function: words, and what is nested in what. */

export interface Token {
  readonly type: "word" | "number" | "string" | "operator" | "dollar";
  /** In lower case, unless it is a string. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN =
  /\s+|--[^\n]*|(?<word>"(?:[^"]|"")*"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*)|(?<number>\d+(?:\.\d+)?)|(?<dollar>\$\w*\$)|(?<operator>::|:=|=>|\.\.|[-+*/<>=~!@#%^&|?]+|[()[\],;.:])/iuy;

/** @throws {Error} where the text has something that no function of ours has */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    if (text.startsWith("/*", at)) {
      at = endOf(text, "*/", at + 2);
      continue;
    }
    const end = endOfString(text, at);
    if (end !== undefined) {
      tokens.push({ type: "string", text: text.slice(at, end), start: at, end });
      at = end;
      continue;
    }
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) throw new Error(`Not understood: ${text.slice(at, at + 40)}`);
    for (const [type, part] of Object.entries(found.groups ?? {})) {
      if (part === undefined) continue;
      // An operator and a comment that follows it: no operator of ours has one in it.
      const length = type === "operator" ? (part.match(/^.+?(?=--|\/\*)/s)?.[0] ?? part).length : part.length;
      const own = part.slice(0, length);
      // 1 =-1 is an equality and a negative number.
      const kept = type === "operator" && /^[<>=]+-$/.test(own) ? own.slice(0, -1) : own;
      tokens.push({ type: type as Token["type"], text: kept.toLowerCase(), start: at, end: at + kept.length });
      TOKEN.lastIndex = at + kept.length;
    }
    at = TOKEN.lastIndex;
  }
  return tokens;
}

function endOf(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  if (at < 0) throw new Error(`There is no ${what} any more.`);
  return at + what.length;
}

/** Also of one that has a name between its dollars; the body of a function has none. */
function endOfString(text: string, at: number): number | undefined {
  const tag = /^\$\w+\$/.exec(text.slice(at, at + 40))?.[0];
  if (tag !== undefined) return endOf(text, tag, at + tag.length);
  const quote = /^[eE]?'/.exec(text.slice(at, at + 2))?.[0];
  if (quote === undefined) return undefined;
  for (let end = at + quote.length; end < text.length; end++) {
    if (quote.length === 2 && text[end] === "\\") end++;
    else if (text[end] === "'") {
      if (text[end + 1] !== "'") return end + 1;
      end++;
    }
  }
  throw new Error("A string has no end.");
}

/** What is between two parentheses, between case and end, or between begin and end; of what is nested further, only what encloses it. */
export interface Group {
  readonly opener: string;
  /** In their order. */
  readonly tokens: Token[];
  /** Where what closes it begins. */
  end: number;
}

/** The outermost one first. */
export function groupsOf(tokens: readonly Token[]): Group[] {
  const outermost: Group = { opener: "", tokens: [], end: tokens.at(-1)?.end ?? 0 };
  const groups = [outermost];
  const open = [outermost];
  const top = () => open.at(-1) as Group;
  for (const [index, token] of tokens.entries()) {
    const previous = tokens[index - 1]?.text;
    const next = tokens[index + 1]?.text;
    const isWord = token.type === "word";
    const closes =
      token.text === ")" ||
      token.text === "]" ||
      (isWord && token.text === "end" && ["case", "begin"].includes(top().opener) && next !== "if" && next !== "loop");
    if (closes && open.length > 1) {
      top().end = token.start;
      open.pop();
    }
    top().tokens.push(token);
    const opens =
      token.text === "(" ||
      token.text === "[" ||
      (isWord && (token.text === "begin" || (token.text === "case" && previous !== "end")));
    if (opens) {
      const group: Group = { opener: token.text, tokens: [], end: outermost.end };
      groups.push(group);
      open.push(group);
    }
  }
  return groups;
}
