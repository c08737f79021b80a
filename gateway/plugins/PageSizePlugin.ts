/**
 * Lists come in pages: of `limits.pageSize` unless asked otherwise, of `limits.pageSizeMax` at most, wherever in the query they are. There is
 * no `offset`: it would make the database read, and throw away, everything before it; a cursor goes straight to its place.
 */
import { access, type ConnectionStep, constant, type FieldArgs, lambda, type Step } from "postgraphile/grafast";
import { limits } from "../limits.ts";
import { refusal } from "../refusals.ts";

/** What was asked for; null and undefined alike: not said. */
type Asked = number | string | null | undefined;

interface Page {
  readonly first: number | null;
  readonly last: number | null;
}

/** Decides one page from `[first, last, before, after]`, by the rules of Relay. */
function pageOf([first, last, before, after]: readonly Asked[]): Page {
  for (const [name, size] of Object.entries({ first, last })) {
    if (size == null || (Number(size) >= 0 && Number(size) <= limits.pageSizeMax)) continue;
    throw refusal("INVALID_INPUT", `"${name}" must be from 0 to ${limits.pageSizeMax}; read on with a cursor.`);
  }
  if ((first ?? after) != null && (last ?? before) != null) {
    throw refusal("INVALID_INPUT", `Use either "first" and "after", or "last" and "before".`);
  }
  const isBackwards = (last ?? before) != null;
  return isBackwards
    ? { first: null, last: Number(last ?? limits.pageSize) }
    : { first: Number(first ?? limits.pageSize), last: null };
}

export const PageSizePlugin: GraphileConfig.Plugin = {
  name: "PageSizePlugin",
  version: "1.0.0",
  after: ["PgFirstLastBeforeAfterArgsPlugin"],
  schema: {
    hooks: {
      GraphQLObjectType_fields_field_args(args, _build, { scope }) {
        if (!scope.isPgFieldConnection) return args;
        delete args.offset;
        // The plan below applies these two together.
        for (const name of ["first", "last"]) if (args[name] !== undefined) delete args[name].applyPlan;
        return args;
      },
      GraphQLObjectType_fields_field(field, _build, { scope }) {
        const { plan } = field;
        if (!scope.isPgFieldConnection || plan === undefined) return field;
        return {
          ...field,
          plan($parent: Step, fieldArgs: FieldArgs, info) {
            const $connection = plan($parent, fieldArgs, info) as ConnectionStep<unknown>;
            const isArgument = (name: string) => info.field.args.some((argument) => argument.name === name);
            const asked = ["first", "last", "before", "after"].map((name) =>
              isArgument(name) ? fieldArgs.getRaw(name) : constant(null),
            );
            const $page = lambda(asked, pageOf);
            $connection.setFirst(access($page, "first"));
            $connection.setLast(access($page, "last"));
            return $connection;
          },
        };
      },
    },
  },
};
