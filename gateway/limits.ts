/**
 * How much one request may ask for. Every limit answers with a named refusal; README.md beside this file shows them as a table.
 */
import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  Lexer,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
  type ValidationContext,
  visit,
} from "postgraphile/graphql";
import { invalidRequest } from "./masking.ts";
import { refusedRequest } from "./refusals.ts";

export const limits = {
  /** Of an HTTP request, and of a WebSocket message. */
  bodyBytesMax: 100_000,
  /** Of a record that is published over HTTP: each byte of its payload may be written as an escape of six characters. */
  recordBodyBytesMax: 65_536,
  /** Of one caller, records that are handed to the database at a time: less than half of its connections for requests. */
  recordsPerCallerMax: 4,
  /** Until a request has arrived whole. */
  uploadMilliseconds: 30_000,
  /** After which a connection is given up over which nothing comes, and of whose answer nothing is taken: longer than any answer takes. */
  stallMilliseconds: 60_000,
  webSocketsMax: 1_000,
  webSocketsPerAddressMax: 100,
  eventReadersMax: 2_000,
  eventReadersPerAddressMax: 100,
  signIns: { perMinuteMax: 3_000, perMinuteAndAddressMax: 600 },
  documentTokensMax: 2_000,
  /** Fields of Query and Mutation; each is a statement, or a transaction, of its own. */
  rootFieldsMax: 20,
  /**
   * All fields, aliases and introspection included, once fragments are spread. Judging and planning one takes a tenth of a millisecond, in which nobody
   * else is served; the standard introspection has 230.
   */
  fieldsMax: 300,
  /** Connections, wherever they are: each is a statement, and much to plan. */
  listsMax: 15,
  /** Fields of one response name in a document: validation compares each with each. */
  sameNameMax: 100,
  depthMax: 12,
  /** Rows that a query or a mutation could return at most: the page sizes of lists within lists multiply. */
  rowsMax: 20_000,
  pageSize: 50,
  pageSizeMax: 100,
  /** The largest quantity that the database grants; a mutation's list counts as so many rows. */
  quantityMax: 1_000,
  /** Open at once; those of one WebSocket. */
  subscriptionsMax: 10_000,
  subscriptionsPerSocketMax: 20,
  /** Rows that an event of a subscription could return at most: they are read for each event anew. */
  eventRowsMax: 1_000,
  /** Entries of the ledger in one event. */
  entriesPerEventMax: 100,
  /** Changes that a subscription keeps for a client that does not take its events. */
  subscriptionBacklogMax: 1_000,
  planningMilliseconds: 500,
  executionMilliseconds: 20_000,
  /** Of one statement; less than the time for the whole. */
  statementMilliseconds: 10_000,
  /** After which the database must have gone without a word: it ends its statements by itself. */
  answerMilliseconds: 15_000,
  /** After which a connection to the database over which nothing comes is given up: longer than anybody waits for what was asked over it. */
  silenceMilliseconds: 22_000,
  /** How long a request waits for a database connection. */
  connectionWaitMilliseconds: 5_000,
  envelopeWaitMillisecondsMax: 10_000,
} as const;

/** Refuses a document of too many tokens before it is parsed. A token has a character at least, so short documents cost nothing here. */
export function checkDocumentSize(document: string): GraphQLError | null {
  if (document.length <= limits.documentTokensMax) return null;
  const lexer = new Lexer(new Source(document));
  try {
    for (let count = 0; count <= limits.documentTokensMax; count += 1) {
      if (lexer.advance().kind === TokenKind.EOF) return null;
    }
  } catch (error) {
    return invalidRequest(error as GraphQLError);
  }
  return refusedRequest("QUERY_TOO_COMPLEX", `The document has more than ${limits.documentTokensMax} tokens.`);
}

/** What an operation asks for, its fragments spread. */
interface Cost {
  readonly fields: number;
  readonly rootFields: number;
  readonly lists: number;
  readonly rows: number;
}

const FREE: Cost = { fields: 0, rootFields: 0, lists: 0, rows: 0 };

/**
 * A validation rule: refuses a document that asks for too much. It judges by the document alone, so that the answer to a good one is
 * remembered with it; a page size in a variable therefore counts as the largest.
 *
 * Other rules compare fields pair by pair, so this one comes before anything inside of the document, and ends the validation.
 *
 * @throws {GraphQLError} the refusal
 */
export function documentCostRule(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      const costOf = makeCostOf(context);
      for (const definition of document.definitions) {
        if (definition.kind === Kind.OPERATION_DEFINITION) {
          const root = context.getSchema().getRootType(definition.operation);
          if (!root) throw refusedRequest("INVALID_INPUT", `There is no ${definition.operation} here.`);
          const isSubscription = definition.operation === OperationTypeNode.SUBSCRIPTION;
          refuseCost(costOf(definition.selectionSet, root), isSubscription ? limits.eventRowsMax : limits.rowsMax);
        } else if (definition.kind === Kind.FRAGMENT_DEFINITION) {
          refuseCost(costOf(definition.selectionSet, context.getSchema().getType(definition.typeCondition.name.value)));
        }
      }
      refuseRepetition(document);
    },
  };
}

