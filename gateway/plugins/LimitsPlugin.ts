/**
 * Holds every document and its variables to limits.ts before anything of it runs, and gives the errors of parsing and validating a code.
 */
import { depthLimit } from "@graphile/depth-limit";
import { type ASTVisitor, GraphQLError, type ValidationContext } from "postgraphile/graphql";
import { checkDocumentSize, documentCostRule, limits } from "../limits.ts";
import { invalidRequest } from "../masking.ts";
import { refusal, refusedRequest } from "../refusals.ts";
import { isStorable, UNSTORABLE } from "../storable.ts";
import { makeTurns } from "../turns.ts";

export const LimitsPlugin: GraphileConfig.Plugin = {
  name: "LimitsPlugin",
  version: "1.0.0",
  grafserv: {
    middleware: {
      setPreset(next, options) {
        options.validationRules.push(depthRule, documentCostRule, storableTextRule);
        const inTurn = makeTurns();
        const getExecutionConfig = options.getExecutionConfig;
        options.getExecutionConfig = async function getLimitedExecutionConfig(context) {
          const config = await getExecutionConfig.call(this, context);
          return {
            ...config,
            parseAndValidate: withinLimits(config.parseAndValidate),
            // Planning is the synchronous part.
            execute: (args) => inTurn(() => config.execute(args)),
            subscribe: (args) => inTurn(() => config.subscribe(args)),
          };
        };
        return next();
      },
      processGraphQLRequestBody(next, { body }) {
        if (isStorable(body.query) && isStorable(body.variableValues)) return next();
        throw refusal("INVALID_INPUT", UNSTORABLE, { statusCode: 400 });
      },
    },
  },
};

type ParseAndValidate = Awaited<
  ReturnType<import("postgraphile/grafserv").GrafservBase["getExecutionConfig"]>
>["parseAndValidate"];

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
