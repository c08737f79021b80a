/* Draws made again from ledgers that were written without the SDK, right ones and such as cheats or accidents would leave. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recomputeDraws } from "../../verifier/index.ts";
import { random, rounds, seed } from "../random.ts";
import { testRequiring } from "../requirements.ts";
import { damage } from "./damage.ts";
import { type DrawCase, drawCases, goodCases, refusedCases, unsignedCases, wrongCases } from "./drawCases.ts";
import { DrawLedger, type Mode } from "./drawLedger.ts";
import { leaf } from "./naiveDraw.ts";

/** What the SDK says, one line for a draw as recompute_draws.py prints it. */
function lines(leaves: readonly string[]): string[] {
  const answer = recomputeDraws(leaves);
  if (!answer.isValid) return ["refused"];
  const show = (number: number | null) => number ?? "None";
  return answer.draws.map(
    ({ attempt, mode, status, recorded, recomputed, agrees }) =>
      `${attempt} ${mode} ${status} ${show(recorded)} ${show(recomputed)} ${agrees ? "agrees" : "differs"}`,
  );
}

describe("recomputeDraws", () => {
  it.each(Object.entries({ ...goodCases, ...wrongCases, ...unsignedCases }))(
    "judges: %s",
    (_, { leaves, draws = [] }) => {
      const answer = recomputeDraws(leaves);
      const modes = leaves.flatMap((text) => JSON.parse(text).mode ?? []);
      expect(answer).toEqual({
        isValid: true,
        draws: draws.map(({ status = "drawn", message, ...found }, index) => ({
          attempt: index + 1,
          mode: modes[index],
          status,
          isRecomputable: modes[index] !== "random_int" && status === "drawn",
          ...found,
          message: expect.stringMatching(message),
        })),
      });
    },
  );

  it.each(Object.entries(refusedCases))("refuses: %s", (_, { leaves, refusal }) => {
    const message = expect.stringMatching(refusal?.message ?? /never/);
    expect(recomputeDraws(leaves)).toEqual({ isValid: false, reason: refusal?.reason, message });
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /a list of texts/],
    ["null", null, /a list of texts/],
    ["a text", "[]", /a list of texts/],
    ["an object like a list", { 0: "{}", length: 1 }, /a list of texts/],
    ["a list of objects", [{ type: "edition.opened" }], /^Entry 0 is not well-formed text/],
    ["a list with a hole", withHole(), /^Entry 1 is not well-formed text/],
    ["a lone surrogate", ['{"type":"\ud800"}'], /^Entry 0 is not well-formed text/],
    ["a text that no ledger holds", [`{"type":"${"a".repeat(65_536)}"}`], /of at most 65535 characters/],
  ])("refuses %s as INVALID_INPUT, and does not throw", (_, leaves, message) => {
    expect(recomputeDraws(leaves as string[])).toEqual({
      isValid: false,
      reason: "INVALID_INPUT",
      message: expect.stringMatching(message),
    });
  });

  it("finds it out when a replacement counts from another checkpoint than the draw", () => {
    const ledger = new DrawLedger("beacon").issue(50).close().draw().replace();
    const [draw, replacement] = ledger.entries.slice(-2);
    const other = new DrawLedger("beacon").beacon; // What matters is refused before its signature.
    const before = draw?.inputs as { checkpoint_at: string; round: number };
    const period = Number(ledger.entries[0]?.beacon_period_seconds);
    Object.assign(replacement?.inputs as object, {
      checkpoint_at: new Date(Date.parse(before.checkpoint_at) + period * 1000).toISOString(),
      round: before.round + 1,
      signature: other.sign(1),
    });
    expect(recomputeDraws(ledger.leaves)).toMatchObject({
      draws: [
        { agrees: true },
        { agrees: false, message: expect.stringMatching(/^The replacement counts from .*, and the draw from /) },
      ],
    });
  });

  it.each([
    [0, false],
    [1_234, false],
    [60_000, false],
    [60_001, true],
    [86_400_000, true],
  ])(
    "says what is the issuer's word: a checkpoint of %d ms after the closing, with a warning: %s",
    (gap, isWarning) => {
      const ledger = new DrawLedger("beacon");
      ledger.checkpointMilliseconds = gap;
      const answer = recomputeDraws(ledger.issue(5).close().draw().replace().leaves);
      const draws = answer.isValid ? answer.draws : [];
      expect(draws.map(({ agrees }) => agrees)).toEqual([true, true]);
      for (const { message } of draws) {
        expect(message).toContain(`is the issuer's word, by a checkpoint of ${gap / 1000} s after the closing`);
        expect(message.includes("WARNING")).toBe(isWarning);
      }
    },
  );

  it("says nothing of a checkpoint where the draw is of no beacon, or does not agree", () => {
    const ledger = new DrawLedger("beacon").issue(5).close().draw();
    Object.assign(ledger.entries.at(-1)?.inputs as object, { signature: "a".repeat(96) });
    for (const { leaves } of [ledger, new DrawLedger("sealed").issue(5).close().draw()]) {
      const answer = recomputeDraws(leaves);
      expect(answer.isValid && answer.draws.map(({ message }) => message)).toEqual([
        expect.not.stringContaining("checkpoint"),
      ]);
    }
  });

  it("takes a revocation for what its place makes it: before the closing it takes the ticket out, after it not", () => {
    const [before, after] = [new DrawLedger("random_int"), new DrawLedger("random_int")];
    before.issue(3).revoke(2).close().draw(2);
    after.issue(3).close().revoke(2).draw(2);
    expect([lines(before.leaves), lines(after.leaves)]).toEqual([
      ["1 random_int drawn 2 None differs"],
      ["1 random_int drawn 2 None agrees"],
    ]);
  });

  it("reads old editions, of the time before there were draws", () => {
    const opened =
      '{"at":"2026-03-01T09:30:00.000Z","cap":5,"closes_at":null,"draw_mode":"random_int","edition":"golden-ticket","opens_at":null,"per_holder_limit":1,"rule_set_hash":null,"type":"edition.opened"}';
    expect(recomputeDraws([opened])).toEqual({ isValid: true, draws: [] });
  });

  const count = rounds(400, 4000);
  it(`never throws, and never agrees, when ${count} times a piece of an entry is damaged (seed ${seed})`, {
    timeout: 120_000,
  }, () => {
    const ledger = new DrawLedger("sealed").issue(6).revoke(2).close().draw().replace();
    const { leaves } = ledger;
    for (let i = 0; i < count; i++) {
      const index = random.integer(leaves.length);
      const changed = leaves.with(index, damage(leaves[index] ?? ""));
      if (changed[index] === leaves[index]) continue;
      const answer = recomputeDraws(changed);
      // What no draw depends on can change in its form: times, ids, caps, reasons.
      if (answer.isValid && answer.draws.every(({ agrees }) => agrees))
        expect(relevant(changed), `seed ${seed}`).toEqual(relevant(leaves));
    }
  });
});