const SPLIT = "Split it into several requests.";

function refuse(sentence: string, hint: string): never {
  throw refusedRequest("QUERY_TOO_COMPLEX", sentence, { hint });
}

function refuseCost({ fields, rootFields, lists, rows }: Cost, rowsMax: number = limits.rowsMax): void {
  if (rootFields > limits.rootFieldsMax)
    refuse(`The operation has ${rootFields} root fields; ${limits.rootFieldsMax} are allowed.`, SPLIT);
  if (fields > limits.fieldsMax)
    refuse(`The operation selects ${fields} fields; ${limits.fieldsMax} are allowed.`, SPLIT);
  if (lists > limits.listsMax) refuse(`The operation has ${lists} lists; ${limits.listsMax} are allowed.`, SPLIT);
  if (rows > rowsMax) {
    refuse(
      `The operation could return ${rows} rows; ${rowsMax} are allowed.`,
      "Ask for smaller pages (first), above all in lists within lists.",
    );
  }
}

function refuseRepetition(document: DocumentNode): void {
  const counts = new Map<string, number>();
  visit(document, {
    Field({ alias, name }) {
      const { value } = alias ?? name;
      counts.set(value, (counts.get(value) ?? 0) + 1);
    },
  });
  for (const [name, count] of counts) {
    if (count > limits.sameNameMax)
      refuse(`The document has the field ${name} ${count} times; ${limits.sameNameMax} are allowed.`, SPLIT);
  }
}

/** Fragments are judged once each and a cycle counts as nothing (another rule refuses it), so the work is linear in the document. */
function makeCostOf(context: ValidationContext): (set: SelectionSetNode, type: GraphQLNamedType | undefined) => Cost {
  const schema = context.getSchema();
  const costsOfFragments = new Map<string, Cost>();

  const costOfSet = (set: SelectionSetNode, type: GraphQLNamedType | undefined): Cost =>
    set.selections.map((selection) => costOfSelection(selection, type)).reduce(sum, FREE);

  const costOfSelection = (selection: SelectionNode, type: GraphQLNamedType | undefined): Cost => {
    switch (selection.kind) {
      case Kind.FIELD:
        return costOfField(selection, type);
      case Kind.INLINE_FRAGMENT:
        return costOfSet(
          selection.selectionSet,
          selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type,
        );
      case Kind.FRAGMENT_SPREAD:
        return costOfFragment(selection.name.value);
    }
  };

  const costOfFragment = (name: string): Cost => {
    const known = costsOfFragments.get(name);
    if (known !== undefined) return known;
    costsOfFragments.set(name, FREE);
    const fragment = context.getFragment(name);
    const cost = fragment ? costOfSet(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value)) : FREE;
    costsOfFragments.set(name, cost);
    return cost;
  };

  const costOfField = (node: FieldNode, type: GraphQLNamedType | undefined): Cost => {
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined;
    const inner = node.selectionSet ? costOfSet(node.selectionSet, field && getNamedType(field.type)) : FREE;
    const isRoot = type !== undefined && (type === schema.getQueryType() || type === schema.getMutationType());
    const rowsHere = field && type ? rowsOf(field, node, type) : null;
    return {
      fields: 1 + inner.fields,
      rootFields: (isRoot ? 1 : 0) + inner.rootFields,
      lists: (rowsHere === null ? 0 : 1) + inner.lists,
      rows: rowsHere === null ? inner.rows : rowsHere * (1 + inner.rows),
    };
  };

  return costOfSet;
}

function sum(one: Cost, other: Cost): Cost {
  return {
    fields: one.fields + other.fields,
    rootFields: one.rootFields + other.rootFields,
    lists: one.lists + other.lists,
    rows: one.rows + other.rows,
  };
}

/** How many rows a list could have; null for a field that is no list, or only the inside of one (`nodes`, `edges`). */
function rowsOf(field: GraphQLField<unknown, unknown>, node: FieldNode, type: GraphQLNamedType): number | null {
  if (field.args.some((argument) => argument.name === "first")) return pageSizeOf(node);
  if (!type.name.endsWith("Payload") || !isListType(getNullableType(field.type))) return null;
  return type.name === "LedgerGrewPayload" ? limits.entriesPerEventMax : limits.quantityMax;
}

function pageSizeOf(node: FieldNode): number {
  const argument = node.arguments?.find(({ name }) => name.value === "first" || name.value === "last");
  if (argument === undefined) return limits.pageSize;
  if (argument.value.kind !== Kind.INT) return limits.pageSizeMax;
  return Math.min(Math.max(Number(argument.value.value), 0), limits.pageSizeMax);
}
