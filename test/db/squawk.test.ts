/* squawk reads every migration, released and in the making, for what holds up a press at work or breaks the version before: what it warns of is mended, or
   waived here with the reason. What released migrations really lock, and for how long others wait, test/db/migrationLocks.test.ts measures. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { everyTestRequires, missingRequirement, SQUAWK } from "../requirements.ts";
import { filesOf, migrationText } from "./newestMigration.ts";

interface Waiver {
  readonly rule: string;
  /** The released migration that it is in, and what is waived there, by its text; everything that the rule warns of unless told. */
  readonly in?: string;
  readonly statement?: RegExp;
  readonly why: string;
}

/** One that nothing needs any more is a failure. Of released migrations nothing can be mended; what holds up anybody in a new one docs/installing.md says. */
const WAIVERS: readonly Waiver[] = [
  {
    rule: "prefer-bigint-over-int",
    why: "Counts with a limit that a CHECK or a type of the API holds them to. What grows for ever, places and ids, is bigint or uuid.",
  },
  { rule: "prefer-bigint-over-smallint", why: "Levels of a tree and parts of a comb: they never exceed a hundred." },
  {
    rule: "require-lock-timeout",
    why: "Whoever runs migrations sets it, for all of them (db/migrations.ts), and begins again.",
  },
  {
    rule: "require-statement-timeout",
    why: "How long a statement may take depends on the press; what is waited for is limited, and docs/installing.md says which ones take long.",
  },
  {
    rule: "require-enum-value-ordering",
    statement: /press\.draw_mode add value '(sealed|beacon)'/,
    in: "000004-draws.sql",
    why: "Nothing orders by it.",
  },
  {
    rule: "adding-foreign-key-constraint",
    statement: /press\.editions add column beacon_chain_hash/,
    in: "000004-draws.sql",
    why: "The column is new and null in every row, and editions are few.",
  },
  {
    rule: "constraint-missing-not-valid",
    statement: /editions_(beacon_has_all_its_terms|sealed_opens_with_its_commitment)/,
    in: "000004-draws.sql",
    why: "Editions are few.",
  },
  {
    rule: "require-concurrent-index-creation",
    statement: /press\.checkpoints/,
    in: "000004-draws.sql",
    why: "Only the worker that publishes a checkpoint waits.",
  },
  {
    rule: "changing-column-type",
    statement: /press\.holders alter column subject type text|press\.tickets alter column envelope type text/,
    in: "000005-attestations.sql",
    why: "From a type to another of the same bytes no row is written; that tickets are read is in docs/installing.md.",
  },
  {
    rule: "constraint-missing-not-valid",
    statement: /press\.(tickets|signing_keys|revocations)/,
    in: "000005-attestations.sql",
    why: "It locks tickets while it reads them, which docs/installing.md says; keys and revocations are few.",
  },
  {
    rule: "adding-not-nullable-field",
    statement: /press\.editions/,
    in: "000005-attestations.sql",
    why: "Editions are few.",
  },
  {
    rule: "ban-drop-not-null",
    statement: /press\.holders alter column subject|press\.revocations alter column reason/,
    in: "000005-attestations.sql",
    why: "Who is forgotten has none; the version before does not run on it (db/schemaVersion.ts).",
  },
  {
    rule: "require-concurrent-index-creation",
    statement: /tickets_issued_by_idx|redemptions_redeemed_by_idx/,
    in: "000005-attestations.sql",
    why: "It locks tickets anyway while it reads them, which docs/installing.md says.",
  },
  {
    rule: "constraint-missing-not-valid",
    statement: /press\.signing_keys/,
    in: "000007-hardening.sql",
    why: "Keys are few.",
  },
  {
    rule: "require-concurrent-index-creation",
    statement: /_idx on press\.(chain_transactions|attestations|credentials|revocations|publishing_keys|editions) /,
    in: "000007-hardening.sql",
    why: "Each is of few rows and reads its table once; meanwhile tickets are bought, signed and redeemed, which write in none of them.",
  },
];

interface Finding {
  readonly file: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
  readonly statement: string;
}