/** The members that draws depend on. */
function relevant(leaves: readonly string[]): unknown {
  const names = [
    "type",
    "edition",
    "ticket_number",
    "envelope_hash",
    "entries_hash",
    "issued_count",
    "draw_mode",
    "draw_commitment",
    "inputs",
    "mode",
  ];
  return leaves.map((text) => Object.entries(JSON.parse(text)).filter(([name]) => names.includes(name)));
}

function withHole(): string[] {
  const { leaves } = new DrawLedger("sealed").issue(3).close().draw();
  delete leaves[1];
  return leaves;
}

describe("Python, with its standard library alone", () => {
  const testPython = testRequiring("python3");
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "golden-press-draws-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function askPython(ledgers: readonly (readonly string[])[]): string[][] {
    const files = ledgers.map((leaves, index) => {
      const file = join(folder, `${index}.jsonl`);
      writeFileSync(file, `${leaves.join("\n")}\n`);
      return file;
    });
    const script = join(import.meta.dirname, "recompute_draws.py");
    const run = spawnSync("python3", [script, ...files], { encoding: "utf8", maxBuffer: 2 ** 26 });
    expect(run.stderr).toBe("");
    const printed = run.stdout.trimEnd().split("\n");
    return files.map((file) =>
      printed.flatMap((line) => (line.startsWith(`${file}: `) ? [line.slice(file.length + 2)] : [])),
    );
  }

  const comparable = (cases: Record<string, DrawCase>) => Object.entries(cases).filter(([name]) => !(name in OWN));
  /** Python sees neither a wrong signature, nor which key is quicknet's; and a file cannot hold a newline within a line. */
  const OWN = { ...unsignedCases, "quicknet's name with another key": true };
  const oneLine = (leaves: readonly string[]) => leaves.every((text) => !text.includes("\n"));

  testPython("answers as the SDK does for every case", () => {
    const cases = comparable(drawCases).filter(([, { leaves }]) => oneLine(leaves));
    const answers = askPython(cases.map(([, { leaves }]) => leaves));
    expect(Object.fromEntries(cases.map(([name], index) => [name, answers[index]]))).toEqual(
      Object.fromEntries(cases.map(([name, { leaves }]) => [name, lines(leaves)])),
    );
    expect(cases.length).toBeGreaterThan(100);
  });

  const count = rounds(60, 600);
  testPython(
    `answers as the SDK does for ${count} random editions, some of them with an entry changed (seed ${seed})`,
    () => {
      const ledgers = Array.from({ length: count }, () => randomLedger());
      expect(askPython(ledgers), `seed ${seed}`).toEqual(ledgers.map(lines));
    },
  );
});

