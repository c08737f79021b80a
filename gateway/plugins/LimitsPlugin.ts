/**
 * Holds every document and its variables to limits.ts before anything of it runs, and gives the errors of parsing and validating a code.
 */
import { depthLimit } from "@graphile/depth-limit";
import type { FastifyRequest } from "fastify";
import { type ASTVisitor, type DocumentNode, GraphQLError, type ValidationContext } from "postgraphile/graphql";
import { addressOf, addressOfContext } from "../clientAddress.ts";
import { DearTurns } from "../dearTurns.ts";
import { KnownDocuments } from "../knownDocuments.ts";
import { checkDocumentSize, documentCostRule, limits } from "../limits.ts";
import { invalidRequest } from "../masking.ts";
import { refusal, refusedRequest, TRY_AGAIN } from "../refusals.ts";
import { isStorable, UNSTORABLE } from "../storable.ts";
import { makeTurns } from "../turns.ts";

type ParseAndValidate = Awaited<
  ReturnType<import("postgraphile/grafserv").GrafservBase["getExecutionConfig"]>
>["parseAndValidate"];
type Judged = ReturnType<ParseAndValidate>;

export function makeLimitsPlugin(): GraphileConfig.Plugin {
  const inTurn = makeTurns();
  const dearTurns = new DearTurns();
  const planned = new WeakSet<DocumentNode>();
  /** Of the schema that is served: before anybody has asked anything, none. */
  let judged: { readonly by: ParseAndValidate; readonly documents: KnownDocuments<Judged> } | undefined;

  const documentsJudgedBy = (by: ParseAndValidate) => {
    if (judged?.by !== by) judged = { by, documents: new KnownDocuments(withinLimits(by)) };
    return judged.documents;
  };
  /** Planning is the synchronous part, and dear the first time. */
  const begin = <Args extends Begun, Result>(args: Args, work: (args: Args) => Result) => {
    if (planned.has(args.document)) {
      dearTurns.noteOther();
      return inTurn(() => work(args));
    }
    const { address } = args.contextValue as Pick<Grafast.Context, "address">;
    return dearTurns.run(address, () => {
      if (planned.has(args.document)) return inTurn(() => work(args)); // Meanwhile somebody else has had it planned.
      planned.add(args.document);
      return work(args);
    });
  };
  /** Has a document that nobody has sent before judged when it is its turn; who waits longer than anybody does is sent away. */
  const judge = async (document: string, caller: string) => {
    if (judged === undefined || judged.documents.recall(document)) return;
    const { documents } = judged;
    const since = performance.now();
    await dearTurns.run(caller, () => {
      if (performance.now() - since > limits.connectionWaitMilliseconds) throw tooManyDocuments();
      documents.get(document);
    });
  };

  return {
    name: "LimitsPlugin",
    version: "1.0.0",
    grafserv: {
      middleware: {
        setPreset(next, options) {
          options.validationRules.push(depthRule, documentCostRule, storableTextRule);
          const getExecutionConfig = options.getExecutionConfig;
          options.getExecutionConfig = async function getLimitedExecutionConfig(context) {
            const config = await getExecutionConfig.call(this, context);
            const documents = documentsJudgedBy(config.parseAndValidate);
            return {
              ...config,
              parseAndValidate: (document) => documents.get(document),
              execute: (args) => begin(args, config.execute),
              subscribe: (args) => begin(args, config.subscribe),
            };
          };
          return next();
        },
        async processGraphQLRequestBody(next, event) {
          const { body } = event;
          if (!isStorable(body.query) || !isStorable(body.variableValues))
            throw refusal("INVALID_INPUT", UNSTORABLE, { statusCode: 400 });
          await next();
          if (typeof body.query === "string") await judge(body.query, callerOf(event));
        },
      },
    },
  };
}

/** What is executed, or subscribed to. */
interface Begun {
  readonly document: DocumentNode;
  readonly contextValue?: unknown;
}

type BodyEvent = Parameters<NonNullable<GraphileConfig.GrafservMiddleware["processGraphQLRequestBody"]>>[0];

/** By the address: it is known before the identity is. */
function callerOf({ request, graphqlWsContext }: BodyEvent): string {
  if (request !== undefined) return addressOfContext(request.requestContext);
  const { request: opening } = (graphqlWsContext?.extra ?? {}) as { request?: FastifyRequest };
  return opening === undefined ? "" : addressOf(opening);
}

function tooManyDocuments(): Error {
  return refusal("OVERLOADED", "Too many documents are here that nobody has sent before.", {
    hint: TRY_AGAIN,
    statusCode: 503,
  });
}

/** Refuses before it is parsed what is too long to be. */
function withinLimits(parseAndValidate: ParseAndValidate): ParseAndValidate {
  return (query) => {
    const refused = checkDocumentSize(query);
    if (refused !== null) return { errors: [refused] };
    try {
      const result = parseAndValidate(query);
      return result.errors === undefined ? result : { errors: result.errors.map(invalidRequest) };
    } catch (error) {
      if (error instanceof GraphQLError) return { errors: [error] };
      throw error;
    }
  };
}

function depthRule(context: ValidationContext): ASTVisitor {
  const reportError = ({ nodes }: GraphQLError) => {
    const sentence = `The operation is nested more than ${limits.depthMax} levels deep, or passes through one field too often.`;
    context.reportError(refusedRequest("QUERY_TOO_COMPLEX", sentence, { nodes }));
  };
  const rule = depthLimit({
    maxDepth: limits.depthMax,
    maxListDepth: limits.depthMax, // their rows are what documentCostRule counts
    // The standard introspection query needs both of these.
    maxIntrospectionDepth: 15,
    maxDepthByFieldCoordinates: { "__Type.ofType": 9 },
  });
  return rule(Object.create(context, { reportError: { value: reportError } }));
}

function storableTextRule(context: ValidationContext): ASTVisitor {
  return {
    StringValue(node) {
      if (!isStorable(node.value)) context.reportError(refusedRequest("INVALID_INPUT", UNSTORABLE, { nodes: [node] }));
    },
  };
}
