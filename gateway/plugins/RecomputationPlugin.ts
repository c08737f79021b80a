/**
 * `recomputeDraw` is for everybody, and reads every entry of an edition, however many there are. So an operation asks it once, and few are
 * answered at a time; one more is OVERLOADED before anything of its operation runs.
 */
import {
  type ASTVisitor,
  type DocumentNode,
  getOperationAST,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
  type ValidationContext,
} from "postgraphile/graphql";
import { refusedRequest, TRY_AGAIN } from "../refusals.ts";

const FIELD = "recomputeDraw";
/** How many may run at once, of all clients. Each holds a connection of the pool, which ten requests share. */
const AT_ONCE = 2;

type Execute = Awaited<ReturnType<import("postgraphile/grafserv").GrafservBase["getExecutionConfig"]>>["execute"];

export function makeRecomputationPlugin(): GraphileConfig.Plugin {
  let running = 0;

  /** Executes the operation if it may, and counts it until its answer is there, however that ends. */
  const bounded =
    (execute: Execute): Execute =>
    async (args) => {
      const operation = getOperationAST(args.document, args.operationName);
      if (!operation || countIn(args.document)(operation.selectionSet) === 0) return execute(args);
      if (running >= AT_ONCE) return { data: null, errors: [overloaded()] };
      running += 1;
      try {
        return await execute(args);
      } finally {
        running -= 1;
      }
    };

  return {
    name: "RecomputationPlugin",
    version: "1.0.0",
    grafserv: {
      middleware: {
        setPreset(next, options) {
          options.validationRules.push(onceRule);
          const getExecutionConfig = options.getExecutionConfig;
          options.getExecutionConfig = async function getBoundedExecutionConfig(context) {
            const config = await getExecutionConfig.call(this, context);
            return { ...config, execute: bounded(config.execute) };
          };
          return next();
        },
      },
    },
  };
}

function overloaded() {
  return refusedRequest("OVERLOADED", "Other draws are being computed again right now.", { hint: TRY_AGAIN });
}

/** Once an operation; and never in the events of a subscription, which would ask it again and again. */
function onceRule(context: ValidationContext): ASTVisitor {
  const count = countIn(context.getDocument());
  return {
    OperationDefinition(node) {
      const isSubscription = node.operation === OperationTypeNode.SUBSCRIPTION;
      if (count(node.selectionSet) <= (isSubscription ? 0 : 1)) return;
      const sentence = isSubscription
        ? `A subscription has no ${FIELD}.`
        : `The operation has ${FIELD} more than once.`;
      const hint = "Ask it in a request of its own.";
      context.reportError(refusedRequest("QUERY_TOO_COMPLEX", sentence, { nodes: [node], hint }));
    },
  };
}

/**
 * Makes the function that counts how often a selection has the field, its fragments spread, wherever it reaches Query. Each fragment is
 * counted once, and a cycle as nothing (another rule refuses it), so the work is linear in the document.
 */
function countIn(document: DocumentNode): (set: SelectionSetNode | undefined) => number {
  const fragments = new Map<string, SelectionSetNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet);
  }
  const counts = new Map<string, number>();

  const count = (set: SelectionSetNode | undefined): number =>
    (set?.selections ?? []).reduce((sum, selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return sum + countFragment(selection.name.value);
      const isIt = selection.kind === Kind.FIELD && selection.name.value === FIELD;
      return sum + (isIt ? 1 : 0) + count(selection.selectionSet);
    }, 0);

  const countFragment = (name: string): number => {
    const known = counts.get(name);
    if (known !== undefined) return known;
    counts.set(name, 0);
    const counted = count(fragments.get(name));
    counts.set(name, counted);
    return counted;
  };

  return count;
}
