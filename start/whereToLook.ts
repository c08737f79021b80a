import { FIRST_TICKET } from "../gateway/firstTicket.ts";

/** What the block at the end of a start shows. */
export interface Place {
  /** The gateway's URL, without a final slash. */
  readonly url: string;
  /** The public key that signs, 64 hexadecimal characters. */
  readonly publicKey: string;
  readonly hasGraphiql: boolean;
  /** The stream of the events and what their subjects begin with; undefined without NATS. */
  readonly stream: { readonly name: string; readonly prefix: string } | undefined;
  /** The embedded press has editions to try and tokens of its own; a press on a database of others has neither. */
  readonly isEmbedded: boolean;
  /** What must stand before a command so that it finds this press: variables that are set here, like `GOLDEN_PRESS_HOME=/x `. */
  readonly settings: string;
}

/** Says where to look, and what to type: every command can be copied as it stands. */
export function whereToLook(place: Place): string {
  const { url, stream } = place;
  const addresses = [
    ["Dashboard", `${url}/`],
    ["GraphQL", `${url}/graphql`],
    ...(place.hasGraphiql ? [["Explorer", `${url}/graphiql`]] : []),
    ["Health", `${url}/healthz`],
    ["Public keys", `${url}/keys`],
    ["Ledger", `${url}/ledger/checkpoint`],
    ["Ledger key", `${url}/ledger/vkey`],
    ["Events", `${url}/events`],
    ...(stream === undefined ? [] : [["In NATS", `the stream ${stream.name}, subjects ${stream.prefix}.>`]]),
  ];
  const lines = addresses.map(([name, address]) => `  ${name?.padEnd(12)} ${address}`);
  return [
    "",
    "The press is running. Ctrl-C stops it; nothing is lost.",
    "",
    ...lines,
    ...(place.isEmbedded ? toTry(place) : []),
    "",
  ].join("\n");
}

function toTry({ url, publicKey, settings }: Place): string[] {
  const press = `${settings}npm run --silent press --`;
  return [
    "",
    "Issue a golden ticket to alice over GraphQL:",
    `  TOKEN=$(${press} token --sub alice)`,
    `  curl -s ${url}/graphql -H "authorization: Bearer $TOKEN" -H "content-type: application/json" \\`,
    `    -d '${JSON.stringify({ query: FIRST_TICKET }).replace(":", ": ")}'`,
    "",
    "Issue one to bob by SQL, or with one command that also keeps the envelope:",
    `  ${press} sql --as operator "select * from press.issue_ticket('golden-ticket', recipient => 'bob')"`,
    `  ${press} issue golden-ticket --to carol --out ticket.json`,
    "",
    "Verify it offline:",
    `  ${press} verify ticket.json --key ${publicKey}`,
  ];
}
