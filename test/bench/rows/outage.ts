import type { EventOptions } from "../../../worker/events/stream.ts";
import type { Child } from "../harness/children.ts";
import { readable } from "../harness/numbers.ts";
import { BenchPress, perSecond, startProcess } from "../harness/press.ts";
import { interleave } from "../harness/rounds.ts";
import type { Bench, Figure, Row, RowResult } from "../harness/row.ts";
import { median, ratiosOf, spreadOf } from "../harness/statistics.ts";
import { missingNats, startNats } from "../peers/nats.ts";
import type { HttpClients } from "../processes/httpClients.ts";
import type { SqlCallers } from "../processes/sqlCallers.ts";
import { issueTicketTemplate, startGateway } from "./graphql.ts";
import { recordedPlaces } from "./latency.ts";

const CLIENTS = 64;
const REDEEMERS = 4;
const REDEEMED = 1_000;
const QUICK_REDEEMED = 50;
const DOWN = "NATS down";
const WITHOUT = "no NATS configured";

export const outage: Row = {
  name: "outage",
  title: "issuing and redeeming while NATS is down, against no NATS configured",
  expectedSeconds: { full: 180, quick: 6 },
  skipReason: missingNats,
  run,
};

async function run(bench: Bench): Promise<RowResult> {
  const { options, kill } = await startNats(bench);
  await kill();
  const press = await BenchPress.open(bench, "bench_outage");
  const { url, tokens } = await startGateway(bench, press, CLIENTS);
  const clients = startProcess<HttpClients>(bench, "httpClients");
  const callers = startProcess<SqlCallers>(bench, "sqlCallers");
  const redeemed = new Map<string, number[]>();
  const contestant = (name: string, events: EventOptions | undefined) => async () => {
    const worker = await press.startWorker({ events, isSilent: true });
    const [slug] = (await press.openEditions(1, 1_000_000)) as [string];
    const templates = tokens.map((token) => issueTicketTemplate(token, slug, "{ ticket { rowId } }"));
    const issued = await clients.ask("run", { url, templates, milliseconds: bench.rounds.milliseconds });
    await press.check([slug], issued.acknowledged);
    await recordedPlaces(press, slug, issued.acknowledged.size);
    redeemed.set(name, [...(redeemed.get(name) ?? []), await redeem(bench, press, callers, slug)]);
    await worker.stop();
    return perSecond({ granted: issued.acknowledged.size, milliseconds: issued.milliseconds });
  };
  const rates = await interleave(bench, {
    [DOWN]: contestant(DOWN, options),
    [WITHOUT]: contestant(WITHOUT, undefined),
  });
  const redeemedBy = (name: string) => (redeemed.get(name) ?? []).slice(bench.rounds.warmUps);
  return {
    figures: [
      figureOf("issuing", rates.of(DOWN), rates.of(WITHOUT)),
      figureOf("redeeming", redeemedBy(DOWN), redeemedBy(WITHOUT)),
    ],
    notes: [
      `${CLIENTS} HTTP clients issue in one edition through GraphQL while a worker signs; when all of it is under a checkpoint, ${REDEEMERS} callers redeem ${readable(bench.isQuick ? QUICK_REDEEMED : REDEEMED)} of the tickets. The one worker has events to publish and nobody who takes them, the other has none.`,
    ],
  };
}

function figureOf(what: string, ours: readonly number[], peer: readonly number[]): Figure {
  return {
    what: `${what} while NATS is down, against no NATS configured`,
    ours: `${readable(median(ours))} tickets/s`,
    peer: `${readable(median(peer))} tickets/s`,
    value: spreadOf(ratiosOf(ours, peer)),
    unit: "×",
    goal: { better: "higher", first: 0.9, far: 0.97 },
  };
}

/** Redeems some of an edition's tickets; returns how many a second. */
async function redeem(bench: Bench, press: BenchPress, callers: Child<SqlCallers>, slug: string): Promise<number> {
  const tickets = await press.query<{ envelope: string; proof: string }>(
    `select t.envelope, press.timechain_proof(t.id) as proof from press.tickets t join press.editions e on e.id = t.edition_id
     where e.slug = $1 order by t.ticket_number limit $2`,
    [slug, bench.isQuick ? QUICK_REDEEMED : REDEEMED],
  );
  const milliseconds = await callers.ask("redeem", { url: press.url(), callers: REDEEMERS, tickets });
  const [row] = await press.query<{ count: number }>(
    "select count(*)::integer as count from press.redemptions r join press.editions e on e.id = r.edition_id where e.slug = $1",
    [slug],
  );
  if (row?.count !== tickets.length) throw new Error(`${tickets.length} tickets were redeemed, but ${row?.count} are.`);
  return perSecond({ granted: tickets.length, milliseconds });
}
