/* Plants faults in the SQL of the press, one at a time, and sees whether the tests notice. See ../README.md. */
import { parseArgs } from "node:util";
import { allMutants, Hunt } from "./hunt.ts";
import { listed } from "./listed.ts";
import type { Mutant } from "./mutant.ts";
import { KINDS } from "./mutant.ts";
import { reportOf } from "./report.ts";

const { values } = parseArgs({
  options: {
    workers: { type: "string", default: "2" },
    sample: { type: "string" },
    seed: { type: "string" },
    only: { type: "string", multiple: true },
    kind: { type: "string", multiple: true },
    subject: { type: "string" },
    list: { type: "boolean", default: false },
    again: { type: "boolean", default: false },
    hints: { type: "boolean", default: false },
  },
});

const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
// The order of random.ts follows from it.
process.env.TEST_SEED = seed;
const { random } = await import("../random.ts");

for (const kind of values.kind ?? []) {
  if (!(kind in KINDS)) throw new Error(`There is no kind "${kind}"; there are: ${Object.keys(KINDS).join(", ")}.`);
}

function isAskedFor({ name, kind, subject }: Mutant): boolean {
  if (values.only !== undefined) return values.only.includes(name);
  return (values.kind?.includes(kind) ?? true) && (values.subject === undefined || subject.includes(values.subject));
}

const hunt = await Hunt.start();
try {
  const asked = (await allMutants(hunt)).filter(isAskedFor);
  if (asked.length === 0) throw new Error("There is no such mutant: --list names them.");
  const shuffled = asked
    .map((mutant) => ({ mutant, turn: random.integer(2 ** 31) }))
    .toSorted((one, other) => one.turn - other.turn)
    .map(({ mutant }) => mutant);
  const chosen = shuffled.slice(0, values.sample === undefined ? undefined : Number(values.sample));
  if (values.list) {
    for (const { name, place } of asked) console.log(place === undefined ? name : `${name} (${place})`);
  } else {
    const isKnown = await hunt.learnReach(chosen.length > 50);
    console.log(`${chosen.length} of ${asked.length} mutants, seed ${seed}${isKnown ? "" : ", every file for each"}`);
    const found = await hunt.run(chosen, { workers: Number(values.workers), again: values.again });
    if (values.hints) hunt.keepHints();
    console.log(reportOf(found, listed()));
    if (found.some(({ mutant, verdict }) => verdict.by === undefined && !listed().has(mutant.name)))
      process.exitCode = 1;
  }
} finally {
  await hunt.end();
}
