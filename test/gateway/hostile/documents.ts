/**
 * Requests that nobody sends who means well, made anew each time, so that nothing that is remembered of one helps against the next. What they try: to cost much
 * in little, to break a parser, to be read as something else than they are, to learn what is inside.
 */
import { random } from "../../random.ts";

/** A request for `/graphql`: its body to the byte, and headers beside those of every request. */
export interface HostileRequest {
  readonly kind: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const { integer, pick } = random;
const name = () => `x${integer(2 ** 31).toString(36)}`;
const many = (count: number, make: (index: number) => string, separator = " ") =>
  Array.from({ length: count }, (_, index) => make(index)).join(separator);
/** From `least` to `most`, more often near to either end. */
const between = (least: number, most: number) => pick([least, most, least + integer(most - least + 1)]);

const BODY_BYTES = 100_000;
const SELECTIONS = [
  "__typename",
  "editions { totalCount }",
  "editions(first: 1) { nodes { slug tickets(first: 1) { nodes { ticketNumber } } } }",
  "checkpoints(first: 2) { nodes { treeSize } }",
  "signingKeys { nodes { keyId } }",
  "currentHolder { subject tickets(first: 1) { nodes { ticketNumber edition { title } } } }",
];
/** Where 32, 53 and 64 bits end, and what is no number at all. */
const NUMBERS = [
  "2147483647",
  "2147483648",
  "-2147483649",
  "9007199254740991",
  "9007199254740993",
  "9223372036854775807",
  "9223372036854775808",
  "-1",
  "1e308",
  "1e999",
  "-0",
  "0.1",
  `1${"0".repeat(400)}`,
];

const field = () => `${name()}: ${pick(SELECTIONS)}`;
const ticketsOf = (inner: string) => `edition { tickets(first: 1) { nodes { ${inner} } } }`;

/** Documents; the fields of each are of this press, so that many of them get as far as they can. */
const documents: Readonly<Record<string, () => string>> = {
  "alias flood": () => `{ ${many(between(21, 1_900), () => `${name()}: __typename`)} }`,
  "alias flood of lists": () => `{ ${many(between(16, 200), () => field())} }`,
  "all that is allowed": () =>
    `{ ${many(14, () => `${name()}: editions(first: ${1 + integer(3)}) { ${many(20, () => `${name()}: totalCount`)} }`)} }`,
  "all that is allowed, nested": () =>
    `{ ${many(4, () => `${name()}: editions(first: 2) { nodes { ${name()}: slug tickets(first: 2) { nodes { ${many(40, () => `${name()}: ticketNumber`)} ${name()}: ${ticketsOf("rowId")} } } } }`)} }`,
  "many mutations": () =>
    `mutation { ${many(between(2, 50), () => `${name()}: issueTicket(input: { editionSlug: "not-there-${name()}" }) { ticket { rowId } }`)} }`,
  "one field again and again": () => `{ ${many(between(101, 900), () => "editions { totalCount }")} }`,
  "one name for many fields": () => `{ ${many(100, (index) => `a: editions(first: ${index}) { nodes { slug } }`)} }`,
  "fields to be compared pair by pair": () =>
    `{ editions(first: 1) { nodes { ${many(100, () => "tickets(first: 1) { nodes { ticketNumber } }")} } } }`,
  "fragments to be compared pair by pair": () => {
    const count = between(20, 120);
    return `{ ${many(count, (index) => `...F${index}`)} } ${many(count, (index) => `fragment F${index} on Query { ...F${(index + 1) % count} editions { a: totalCount } }`)}`;
  },
  "fragment cycle": () => {
    const length = between(1, 150);
    return `{ ...F0 } ${many(length, (index) => `fragment F${index} on Query { __typename ...F${(index + 1) % length} }`)}`;
  },
  "fragment fan": () => {
    const levels = between(10, 90);
    return `{ ...F0 } ${many(levels, (index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`)} fragment F${levels} on Query { ${name()}: __typename }`;
  },
  "fragments that nobody uses": () =>
    `{ __typename } ${many(between(5, 150), () => `fragment ${name()} on Edition { slug }`)}`,
  "fragments within fragments": () => `${"{ ... on Query ".repeat(between(20, 600))}`,
  depth: () => {
    const levels = between(6, 90);
    return `{ currentHolder { tickets(first: 1) { nodes { ${"edition { tickets(first: 1) { nodes { ".repeat(levels)} rowId ${"} } } ".repeat(levels)} } } } }`;
  },
  "the same way back and forth": () =>
    `{ currentHolder { ${"tickets(first: 1) { nodes { holder { ".repeat(between(2, 12))} subject ${"} } } ".repeat(3)} } }`,
  "directive flood": () =>
    `{ __typename ${many(between(100, 9_000), () => pick(["@a", "@include(if: true)", "@skip(if: $x)"]), "")} }`,
  "directives of every field": () =>
    `query (${"$x: Boolean = false"}) { ${many(19, () => `${field()}`)} __typename @include(if: $x) @include(if: $x) }`,
  "variable flood": () => `query (${many(between(50, 480), () => `$${name()}: Int = 1`, ", ")}) { __typename }`,
  "variables that are not declared": () =>
    `{ ${many(15, () => `${name()}: editions(first: $${name()}) { totalCount }`)} }`,
  "operation flood": () => many(between(20, 450), () => `query ${name()} { __typename }`),
  "a page too large": () => `{ tickets(${pick(["first", "last"])}: ${pick(NUMBERS.slice(0, 9))}) { nodes { rowId } } }`,
  "lists in lists": () =>
    `{ editions(first: 100) { nodes { tickets(first: 100) { nodes { holder { tickets(first: 100) { nodes { ${name()}: rowId } } } } } } } }`,
  "a list of arguments": () =>
    `{ tickets(filter: { ticketNumber: { in: [${many(between(100, 1_900), () => String(integer(2 ** 31)), ",")}] } }) { totalCount } }`,
  "arguments within arguments": () => `{ tickets(filter: ${"{ ticketNumber: ".repeat(between(5, 900))}`,
  "an argument of objects": () => `{ tickets(filter: ${"{ a: ".repeat(300)} 1 ${"}".repeat(300)}) { totalCount } }`,
  "introspection bomb": () =>
    `{ __schema { types { ${"fields { type { ".repeat(between(2, 9))} name ${"} } ".repeat(9)} } } }`,
  "introspection flood": () =>
    `{ ${many(between(2, 200), () => `${name()}: __type(name: "${pick(["Query", "Edition", "nothing"])}") { fields { name type { name } } }`)} }`,
  "introspection without an end": () =>
    `{ __type(name: "Query") { ${"ofType { ".repeat(between(9, 300))} name ${"} ".repeat(300)} } }`,
  brackets: () => pick(["{", "[", "(", "{a", '"""']).repeat(between(1_000, 20_000)),
  "a long name": () => `{ ${"x".repeat(between(1_000, 90_000))} }`,
  "a long text": () => `{ editionBySlug(slug: "${"y".repeat(between(1_000, 90_000))}") { slug } }`,
  "a long comment": () => `{ __typename } #${"z".repeat(between(1_000, 90_000))}`,
  "a long number": () => `{ tickets(first: ${"9".repeat(between(100, 90_000))}) { totalCount } }`,
  "long white space": () => `{${pick([" ", "\n", ",", "\ufeff"]).repeat(between(1_000, 30_000))}__typename }`,
  "a long block of text": () => `{ editionBySlug(slug: """${"\n ".repeat(between(1_000, 40_000))}""") { slug } }`,
  "Unicode in names": () => `{ ${pick(["é", "\u200b", "\u202e", "__typename\u0301", "ａ", "😀"])}${name()} }`,
  "Unicode in texts": () =>
    `{ editionBySlug(slug: "${pick(["\\u0000", "\\ud800", "\\u{10FFFF}", "\\u{110000}", "\u202e", "\u2028", "😀"])}") { slug } }`,
  "a word of the inside": () =>
    `{ ${pick(["pressPrivate", "pgRoles", "graphileWorker", "__proto__", "constructor", "editionss", "ticket_number"])} ${name()} }`,
  "a subscription": () =>
    `subscription { ${many(between(1, 30), () => `${name()}: editionChanged { edition { slug } }`)} }`,
  "no document": () => random.text(between(1, 2_000)),
};

/** Whole bodies: what is wrong is around the document. */
const bodies: Readonly<Record<string, () => string>> = {
  "broken JSON": () => {
    const whole = JSON.stringify({ query: "{ __typename }", variables: { a: [1, "x"] } });
    return pick([
      whole.slice(0, -1 - integer(whole.length - 2)),
      `${whole}}`,
      whole.replaceAll('"', "'"),
      `\ufeff${whole}`,
      "",
    ]);
  },
  "no JSON": () => random.text(between(1, 3_000)),
  "numbers that JSON has none of": () =>
    `{"query": "{ __typename }", "variables": {"a": ${pick(["NaN", "Infinity", "0x10", "01", "+1", ".5"])}}}`,
  "a name twice": () =>
    `{"query": "{ __typename }", "query": ${JSON.stringify(pick(["{ editions { totalCount } }", "{"]))}, "variables": null, "variables": {"${name()}": 1}}`,
  "names of every object": () =>
    `{"query": "{ __typename }", "${pick(["__proto__", "constructor", "toString"])}": {"query": "x", "token": 1}, "variables": {"__proto__": {"a": 1}}}`,
  batch: () => JSON.stringify(Array.from({ length: between(1, 200) }, () => ({ query: `{ ${name()}: __typename }` }))),
  "another thing than an object": () => pick(["[]", "7", "null", "true", '"{ __typename }"', "[[[[]]]]"]),
  "members of other types": () =>
    JSON.stringify({
      query: pick([7, [], {}, null, "{ __typename }"]),
      operationName: pick([7, [], {}, "x".repeat(5_000)]),
      variables: pick([7, [], "x"]),
      extensions: pick([7, "x", []]),
    }),
  "deep JSON": () => {
    const depth = between(1_000, 40_000);
    return `{"query": "{ __typename }", "variables": {"a": ${"[".repeat(depth)}${"]".repeat(depth)}}}`;
  },
  "many variables": () =>
    `{"query": "query ($a: Int) { __typename }", "variables": {${many(between(1_000, 5_000), () => `"${name()}": 1`, ",")}}}`,
  "numbers at their ends": () =>
    `{"query": "query ($first: Int, $key: UUID, $slug: String!) { tickets(first: $first) { totalCount } editionBySlug(slug: $slug) { slug } }", "variables": {"first": ${pick(NUMBERS)}, "slug": ${pick([...NUMBERS, '"x"', "[]", "null"])}}}`,
  "numbers at their ends, for a mutation": () =>
    `{"query": "mutation ($quantity: Int!, $cap: Int!) { a: issueTickets(input: { editionSlug: \\"not-there\\", quantity: $quantity }) { tickets { rowId } } b: createEdition(input: { slug: \\"not-mine\\", title: \\"x\\", cap: $cap }) { edition { slug } } }", "variables": {"quantity": ${pick(NUMBERS)}, "cap": ${pick(NUMBERS)}}}`,
  "places of the ledger at their ends": () =>
    `{"query": "query ($after: BigInt) { checkpoints(filter: { treeSize: { greaterThan: $after } }) { totalCount } }", "variables": {"after": ${pick([...NUMBERS, ...NUMBERS.map((number) => `"${number}"`), '"x"'])}}}`,
  "a cursor of one's own": () =>
    JSON.stringify({
      query: "query ($after: Cursor) { editions(after: $after) { nodes { slug } } }",
      variables: {
        after: pick(["x", Buffer.from(JSON.stringify(["abc", 1])).toString("base64"), "W10=", "x".repeat(50_000)]),
      },
    }),
  "an id of one's own": () =>
    JSON.stringify({
      query: "query ($id: ID!) { node(id: $id) { id } }",
      variables: {
        id: pick([
          "x",
          Buffer.from(JSON.stringify(["tickets", "x"])).toString("base64"),
          Buffer.from(JSON.stringify([])).toString("base64"),
          "e30=",
        ]),
      },
    }),
  "a whole body of nothing": () => " ".repeat(between(BODY_BYTES - 10, BODY_BYTES + 10)),
  "a body at its limit": () => {
    const frame = JSON.stringify({ query: "{ __typename }", variables: { a: "" } });
    const length = BODY_BYTES - frame.length + pick([-1, 0, 1]);
    return JSON.stringify({ query: "{ __typename }", variables: { a: "a".repeat(length) } });
  },
  "a persisted document of somebody else": () =>
    JSON.stringify({
      documentId: pick(["constructor", "../x", "0".repeat(64), "x".repeat(60_000)]),
      extensions: { persistedQuery: { sha256Hash: name() } },
    }),
};

/** Headers that say something else than what follows. */
const disguises: readonly Readonly<Record<string, string>>[] = [
  { "content-type": "application/json; charset=utf-7" },
  { "content-type": "application/json, text/plain" },
  { "content-type": "application/graphql" },
  { "content-encoding": "gzip" },
  { accept: "*" },
  { accept: `application/json;q=${"1".repeat(4_000)}` },
  { accept: "text/html" },
  { "x-http-method-override": "GET" },
  { "x-press-caller": "operator:olga" },
  { "x-forwarded-for": Array.from({ length: 300 }, () => "127.0.0.1").join(", ") },
  { cookie: "golden_press_session=x; __Host-golden_press_session=y" },
];

const disguised: Readonly<Record<string, () => HostileRequest>> = {
  "other headers": () => ({
    kind: "other headers",
    body: JSON.stringify({ query: "{ __typename }" }),
    headers: pick(disguises),
  }),
};

const kinds: readonly (() => HostileRequest)[] = [
  ...Object.entries(documents).map(([kind, make]) => () => ({ kind, body: JSON.stringify({ query: make() }) })),
  ...Object.entries(bodies).map(([kind, make]) => () => ({ kind, body: make() })),
  ...Object.values(disguised),
];

/** So many of each kind, in any order. */
export function hostileRequests(ofEachKind: number): HostileRequest[] {
  const requests = kinds.flatMap((make) => Array.from({ length: ofEachKind }, make));
  return requests
    .map((request) => ({ request, at: integer(2 ** 31) }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ request }) => request);
}
