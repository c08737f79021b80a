/* Asks a gateway for everything that its schema has, as one reader, and looks in each answer for what that reader must not meet. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from "graphql";
import type { TestDatabase } from "../database.ts";
import { type Answer, codesOf, makeOperatorToken, type TestGateway } from "../gateway/testGateway.ts";
import { random } from "../random.ts";
import type { Declared } from "./identities.ts";
import { type Reader, tablesWithRows, visibleWhere } from "./rows.ts";

interface CrawlerOptions {
  readonly gateway: TestGateway;
  readonly token: string | undefined;
  readonly reader: Reader;
  /** What must not be in an answer, unless it was in the question. */
  readonly secrets: readonly string[];
  readonly database: TestDatabase;
  readonly declared: Declared;
}

type Row = Readonly<Record<string, unknown>>;

/** The rows of a table that the reader may see, and may not. */
interface Rows {
  readonly table: string;
  readonly visible: readonly Row[];
  readonly hidden: readonly Row[];
}

const REFUSED_TO_STRANGERS = ["NOT_SIGNED_IN", "NOT_ALLOWED"];
/** So many connections fit into a document, with room for what is in them. */
const ALIASES = 10;
const PAGE = 20;

export class Crawler {
  readonly #options: CrawlerOptions;
  readonly #schema: GraphQLSchema;
  readonly #rows: ReadonlyMap<string, Rows>;
  /** Node ids by type: all that there are, as an operator sees them. */
  readonly #ids: ReadonlyMap<string, readonly string[]>;
  readonly #asked = new Set<string>();

  private constructor(
    options: CrawlerOptions,
    schema: GraphQLSchema,
    rows: ReadonlyMap<string, Rows>,
    ids: ReadonlyMap<string, readonly string[]>,
  ) {
    this.#options = options;
    this.#schema = schema;
    this.#rows = rows;
    this.#ids = ids;
  }

  static async start(options: CrawlerOptions): Promise<Crawler> {
    const { database, declared, reader, gateway } = options;
    // What the gateway serves is this file to the letter (test/gateway/schema.test.ts).
    const schema = buildSchema(readFileSync(join(import.meta.dirname, "../../gateway/schema.graphql"), "utf8"));
    const rows = new Map<string, Rows>();
    for (const table of tablesWithRows(declared)) {
      const where = await visibleWhere(database, declared, reader, table);
      const found = await database
        .pool("superuser")
        .query<{ row: Row; visible: boolean }>(
          `select to_jsonb(t) as row, ${where} as visible from press.${table} t order by t::text`,
        );
      const pick = (visible: boolean) => found.rows.filter((each) => each.visible === visible).map(({ row }) => row);
      rows.set(typeOf(table), { table, visible: pick(true), hidden: pick(false) });
    }
    const token = await makeOperatorToken();
    const ids = new Map<string, string[]>();
    for (const [type, { table }] of rows) {
      const field = camel(table);
      const { data } = await gateway.ask<Record<string, { nodes: { id: string }[] }>>(
        `{ ${field}(first: 100) { nodes { id } } }`,
        { token },
      );
      ids.set(type, data[field]?.nodes.map(({ id }) => id) ?? []);
    }
    return new Crawler(options, schema, rows, ids);
  }