/** What a migration must not do unseen, each with the rule that sees it. */
const PLANTED: readonly (readonly [string, string])[] = [
  ["adding-required-field", "alter table press.tickets add column seat text not null"],
  ["require-concurrent-index-creation", "create index tickets_seat_idx on press.tickets (ticket_number)"],
  ["constraint-missing-not-valid", "alter table press.tickets add constraint seats check (ticket_number > 0)"],
  [
    "adding-foreign-key-constraint",
    "alter table press.redemptions add constraint gates foreign key (gate_id) references press.gates (id)",
  ],
  ["changing-column-type", "alter table press.tickets alter column ticket_number type bigint"],
  ["adding-field-with-default", "alter table press.tickets add column token uuid not null default gen_random_uuid()"],
  ["ban-drop-column", "alter table press.tickets drop column request_key"],
  ["renaming-column", "alter table press.tickets rename column cap to limit_of_edition"],
  ["require-table-schema", "create table loose (id bigint)"],
];

everyTestRequires("squawk");
let folder: string;
let found: readonly Finding[];
beforeAll(async () => {
  if (missingRequirement("squawk") !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), "golden-press-squawk-"));
  for (const part of ["committed", "current"] as const) {
    for (const name of await filesOf(part))
      await writeFile(join(folder, part === "current" ? `current-${name}` : name), await migrationText(part, name));
  }
  // A table that the same migration has made may be locked as one likes: each is a migration of its own.
  for (const [index, [, statement]] of PLANTED.entries())
    await writeFile(join(folder, `planted-${index}.sql`), `${statement};\n`);
  found = await lint(folder);
});
afterAll(() => folder && rm(folder, { recursive: true }));

test("squawk finds nothing in any migration but what is waived", () => {
  expect(found.filter((finding) => waiverOf(finding) === undefined && !finding.file.startsWith("planted-"))).toEqual(
    [],
  );
});

test("nothing is waived that is not there", () => {
  const needed = new Set(found.filter(({ file }) => !file.startsWith("planted-")).map(waiverOf));
  expect(WAIVERS.filter((waiver) => !needed.has(waiver))).toEqual([]);
});

test.each(PLANTED.map((planted, index) => [...planted, index] as const))("%s: %s", (rule, statement, index) => {
  const named = found.filter((finding) => finding.file === `planted-${index}.sql` && waiverOf(finding) === undefined);
  expect(named).toContainEqual(expect.objectContaining({ rule, line: 1, statement: `${statement};` }));
});

/** Each runs in one transaction, and every version from 15 on must run it. */
async function lint(directory: string): Promise<Finding[]> {
  const files = (await readdir(directory)).toSorted();
  const paths = files.map((name) => join(directory, name));
  const options = ["--reporter=json", "--pg-version=15.0", "--assume-in-transaction", "--include=require-table-schema"];
  const output = await new Promise<string>((resolve, reject) => {
    // With findings it ends with 1, as it does when it cannot read a file: what is no list of findings is not parsed.
    execFile(SQUAWK, [...options, ...paths], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      stdout.startsWith("[") ? resolve(stdout) : reject(new Error(stderr, { cause: error })),
    );
  });
  const lines = new Map(
    await Promise.all(paths.map(async (path) => [path, (await readFile(path, "utf8")).split("\n")] as const)),
  );
  const findings = JSON.parse(output) as readonly {
    file: string;
    line: number;
    line_end: number;
    rule_name: string;
    message: string;
  }[];
  // It counts lines from 0. A part of a statement is found at its own line: what it belongs to begins after the last one that ended.
  return findings.map(({ file, line, line_end: end, rule_name: rule, message }) => {
    const text = lines.get(file) ?? [];
    let start = line;
    while (start > 0 && !/;\s*(--.*)?$/.test(text[start - 1] ?? "") && text[start - 1] !== "") start -= 1;
    return {
      file: file.slice(directory.length + 1),
      line: line + 1,
      rule,
      message,
      statement: text.slice(start, end + 1).join("\n"),
    };
  });
}

function waiverOf({ rule, file, statement }: Finding): Waiver | undefined {
  return WAIVERS.find(
    (waiver) => waiver.rule === rule && (waiver.in ?? file) === file && (waiver.statement?.test(statement) ?? true),
  );
}
