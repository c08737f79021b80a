/**
 * Answers a mutation with tickets that are in memory already, through the plans that PostGraphile generated for tickets in the database.
 *
 * All that rests on the inside of a library is here; test/gateway/issuing.test.ts fails when one of these is no longer so, as it is in
 * postgraphile 5.1.5 with @dataplan/pg 1.1.2, graphile-build-pg 5.1.4 and grafast 1.1.3:
 *
 * 1. The generated plans of `Ticket`, of its relations and of the payloads' edges ask a ticket for nothing but `.get(attribute)`, and
 *    expect the value as the database writes it in text.
 * 2. In development, `Ticket.assertStep` takes only steps that read from the database.
 * 3. Fields that a function of the database computes (`timechainProof`) need a row that was read from there: they, and they alone, read it.
 * 4. The `applyPlan` of the argument `input` looks for such a step in the payload's `result`. It is there for `clientMutationId` alone, and
 *    the generated plan of that field looks in the same place.
 */
import type { PgResource } from "postgraphile/@dataplan/pg";
import {
  AccessStep,
  access,
  each,
  type FieldArgs,
  type FieldInfo,
  type ObjectStep,
  object,
  type Step,
} from "postgraphile/grafast";
import { type PlanWrapperFn, wrapPlans } from "postgraphile/utils";
import type { IssuedTicket } from "../issuing.ts";

const mutations = new Set(["issueTicket", "issueTickets"]);

/** The payload of `issueTicket`: the one ticket of the request. */
export function payloadOfTicket($tickets: Step<readonly IssuedTicket[]>, $clientMutationId: Step): Step {
  return object({ result: access($tickets, 0), clientMutationId: $clientMutationId });
}

/** The payload of `issueTickets`. */
export function payloadOfTickets($tickets: Step<readonly IssuedTicket[]>, $clientMutationId: Step): Step {
  return object({ result: each($tickets, ($ticket) => access($ticket)), clientMutationId: $clientMutationId });
}

const clientMutationId: PlanWrapperFn = (_generatedPlan, $payload) => ($payload as ObjectStep).get("clientMutationId");

/** Makes the generated schema take such payloads. */
export const issuedTicketsPlugins: readonly GraphileConfig.Plugin[] = [
  wrapPlans(
    { IssueTicketPayload: { clientMutationId }, IssueTicketsPayload: { clientMutationId } },
    { name: "IssuedTicketsPayloadPlugin" },
  ),
  {
    name: "IssuedTicketsPlugin",
    version: "1.0.0",
    schema: {
      hooks: {
        GraphQLObjectType(config) {
          const { assertStep } = config;
          if (config.name !== "Ticket" || typeof assertStep !== "function") return config;
          return {
            ...config,
            assertStep($step: Step) {
              if (!($step instanceof AccessStep)) (assertStep as ($step: Step) => void)($step);
            },
          };
        },
        GraphQLObjectType_fields_field(field, build, { Self, scope: { fieldBehaviorScope } }) {
          const { plan } = field;
          if (Self.name !== "Ticket" || fieldBehaviorScope !== "typeField:single" || plan === undefined) return field;
          const tickets = build.pgResources?.tickets as PgResource;
          return {
            ...field,
            plan($ticket: Step, fieldArgs: FieldArgs, info: FieldInfo) {
              const isRead = !($ticket instanceof AccessStep);
              return plan(isRead ? $ticket : tickets.get({ id: access($ticket, "id") }), fieldArgs, info);
            },
          };
        },
        GraphQLObjectType_fields_field_args_arg(argument, _build, { Self, scope: { fieldName, argName } }) {
          if (Self.name === "Mutation" && mutations.has(fieldName) && argName === "input") delete argument.applyPlan;
          return argument;
        },
      },
    },
  },
];
