/**
 * What PostGraphile is told: everything that is exposed is in the schema "press" and granted to somebody; the plugins say how it is called,
 * how much of it one request may have, and how issuing is carried out.
 */
import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import type { Pool } from "pg";
import type { Logger } from "pino";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";
import type { Authenticate } from "./auth.ts";
import type { EnvelopeWaiter } from "./envelopes.ts";
import type { Issuer } from "./issuing.ts";
import { limits } from "./limits.ts";
import { makeErrorMask } from "./masking.ts";
import type { PersistedOperations } from "./persistedOperations.ts";
import { makeEnvelopePlugin } from "./plugins/EnvelopePlugin.ts";
import { makeIdentityPlugin } from "./plugins/IdentityPlugin.ts";
import { type IssuingReadBack, makeIssuingPlugins } from "./plugins/IssuingPlugin.ts";
import { makeLimitsPlugin } from "./plugins/LimitsPlugin.ts";
import { NamesPlugin, PayloadNamesPlugin } from "./plugins/NamesPlugin.ts";
import { PageSizePlugin } from "./plugins/PageSizePlugin.ts";
import { makePersistedOperationsPreset } from "./plugins/PersistedOperationsPlugin.ts";
import { makePlanningPlugin } from "./plugins/PlanningPlugin.ts";
import { makeRecomputationPlugin } from "./plugins/RecomputationPlugin.ts";
import { SignedRecordsPlugin } from "./plugins/SignedRecordsPlugin.ts";
import { makeSubscriptionsPlugins, type OpensSubscriptions } from "./plugins/SubscriptionsPlugin.ts";
import type { Sessions } from "./session.ts";

export interface PresetOptions {
  /** Connections of the login press_gateway; each statement takes the role of its request. */
  readonly pool: Pool;
  readonly log: Logger;
  readonly authenticate: Authenticate;
  readonly sessions: Pick<Sessions, "authorizationOf">;
  readonly issuer: Pick<Issuer, "issue">;
  readonly issuingReadBack: IssuingReadBack;
  readonly envelopes: Pick<EnvelopeWaiter, "wait">;
  readonly subscriptions: OpensSubscriptions;
  /** Whether the explorer is served. */
  readonly graphiql: boolean;
  /** The documents that are answered; any where it is not said. */
  readonly persistedOperations?: PersistedOperations | undefined;
}

export const paths = { graphql: "/graphql", graphiql: "/graphiql", graphiqlStatic: "/ruru-static/" } as const;

/** Filters only compare: no patterns, no computed columns, no lists within rows, nothing across relations. */
const filterOperators = ["equalTo", "in", "lessThan", "lessThanOrEqualTo", "greaterThan", "greaterThanOrEqualTo"];

const unusedPlugins = [
  // "filter" does what "condition" does.
  "PgConditionArgumentPlugin",
  "PgConditionCustomFieldsPlugin",
  "PgConnectionArgFilterBackwardRelationsPlugin",
  "PgConnectionArgFilterForwardRelationsPlugin",
  "PgConnectionArgFilterLogicalOperatorsPlugin",
  "PgConnectionArgFilterComputedAttributesPlugin",
  "PgConnectionArgFilterCompositeTypeAttributesPlugin",
  "PgConnectionArgFilterRecordFunctionsPlugin",
  // A workaround for the first version of Relay.
  "QueryQueryPlugin",
];

export function makePreset({
  pool,
  log,
  authenticate,
  sessions,
  issuer,
  issuingReadBack,
  envelopes,
  subscriptions,
  graphiql,
  persistedOperations,
}: PresetOptions): GraphileConfig.Preset {
  const identity = makeIdentityPlugin(authenticate, sessions);
  const persisted = persistedOperations === undefined ? [] : [makePersistedOperationsPreset(persistedOperations)];

  return {
    extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset, PostGraphileConnectionFilterPreset, ...persisted],
    disablePlugins: unusedPlugins,
    plugins: [
      identity.plugin,
      makeLimitsPlugin(),
      makePlanningPlugin(),
      makeRecomputationPlugin(),
      PayloadNamesPlugin,
      NamesPlugin,
      PageSizePlugin,
      ...makeIssuingPlugins(issuer, issuingReadBack),
      makeEnvelopePlugin(envelopes),
      SignedRecordsPlugin,
      ...makeSubscriptionsPlugins(subscriptions),
    ],
    pgServices: [makePgService({ pool, schemas: ["press"], pubsub: false })],
    gather: { pgStrictFunctions: true },
    schema: {
      dontSwallowErrors: true,
      connectionFilterAllowedOperators: filterOperators,
      connectionFilterArrays: false,
      connectionFilterComputedColumns: false,
      connectionFilterSetofFunctions: false,
    },
    grafast: {
      explain: false,
      timeouts: { planning: limits.planningMilliseconds, execution: limits.executionMilliseconds },
      context: identity.contextOf,
    },
    grafserv: {
      graphqlPath: paths.graphql,
      graphqlOverGET: false,
      graphiql,
      graphiqlPath: paths.graphiql,
      graphiqlStaticPath: paths.graphiqlStatic,
      graphiqlOnGraphQLGET: false,
      websockets: true,
      maxRequestLength: limits.bodyBytesMax,
      parseAndValidateCacheSize: 0, // Documents are remembered by LimitsPlugin.
      outputDataAsString: true,
      maskError: makeErrorMask(log),
    },
  };
}