  /**
   * Every field of Query that needs no argument: the rows, with all that is in them, and how many there are said to be; then what each row leads to.
   *
   * @param shareOfRelations of a hundred documents about what a row leads to so many are asked
   */
  async readAll(shareOfRelations: number): Promise<string[]> {
    const found: string[] = [];
    for (const field of this.#queryFields()) {
      if (field.args.some(isRequired)) continue;
      this.#asked.add(`Query.${field.name}`);
      const [whole = "", ...relations] = this.#selections(field);
      const { answer, problems } = await this.#ask(`{ ${field.name}${whole} }`);
      found.push(...problems, ...this.#undeclaredAnswer(field.name, answer));
      const rows = this.#rows.get(nodeTypeName(field));
      const data = (answer.data as Record<string, { totalCount?: number; nodes: unknown[] } | null> | null)?.[
        field.name
      ];
      if (rows !== undefined && field.name === camel(rows.table)) {
        const isReadable = this.#options.declared.rows.some(
          (right) => right.role === this.#options.reader.role && right.object === rows.table,
        );
        const meant = rows.visible.length;
        const isAsMeant = data?.nodes.length === Math.min(PAGE, meant) && (data.totalCount ?? meant) === meant;
        if (isReadable ? !isAsMeant : codesOf(answer)[0] !== "NOT_ALLOWED")
          found.push(`${this.#who} is told of other ${field.name} than the ${meant} that are declared`);
      }
      for (const relation of relations.filter(() => random.integer(100) < shareOfRelations))
        found.push(...(await this.#ask(`{ ${field.name}${relation} }`)).problems);
    }
    return found;
  }

  /** Every field of Query that needs arguments, for rows that the reader does not see: by keys, by node ids, and by what functions ask for. */
  async askForHidden(rowsOfEach: number): Promise<string[]> {
    const found: string[] = [];
    for (const field of this.#queryFields()) {
      const required = field.args.filter(isRequired);
      if (required.length === 0) continue;
      this.#asked.add(`Query.${field.name}`);
      const selection = this.#select(field, 1);
      const rows = this.#rows.get(nodeTypeName(field));
      const isLookup =
        rows !== undefined &&
        required.every(({ name }) => name === "id" || snakeColumn(name) in (rows.hidden[0] ?? rows.visible[0] ?? {}));
      for (let turn = 0; turn < rowsOfEach; turn += 1) {
        const candidates =
          rows?.hidden.filter(
            (row) => !isLookup || required.every(({ name }) => name === "id" || row[snakeColumn(name)] !== null),
          ) ?? [];
        const hidden = candidates.length === 0 ? undefined : random.pick(candidates);
        // An edition may be known, and its drafts alone are hidden: then there is nothing to ask for.
        if (isLookup && hidden === undefined && required.some(({ name }) => name !== "id")) continue;
        const args = required.map((arg) => `${arg.name}: ${this.#valueFor(arg, hidden, rows)}`);
        const page = selection.startsWith("(") ? `, ${selection.slice(1)}` : `)${selection}`;
        const document = `{ ${field.name}(${args.join(", ")}${page} }`;
        const { answer, problems } = await this.#ask(document);
        found.push(...problems, ...this.#undeclaredAnswer(field.name, answer));
        const data = (answer.data as Record<string, unknown> | null)?.[field.name];
        const isHiddenId = required.some(({ name }) => name === "id") && !this.#isVisibleId(document);
        if (data != null && (isHiddenId || (isLookup && !required.some(({ name }) => name === "id"))))
          found.push(`${this.#who} is answered ${document}`);
      }
    }
    return found;
  }

  /** Every filter, for values that hidden rows have: as many rows are counted as if those rows were not there. */
  async filterForHidden(rowsOfEach: number): Promise<string[]> {
    const found: string[] = [];
    for (const { field, rows } of this.#connections()) {
      const filter = field.args.find(({ name }) => name === "filter");
      const type = filter && getNamedType(filter.type);
      if (!isInputObjectType(type)) continue;
      const questions = Object.values(type.getFields()).flatMap(({ name, type: filterType }) =>
        Array.from({ length: Math.min(rowsOfEach, rows.hidden.length) }, () => random.pick(rows.hidden)).flatMap(
          (row) => {
            const value = row[snakeColumn(name)];
            const scalar = getNamedType(filterType);
            const equalTo = isInputObjectType(scalar) ? scalar.getFields().equalTo : undefined;
            if (value == null || equalTo === undefined) return [];
            const expected = rows.visible.filter(
              (each) => JSON.stringify(each[snakeColumn(name)]) === JSON.stringify(value),
            ).length;
            return [
              {
                text: `${field.name}(filter: { ${name}: { equalTo: ${literal(value, equalTo.type)} } }) { totalCount nodes { id } }`,
                expected,
              },
            ];
          },
        ),
      );
      for (let start = 0; start < questions.length; start += ALIASES) {
        const some = questions.slice(start, start + ALIASES);
        const { answer, problems } = await this.#ask(`{ ${some.map(({ text }, n) => `q${n}: ${text}`).join(" ")} }`);
        found.push(...problems);
        for (const [n, { text, expected }] of some.entries()) {
          const told = (answer.data as Record<string, { totalCount?: number; nodes: unknown[] } | null> | null)?.[
            `q${n}`
          ];
          const count = told?.totalCount ?? told?.nodes.length;
          if (answer.errors.length === 0 && count !== expected)
            found.push(`${this.#who} is told of ${count} rows by ${text}, and ${expected} are declared`);
        }
      }
    }
    return found;
  }

  /** Every order: it gives the same rows. */
  async orderByAll(): Promise<string[]> {
    const found: string[] = [];
    for (const { field, rows } of this.#connections()) {
      const type = getNamedType(field.args.find(({ name }) => name === "orderBy")?.type);
      if (!isEnumType(type)) continue;
      const orders = type.getValues().map(({ name }) => name);
      for (let start = 0; start < orders.length; start += ALIASES) {
        const some = orders.slice(start, start + ALIASES);
        const text = some
          .map((order) => `${order}: ${field.name}(orderBy: [${order}], first: 50) { nodes { id } }`)
          .join(" ");
        const { answer, problems } = await this.#ask(`{ ${text} }`);
        found.push(...problems);
        for (const order of some) {
          const nodes = (answer.data as Record<string, { nodes: { id: string }[] } | null> | null)?.[order]?.nodes;
          if (nodes !== undefined && nodes.length !== Math.min(50, rows.visible.length))
            found.push(
              `${this.#who} is given ${nodes.length} ${field.name} by ${order}, and ${rows.visible.length} are declared`,
            );
        }
      }
    }
    return found;
  }

  /**
   * Every mutation, for what is somebody else's. What is for others is refused as such, and nothing that comes back, the rows that its payload leads to
   * included, is hidden from the reader.
   */
  async mutateAll(callers: Declared["callers"]): Promise<string[]> {
    const found: string[] = [];
    for (const field of Object.values(this.#schema.getMutationType()?.getFields() ?? {})) {
      const input = getNamedType(field.args[0]?.type);
      if (!isInputObjectType(input)) throw new Error(`${field.name} has no input`);
      const callersOf = callers.find((each) => camel(each.function) === field.name)?.callers;
      if (callersOf === undefined) found.push(`${field.name}: declare in test/sql/laws/rights.test.sql whom it serves`);
      // For whom it is meant by itself, and with everything that could be said.
      for (const isWhole of [false, true]) {
        const values = Object.values(input.getFields())
          .filter((each) => isWhole || isRequired(each))
          .map((each) => `${each.name}: ${this.#valueFor(each, undefined, undefined)}`);
        const document = `mutation { ${field.name}(input: { ${values.join(", ")} })${this.#select(field, 2)} }`;
        const { answer, problems } = await this.#ask(document);
        found.push(...problems);
        const code = codesOf(answer)[0];
        const isMeant = callersOf === "everybody" || (callersOf === "signed in" && this.#options.token !== undefined);
        if (!isMeant && !REFUSED_TO_STRANGERS.includes(code ?? ""))
          found.push(`${this.#who} is answered ${code ?? answer.text.slice(0, 200)} to ${document.slice(0, 200)}`);
      }
    }
    return found;
  }

  /** Fields of types of rows that no document has had: then a question is missing here. */
  unasked(): string[] {
    const types = new Set([...this.#rows.keys(), "Query"]);
    return [...types].flatMap((name) => {
      const type = this.#schema.getType(name);
      if (!isObjectType(type))
        throw new Error(`The schema has no type ${name} for the rows of a table: add it to typeOf.`);
      return Object.keys(type.getFields())
        .map((field) => `${name}.${field}`)
        .filter((field) => !this.#asked.has(field) && !["Query.query", "Query.id"].includes(field));
    });
  }

  get #who(): string {
    return `${this.#options.reader.name} (${this.#options.reader.role})`;
  }

  #queryFields(): GraphQLField<unknown, unknown>[] {
    return Object.values(this.#schema.getQueryType()?.getFields() ?? {}).filter(
      ({ name }) => !["query", "id"].includes(name),
    );
  }

  #connections(): { field: GraphQLField<unknown, unknown>; rows: Rows }[] {
    return this.#queryFields().flatMap((field) => {
      const rows = this.#rows.get(nodeTypeName(field));
      return rows !== undefined && field.name === camel(rows.table) ? [{ field, rows }] : [];
    });
  }

  /** Asks, and looks for secrets in the answer. */
  async #ask(document: string): Promise<{ answer: Answer<unknown>; problems: string[] }> {
    const { gateway, token, secrets } = this.#options;
    let answer = await gateway.ask<unknown>(document, { token });
    // How long planning takes on a busy machine is no matter here; the plan of a document that took too long is kept as refused.
    for (let turn = 1; turn <= 3 && /too (long|busy) to plan/.test(answer.text); turn += 1)
      answer = await gateway.ask<unknown>(
        document.replace(/^(mutation |)/, (operation) => `${operation || "query "}again${turn} `),
        { token },
      );
    const told = secrets.filter(
      (secret) => answer.text.includes(JSON.stringify(secret).slice(1, -1)) && !document.includes(secret),
    );
    const problems = told.map(
      (secret) => `${this.#who} is told ${JSON.stringify(secret.slice(0, 60))} by ${document.slice(0, 300)}`,
    );
    const broken = codesOf(answer).find(
      (code) => code === undefined || /^(INTERNAL_ERROR|TOO_|QUERY_|OVERLOADED|RATE_|GRAPHQL_|TIMEOUT)/.test(code),
    );
    if (broken !== undefined || (answer.errors.length > 0 && codesOf(answer).includes(undefined)))
      problems.push(`${document.slice(0, 300)} is answered ${answer.text.slice(0, 300)}`);
    return { answer, problems };
  }

  /** A function that is for others must say so. */
  #undeclaredAnswer(field: string, answer: Answer<unknown>): string[] {
    const { declared, token, reader } = this.#options;
    const callers = declared.callers.find((each) => camel(each.function) === field)?.callers;
    const isMeant =
      callers === undefined ||
      callers === "everybody" ||
      reader.role === "press_operator" ||
      (callers === "signed in" && token !== undefined);
    const code = codesOf(answer)[0];
    return isMeant || REFUSED_TO_STRANGERS.includes(code ?? "")
      ? []
      : [`${this.#who} is answered ${code ?? answer.text.slice(0, 200)} by ${field}`];
  }

  /** What can be asked of a field: all that is in it, and each thing that its rows lead to. */
  #selections(field: GraphQLField<unknown, unknown>): string[] {
    const type = getNamedType(field.type);
    if (!isObjectType(type)) return [this.#select(field, 1)];
    const nodes = getNamedType(type.getFields().nodes?.type);
    const of = isObjectType(nodes) ? nodes : type;
    const [open, close] = of === type ? ["{", "}"] : ["(first: 20) { nodes {", "} }"];
    const relations = Object.values(of.getFields()).filter(
      (each) => !isLeafType(getNamedType(each.type)) && !each.args.some(isRequired),
    );
    return [
      this.#select(field, 2, true),
      ...relations.map((each) => {
        this.#asked.add(`${of.name}.${each.name}`);
        return `${open} ${each.name}${this.#select(each, 1)} ${close}`;
      }),
    ];
  }

  /** The page of a list, and the fields of what it gives: of rows what they hold, and to a depth what they lead to; the nodes of a list are no step. */
  #select(field: GraphQLField<unknown, unknown>, depth: number, withEdges = false): string {
    const type = getNamedType(field.type);
    if (isLeafType(type)) return "";
    if (!isObjectType(type)) return " { __typename id }";
    const isList = "nodes" in type.getFields();
    const isPaged = isList && field.args.some(({ name }) => name === "first");
    const fields = Object.values(type.getFields()).flatMap((each) => {
      const of = getNamedType(each.type);
      if (each.args.some(isRequired) || (each.name === "edges" && !withEdges)) return [];
      if (type.name.endsWith("Payload") && each.name === "query")
        return ["query { tickets(first: 20) { nodes { envelope holder { subject } } } }"];
      if (type.name.endsWith("Payload") && each.name.endsWith("Edge")) return [];
      if (!isLeafType(of) && !isList && (depth <= 1 || of.name === "Query")) return [];
      this.#asked.add(`${type.name}.${each.name}`);
      if (each.name === "edges")
        return [
          `edges { cursor node${this.#select({ ...each, type: (of as GraphQLObjectType).getFields().node?.type, args: [] } as never, 1)} }`,
        ];
      return [each.name + this.#select(each, isList ? Math.min(depth, 1) : depth - 1)];
    });
    return `${isPaged ? `(first: ${PAGE})` : ""} { ${fields.join(" ")} }`;
  }

  #valueFor(arg: GraphQLArgument | GraphQLInputField, hidden: Row | undefined, rows: Rows | undefined): string {
    const { name, type } = arg;
    if (name === "id")
      return JSON.stringify(
        random.pick(this.#ids.get(rows === undefined ? "Ticket" : typeOf(rows.table)) ?? []) ?? "WyJOb3RoaW5nIiwxXQ==",
      );
    const value = hidden?.[snakeColumn(name)];
    return value === undefined || value === null ? this.#valueByName(name, type) : literal(value, type);
  }

  /** What is somebody else's, by what an argument is called. */
  #valueByName(name: string, type: GraphQLInputType): string {
    const row = (of: string) =>
      random.pick(this.#rows.get(of)?.hidden ?? []) ?? random.pick(this.#rows.get(of)?.visible ?? []) ?? {};
    const signed = this.#rows.get("Ticket")?.hidden.find(({ envelope }) => envelope !== null) ?? {};
    const known: Record<string, unknown> = {
      ticketId: signed.id,
      envelope: signed.envelope,
      timechainProof: "c2sp.org/tlog-proof@v1",
      attestationId: row("Attestation").id,
      credentialId: row("Credential").id,
      holderId: row("Holder").id,
      subject: row("Holder").subject,
      recipient: this.#options.reader.subject === "alice" ? "carol" : "alice",
      requestKey: row("Ticket").request_key ?? randomUUID(),
      publicKey: row("PublishingKey").public_key,
      pubkey: row("PublishingKey").public_key,
      editionSlug: "raffle",
      txid: row("Utxo").txid,
      drawMode: "none",
      kind: "oidc",
      clientMutationId: "mine",
    };
    if (known[name] !== undefined) return literal(known[name], type);
    const of = getNamedType(type);
    if (isEnumType(of)) return of.getValues()[0]?.name ?? "";
    const samples: Record<string, unknown> = {
      Int: 1,
      BigInt: "1",
      Boolean: true,
      UUID: randomUUID(),
      Datetime: "2030-01-01T00:00:00Z",
      Base64EncodedBinary: "AAAA",
    };
    return literal(samples[of.name] ?? "something", type);
  }

  #isVisibleId(document: string): boolean {
    const id = /id: ("[^"]+")/.exec(document)?.[1];
    if (id === undefined) return false;
    const [type = "", ...key] = JSON.parse(Buffer.from(JSON.parse(id) as string, "base64").toString()) as [
      string,
      ...unknown[],
    ];
    const { visible = [] } = this.#rows.get(type) ?? {};
    return visible.some((row) =>
      key.every((part) => Object.values(row).some((value) => String(value) === String(part))),
    );
  }
}

function isRequired(arg: GraphQLArgument | GraphQLInputField): boolean {
  return isNonNullType(arg.type) && arg.defaultValue === undefined;
}

/** The type of a field, or of the nodes of its connection. */
function nodeTypeName(field: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(field.type);
  return type.name.replace(/Connection$/, "");
}

/** editions: Edition. */
function typeOf(table: string): string {
  const singular = table.replace(/ies$/, "y").replace(/s$/, "");
  return camel(`_${singular}`);
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The column that an argument or a filter is called after. */
function snakeColumn(name: string): string {
  return name === "rowId" ? "id" : name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function literal(value: unknown, type: GraphQLInputType): string {
  const of = getNamedType(type);
  if (isEnumType(of) || of.name === "Int" || of.name === "Boolean") return String(value);
  return JSON.stringify(String(value));
}