describe("bash and sha256sum, by the commands of docs/draws.md", () => {
  const guide = readFileSync(join(import.meta.dirname, "../../docs/draws.md"), "utf8");
  const commands = /### By hand\n[^#]*?```sh\n(.*?)```/s.exec(guide)?.[1] ?? "exit 1 # docs/draws.md shows no commands";
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "golden-press-by-hand-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([1, 2, 3, 7, 100, 101])("find the winner of %d tickets, and some that were revoked", (size) => {
    const ledger = new DrawLedger("sealed")
      .issue(size + 2)
      .revoke(size + 1, size + 2)
      .close();
    const { leaves } = ledger.revoke(size).draw().replace();
    writeFileSync(join(folder, "entries.jsonl"), `${leaves.join("\n")}\n`);
    const run = spawnSync("bash", ["-c", commands], { cwd: folder, encoding: "utf8" });
    const told = (type: string, name: string) => ledger.entries[ledger.index(type)]?.[name];
    const [hash, commitment] = [told("edition.closed", "entries_hash"), told("edition.opened", "draw_commitment")];
    const winner = told("edition.drawn", "ticket_number");
    const printed = [
      hash,
      hash,
      commitment,
      commitment,
      `the winner is ticket ${winner}, and the ledger says ${winner}`,
    ];
    expect(run).toMatchObject({ stderr: "", stdout: `${printed.join("\n")}\n` });
  });

  it("find the winner of a beacon when they are changed as it says", () => {
    const ledger = new DrawLedger("beacon").issue(40).revoke(7).close().draw();
    writeFileSync(join(folder, "entries.jsonl"), `${ledger.leaves.join("\n")}\n`);
    const changed = commands.replaceAll("member secret", "member signature").replace(" sealed ", " beacon ");
    const { stdout } = spawnSync("bash", ["-c", changed], { cwd: folder, encoding: "utf8" });
    const winner = ledger.entries.at(-1)?.ticket_number;
    expect(stdout).toMatch(new RegExp(`\nthe winner is ticket ${winner}, and the ledger says ${winner}\n$`));
  });
});

function randomLedger(): string[] {
  const ledger = new DrawLedger(random.pick<Mode>(["random_int", "sealed", "beacon"]));
  const size = random.integer(40);
  ledger.issue(size);
  for (let number = 1; number <= size; number++) if (random.integer(5) === 0) ledger.revoke(number);
  ledger.close().draw();
  while (random.integer(2) === 0 && ledger.entries.at(-1)?.ticket_number) ledger.replace();
  const index = random.integer(ledger.entries.length);
  const entry = ledger.entries[index];
  if (random.integer(3) > 0 || entry === undefined) return ledger.leaves;
  const changed = random.pick<object>([
    { ticket_number: 1 + random.integer(40) },
    { inputs: { ...(entry.inputs as object), entries_count: random.integer(40) } },
    { issued_count: random.integer(40) },
    { attempt: 2 + random.integer(3) },
    { edition: "winter-raffle" },
    { secret: "0".repeat(64) },
  ]);
  return ledger.leaves.with(index, leaf({ ...entry, ...changed }));
}
