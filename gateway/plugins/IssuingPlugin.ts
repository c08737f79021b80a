/**
 * `issueTicket` and `issueTickets` keep the fields, inputs and payloads that PostGraphile makes of the database's functions; only how they
 * are carried out differs: the request joins those of other clients (issuing.ts).
 *
 * The tickets of the answer come from that call. Reading them from the database once more, under the caller's own rights, needs nothing but
 * what PostGraphile offers, and costs each request four round trips; it is kept for the day when issuedTickets.ts and an upgrade of
 * PostGraphile do not fit, and passes the same tests.
 */
import { randomUUID } from "node:crypto";
import type { SpanContext } from "@opentelemetry/api";
import { listOfCodec, type PgResource, TYPES } from "postgraphile/@dataplan/pg";
import { access, context, type FieldArgs, lambda, object, type Step, sideEffect } from "postgraphile/grafast";
import { sql } from "postgraphile/pg-sql2";
import { wrapPlans } from "postgraphile/utils";
import type { Identity } from "../auth.ts";
import type { IssuedTicket, Issuer } from "../issuing.ts";
import { issuedTicketsPlugins, payloadOfTicket, payloadOfTickets } from "./issuedTickets.ts";

/** Where the tickets of an answer are taken from: what the issuing call said, or the database once more. */
export type IssuingReadBack = "memory" | "database";

/** The input of both mutations; `issueTicket` has no quantity. */
interface IssueInput {
  readonly editionSlug: string;
  readonly quantity?: number;
  readonly requestKey?: string | null;
  readonly recipient?: string | null;
}

export function makeIssuingPlugins(
  issuer: Pick<Issuer, "issue">,
  readBack: IssuingReadBack,
): readonly GraphileConfig.Plugin[] {
  const issue = ([identity, address, span, input]: readonly [Identity, string, SpanContext | undefined, IssueInput]) =>
    issuer.issue({
      identity,
      address,
      span,
      editionSlug: input.editionSlug,
      recipient: input.recipient ?? null,
      quantity: input.quantity ?? 1,
      requestKey: input.requestKey ?? randomUUID(),
    });
  const issued = (fieldArgs: FieldArgs) =>
    sideEffect(
      [context().get("identity"), context().get("address"), context().get("span"), fieldArgs.getRaw("input")],
      issue,
    ) as Step<readonly IssuedTicket[]>;
  return readBack === "memory" ? fromMemory(issued) : fromDatabase(issued);
}

type Issue = (fieldArgs: FieldArgs) => Step<readonly IssuedTicket[]>;

function fromMemory(issue: Issue): readonly GraphileConfig.Plugin[] {
  const plans = wrapPlans(
    {
      Mutation: {
        issueTicket: (_generatedPlan, _$root, fieldArgs) =>
          payloadOfTicket(issue(fieldArgs), fieldArgs.getRaw(["input", "clientMutationId"])),
        issueTickets: (_generatedPlan, _$root, fieldArgs) =>
          payloadOfTickets(issue(fieldArgs), fieldArgs.getRaw(["input", "clientMutationId"])),
      },
    },
    { name: "IssuingPlugin" },
  );
  return [plans, ...issuedTicketsPlugins];
}

function fromDatabase(issue: Issue): readonly GraphileConfig.Plugin[] {
  const plans = wrapPlans(
    (build) => {
      const tickets = build.pgResources?.tickets as PgResource;
      return {
        Mutation: {
          issueTicket(_generatedPlan, _$root, fieldArgs) {
            return object({ result: tickets.get({ id: access(issue(fieldArgs), [0, "id"]) }) });
          },
          issueTickets(_generatedPlan, _$root, fieldArgs) {
            const $ids = lambda(issue(fieldArgs), idsOf);
            const $tickets = tickets.find();
            $tickets.where(sql`${$tickets.alias}.id = any (${$tickets.placeholder($ids, listOfCodec(TYPES.uuid))})`);
            $tickets.orderBy({ attribute: "ticket_number", direction: "ASC" });
            return object({ result: $tickets });
          },
        },
      };
    },
    { name: "IssuingPlugin" },
  );
  return [plans];
}

function idsOf(tickets: readonly IssuedTicket[]): readonly string[] {
  return tickets.map(({ id }) => id);
}
