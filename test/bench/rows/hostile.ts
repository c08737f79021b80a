import { readable } from "../harness/numbers.ts";
import { BenchPress, startProcess } from "../harness/press.ts";
import type { Bench, Figure, Row, RowResult } from "../harness/row.ts";
import { joined, median, percentile, spreadOf } from "../harness/statistics.ts";
import type { HostileClients, HostileResult } from "../processes/hostileClients.ts";
import type { HttpClients, HttpResult, RequestTemplate } from "../processes/httpClients.ts";
import { graphqlTemplate, issueTicketDocument, issueTicketTemplate, KEY, startGateway } from "./graphql.ts";

const PER_SECOND = 200;
/** Enough that a request which is due finds a client that is free. */
const HONEST = 64;
const HOSTILE = 4;
const MILLISECONDS = 10_000;
const READ =
  "query Read($slug: String!) { editionBySlug(slug: $slug) { slug cap remainingCount } currentHolder { subject tickets(first: 5) { nodes { ticketNumber edition { title } } } } }";
const BUY = "{ ticket { rowId ticketNumber } }";
const MODES = ["any document", "persisted documents"] as const;

export const hostile: Row = {
  name: "hostile",
  title: `${PER_SECOND} honest requests/s beside hostile ones, at a gateway of any document and one of persisted documents`,
  expectedSeconds: { full: 260, quick: 8 },
  run,
};

interface Round {
  readonly alone: HttpResult;
  readonly beside: HttpResult;
  readonly attack: HostileResult;
}

async function run(bench: Bench): Promise<RowResult> {
  const { count } = bench.rounds;
  const rounds = new Map<string, Round[]>();
  bench.progress.steps(MODES.length * (count + 1));
  for (const mode of MODES) {
    const round = await prepare(bench, mode);
    bench.progress.step(`${mode}, warming up`);
    await round(bench.isQuick ? 300 : 3_000);
    for (let number = 1; number <= count; number += 1) {
      bench.progress.step(`${mode}, round ${number} of ${count}`);
      const result = await round(bench.isQuick ? 500 : MILLISECONDS);
      rounds.set(mode, [...(rounds.get(mode) ?? []), result]);
    }
  }
  return resultOf(rounds);
}

/** A press of its own with honest people and others; they are let loose each time that the result is called. */
async function prepare(bench: Bench, mode: (typeof MODES)[number]): Promise<(milliseconds: number) => Promise<Round>> {
  const press = await BenchPress.open(bench, `bench_hostile_${MODES.indexOf(mode)}`);
  const persisted = mode === "any document" ? undefined : [READ, issueTicketDocument(BUY)];
  const { url, tokens } = await startGateway(bench, press, HONEST + 1, persisted);
  const [token, ...people] = tokens as [string, ...string[]];
  const clients = startProcess<HttpClients>(bench, "httpClients");
  const others = startProcess<HostileClients>(bench, "hostileClients");
  return async (milliseconds) => {
    const [slug] = (await press.openEditions(1, 1_000_000)) as [string];
    const templates = people.map((person, n) =>
      n % 2 === 0 ? issueTicketTemplate(person, slug, BUY) : readTemplate(person, slug),
    );
    const honest = () => clients.ask("run", { url, templates, milliseconds, perSecond: PER_SECOND });
    await bench.server.checkpoint();
    const alone = await honest();
    await others.ask("start", { url, token, clients: HOSTILE });
    const beside = await honest();
    const attack = await others.ask("stop");
    await press.check([slug], new Map([...alone.acknowledged, ...beside.acknowledged]));
    return { alone, beside, attack };
  };
}

function readTemplate(token: string, slug: string): RequestTemplate {
  return graphqlTemplate(token, { query: READ, variables: { slug }, extensions: { request: KEY } });
}

function resultOf(rounds: ReadonlyMap<string, readonly Round[]>): RowResult {
  const figureOf = ([mode, of]: [string, readonly Round[]]): Figure => {
    const at = (percent: number, which: "alone" | "beside") =>
      readable(percentile(joined(of.map((round) => round[which].times)), percent));
    return {
      what: `honest p99 at ${PER_SECOND} requests/s beside hostile ones, ${mode}`,
      ours: `p50 ${at(50, "beside")} ms, p99 ${at(99, "beside")} ms, p99.9 ${at(99.9, "beside")} ms`,
      peer: `p50 ${at(50, "alone")} ms, p99 ${at(99, "alone")} ms, p99.9 ${at(99.9, "alone")} ms (nobody hostile)`,
      value: spreadOf(of.map(({ beside }) => percentile(beside.times, 99))),
      unit: "ms",
      goal: { better: "lower", first: 50, far: 20 },
    };
  };
  return {
    figures: [...rounds].map(figureOf),
    notes: [
      `${HONEST} people, of whom half buy and half look, ${PER_SECOND} requests a second, each asked when it was due. Each of them was answered as asked, or the row would have failed.`,
      ...[...rounds].map(
        ([mode, of]) =>
          `${mode}: ${HOSTILE} hostile clients sent one request after the other, ${readable(median(of.map(({ attack, beside }) => attack.answers / (beside.milliseconds / 1000))))} a second; the slowest was answered after ${readable(Math.max(...of.map(({ attack }) => attack.millisecondsMax)))} ms.`,
      ),
      "What they send is made by test/gateway/hostile/documents.ts: alias floods, fragments, depth, variables, lists, broken bodies, and all that the limits allow, each document another. They ask as one signed-in person, from the machine of the others.",
    ],
  };
}
