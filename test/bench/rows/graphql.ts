import { randomBytes, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import type { Child } from "../harness/children.ts";
import { readable } from "../harness/numbers.ts";
import { BenchPress, startProcess } from "../harness/press.ts";
import { interleave } from "../harness/rounds.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import { joined, percentile } from "../harness/statistics.ts";
import { FOR_UPDATE_TABLES, type ForUpdateService } from "../processes/forUpdateService.ts";
import type { GatewayProcess } from "../processes/gateway.ts";
import type { HttpClients, HttpResult, RequestTemplate } from "../processes/httpClients.ts";

const CLIENTS = 64;
const SCALING = [1, 4, 16, 64, 256];
const PERCENTS = [50, 99, 99.9];
const QUICK_SCALING = [1, 64];
/** Of these the service gets the one that is best for it. */
const POOL_SIZES = [4, 10, 20, 40];
const AUDIENCE = "golden-press";
const TOKEN_HOURS = 12;

export const graphql: Row = {
  name: "graphql",
  title: "GraphQL issueTicket by many HTTP clients, against a node + pg service with SELECT … FOR UPDATE",
  expectedSeconds: { full: 240, quick: 9 },
  run,
};

/** A server under HTTP clients: returns tickets a second, and keeps the times of the rounds that count. */
interface Served {
  readonly issue: (clients: number) => Promise<HttpResult>;
}

async function run(bench: Bench): Promise<RowResult> {
  const press = await BenchPress.open(bench, "bench_graphql");
  const clients = startProcess<HttpClients>(bench, "httpClients");
  const scaling = bench.isQuick ? QUICK_SCALING : SCALING;
  const gateway = await serveGateway(bench, press, clients, Math.max(...scaling));
  const { service, poolSize } = await serveForUpdate(bench, press, clients);

  const results = new Map<string, HttpResult[]>();
  const contestant = (name: string, served: Served, count: number) => async () => {
    const result = await served.issue(count);
    results.set(name, [...(results.get(name) ?? []), result]);
    return (result.acknowledged.size / result.milliseconds) * 1000;
  };
  const contestants = scaling.flatMap((count) => [
    [oursWith(count), contestant(oursWith(count), gateway, count)],
    [peerWith(count), contestant(peerWith(count), service, count)],
  ]);
  const rates = await interleave(bench, Object.fromEntries(contestants));
  const times = (name: string) =>
    joined((results.get(name) ?? []).slice(bench.rounds.warmUps).map((result) => result.times));

  const [ours, peer] = [oursWith(CLIENTS), peerWith(CLIENTS)];
  return {
    figures: [
      {
        what: `GraphQL issueTicket, ${CLIENTS} HTTP clients, one edition, against SELECT … FOR UPDATE`,
        ours: rates.text(ours, "tickets/s"),
        peer: `${rates.text(peer, "tickets/s")} (node + pg, pool of ${poolSize})`,
        value: rates.ratio(ours, peer),
        unit: "×",
        goal: { better: "higher", first: 4, far: 8 },
      },
    ],
    tables: [
      rates.table(
        "tickets/s in one edition by the number of HTTP clients",
        PERCENTS.map((percent) => `p${percent} ms`),
        (name) => PERCENTS.map((percent) => readable(percentile(times(name), percent))),
      ),
    ],
    charts: {
      clients: {
        title: "Issuing over HTTP in one contended edition",
        description:
          "Tickets a second by the number of HTTP clients, for the gateway and for a service that locks a row.",
        x: { label: "HTTP clients, each with one request under way", scale: "log" },
        y: { label: "tickets a second" },
        series: [
          { name: "Golden Press, GraphQL", points: scaling.map((x) => ({ x, ...rates.spread(oursWith(x)) })) },
          {
            name: "node + pg, SELECT … FOR UPDATE",
            points: scaling.map((x) => ({ x, ...rates.spread(peerWith(x)) })),
          },
        ],
      },
    },
    notes: [
      "Each client keeps its connection, has a token and a holder of its own, and sends a new request key each time. The service checks no token, no key and no limit per holder.",
      "No worker runs beside it: signing is a row of its own, and the service signs nothing.",
    ],
  };
}

function oursWith(clients: number): string {
  return `GraphQL, ${counted(clients)}`;
}

function peerWith(clients: number): string {
  return `FOR UPDATE, ${counted(clients)}`;
}

function counted(clients: number): string {
  return clients === 1 ? "1 client" : `${clients} clients`;
}

async function serveGateway(
  bench: Bench,
  press: BenchPress,
  clients: Child<HttpClients>,
  holders: number,
): Promise<Served> {
  const { url, tokens } = await startGateway(bench, press, holders);
  const selection = "{ ticket { rowId ticketNumber } }";
  return {
    async issue(count) {
      const [slug] = (await press.openEditions(1, 1_000_000)) as [string];
      const templates = tokens.slice(0, count).map((token) => issueTicketTemplate(token, slug, selection));
      const result = await clients.ask("run", { url, templates, milliseconds: bench.rounds.milliseconds });
      await press.check([slug], result.acknowledged);
      return result;
    },
  };
}

async function serveForUpdate(
  bench: Bench,
  press: BenchPress,
  clients: Child<HttpClients>,
): Promise<{ service: Served; poolSize: number }> {
  await press.query(FOR_UPDATE_TABLES);
  const probes: { poolSize: number; rate: number }[] = [];
  for (const poolSize of bench.isQuick ? POOL_SIZES.slice(0, 1) : POOL_SIZES) {
    bench.progress.step(`looking for the best pool of the service: ${poolSize}`);
    const result = await (await startForUpdate(bench, press, clients, poolSize)).issue(CLIENTS);
    probes.push({ poolSize, rate: result.acknowledged.size / result.milliseconds });
  }
  const best = probes.reduce((one, other) => (other.rate > one.rate ? other : one));
  return { service: await startForUpdate(bench, press, clients, best.poolSize), poolSize: best.poolSize };
}

async function startForUpdate(
  bench: Bench,
  press: BenchPress,
  clients: Child<HttpClients>,
  poolSize: number,
): Promise<Served> {
  const service = startProcess<ForUpdateService>(bench, "forUpdateService");
  const url = await service.ask("start", { databaseUrl: press.url(), poolSize });
  return {
    async issue(count) {
      const slug = `plain-${randomUUID()}`;
      await press.query("insert into plain_editions (slug, cap) values ($1, 1000000000)", [slug]);
      const templates = Array.from({ length: count }, (_, n) => plainTemplate(slug, `holder-${n + 1}`));
      const result = await clients.ask("run", { url, templates, milliseconds: bench.rounds.milliseconds });
      await checkPlain(press, slug, result.acknowledged.size);
      return result;
    },
  };
}

/** Nobody's figure counts tickets that are not there, or numbers that are there twice. */
async function checkPlain(press: BenchPress, slug: string, acknowledged: number): Promise<void> {
  const [row] = await press.query<{ count: number; max: number }>(
    `select count(*)::integer as count, max(ticket_number) as max
     from plain_tickets t join plain_editions e on e.id = t.edition_id where e.slug = $1`,
    [slug],
  );
  if (row?.count === acknowledged && row.max === acknowledged) return;
  throw new Error(`The service acknowledged ${acknowledged} tickets and has ${row?.count}, up to number ${row?.max}.`);
}

/** A gateway in front of the press that answers any document, or these alone, and tokens for as many holders. */
export async function startGateway(
  bench: Bench,
  press: BenchPress,
  holders: number,
  documents?: readonly string[],
): Promise<{ url: string; tokens: string[] }> {
  const secret = randomBytes(32).toString("hex");
  const gateway = startProcess<GatewayProcess>(bench, "gateway");
  const databaseUrl = press.url("press_gateway");
  const url = await gateway.ask("start", { databaseUrl, secret, audience: AUDIENCE, documents });
  const expiresAt = Math.floor(Date.now() / 1000) + TOKEN_HOURS * 3600;
  const sign = (subject: string) =>
    new SignJWT({ sub: subject, aud: AUDIENCE, exp: expiresAt })
      .setProtectedHeader({ alg: "HS256" })
      .sign(Buffer.from(secret));
  const tokens = await Promise.all(Array.from({ length: holders }, (_, n) => sign(`holder-${n + 1}`)));
  return { url, tokens };
}

/** `issueTicket` as a client sends it that keeps its document and changes its variables. */
export function issueTicketTemplate(token: string, slug: string, selection: string): RequestTemplate {
  return graphqlTemplate(token, { query: issueTicketDocument(selection), variables: { slug, key: KEY } });
}

export function issueTicketDocument(selection: string): string {
  return `mutation ($slug: String!, $key: UUID) { issueTicket(input: { editionSlug: $slug, requestKey: $key }) ${selection} }`;
}

/** @param body with {@link KEY} in it once */
export function graphqlTemplate(token: string, body: object): RequestTemplate {
  return {
    path: "/graphql",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: aroundKey(body),
  };
}

function plainTemplate(edition: string, holder: string): RequestTemplate {
  return {
    path: "/tickets",
    headers: { "content-type": "application/json" },
    body: aroundKey({ edition, holder, key: KEY }),
  };
}

/** Stands for what each request has of its own. */
export const KEY = "THE-KEY-OF-THE-REQUEST";

function aroundKey(body: object): [string, string] {
  return JSON.stringify(body).split(KEY) as [string, string];
}
