const LEVELS: Readonly<Record<number, string>> = { 40: "warning: ", 50: "error: ", 60: "fatal: " };
/** What every pino line has, and nobody at a terminal asks for. */
const OF_NO_INTEREST = new Set(["level", "time", "pid", "hostname", "name", "msg", "v"]);

/** Writes a line of a part's log for people: a JSON line of pino becomes a sentence with its details, any other line stays as it is. */
export function readableLogLine(line: string): string {
  const entry = parseEntry(line);
  if (entry === undefined) return line;
  const details = Object.entries(entry).filter(([name]) => !OF_NO_INTEREST.has(name));
  const shown = details.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return `${LEVELS[entry.level] ?? ""}${entry.msg ?? ""}${shown.length === 0 ? "" : ` (${shown.join(", ")})`}`;
}

function parseEntry(line: string): ({ level: number; msg?: string } & Record<string, unknown>) | undefined {
  try {
    const entry = JSON.parse(line);
    return typeof entry?.level === "number" ? entry : undefined;
  } catch {
    return undefined;
  }
}
