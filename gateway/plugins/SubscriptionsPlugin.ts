/**
 * Subscriptions over GraphQL. What a subscription tells is decided by who subscribed (subscriptions.ts), and an event carries nothing but ids:
 * every row is read anew for it, under the caller's role and row-level security.
 */
import { type PgResource, TYPES } from "postgraphile/@dataplan/pg";
import {
  access,
  context,
  type FieldArgs,
  type GrafastSubscriber,
  inhibitOnNull,
  listen,
  object,
  type Step,
} from "postgraphile/grafast";
import { getOperationAST } from "postgraphile/graphql";
import { sql } from "postgraphile/pg-sql2";
import { extendSchema } from "postgraphile/utils";
import type { WebSocket } from "ws";
import type { EditionEvent, LedgerEvent, PublicationEvent, TicketEvent } from "../eventSources.ts";
import { limits } from "../limits.ts";
import { refusal, refusedRequest } from "../refusals.ts";
import { Delivery, Subscriber } from "../subscriber.ts";
import type { Subscriptions } from "../subscriptions.ts";

declare global {
  namespace Grafast {
    interface Context {
      /** Who subscribes; of subscriptions only. */
      subscriber: Subscriber;
    }
  }
}

const typeDefs = /* GraphQL */ `
  extend type Subscription {
    """
    The caller's tickets, as what happens to them comes into the ledger and under a published checkpoint. The first event comes at once and has
    no ticket: whatever happens to a ticket that was read after it is told. Several changes of one ticket may come as one event.
    Refuses: UNAUTHENTICATED, OVERLOADED.
    """
    ticketChanged: TicketChangedPayload

    """
    Editions, as what happens to them and their tickets comes into the ledger and under a published checkpoint. The first event comes at once,
    with the edition as it is; then each edition comes at most twice a second. Refuses: EDITION_NOT_FOUND, OVERLOADED.
    """
    editionChanged(
      """
      Only this edition. Without it, all of them, and the first event has none.
      """
      slug: String
    ): EditionChangedPayload

    """
    The ledger, as published checkpoints cover more of it. The first event comes at once. Events follow one another as fast as they are taken
    until all entries were told, and then at most twice a second. Refuses: INVALID_INPUT, OVERLOADED.
    """
    ledgerGrew(
      """
      The place of the last entry that is known; the entries after it are told, in order and none left out. -1: from the first entry on. Without
      it, only those that are still to come.
      """
      after: BigInt
    ): LedgerGrewPayload

    """
    One publication, as it goes on its way to the chain. The first event comes at once, with the publication as it is; then it comes at most twice a
    second, whenever it or its transaction has changed, and with each of the first hundred blocks. Refuses: INVALID_INPUT, OVERLOADED.
    """
    publicationChanged(
      """
      The publication's rowId.
      """
      id: UUID!
    ): PublicationChangedPayload
  }

  """
  A ticket of the caller has changed.
  """
  type TicketChangedPayload {
    """
    The ticket as it is now; null in the first event, and where it may not be seen any more.
    """
    ticket: Ticket
  }

  """
  An edition, or one of its tickets, has changed.
  """
  type EditionChangedPayload {
    """
    The edition as it is now; null in the first event where all editions are meant.
    """
    edition: Edition
  }

  """
  A publication has changed.
  """
  type PublicationChangedPayload {
    """
    The publication as it is now; null where the caller may not see it, or there is none: nothing follows then.
    """
    publication: Publication
  }

  """
  A published checkpoint covers more of the ledger.
  """
  type LedgerGrewPayload {
    """
    How many entries the latest checkpoint covers: those at places 0 to treeSize - 1.
    """
    treeSize: BigInt!

    """
    That checkpoint; null before the first.
    """
    checkpoint: Checkpoint

    """
    The next entries, ${limits.entriesPerEventMax} at most; more follow at once.
    """
    entries: [LedgerEntry!]!
  }
`;

/** Or -1, the place before the first. */
const PLACE = /^(-1|0|[1-9]\d*)$/;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What opens subscriptions. */
export type OpensSubscriptions = Pick<Subscriptions, "ofTickets" | "ofEditions" | "ofLedger" | "ofPublication">;

export function makeSubscriptionsPlugins(subscriptions: OpensSubscriptions): readonly GraphileConfig.Plugin[] {
  return [deliveryPlugin, makeSchemaPlugin(subscriptions)];
}

function makeSchemaPlugin(subscriptions: OpensSubscriptions): GraphileConfig.Plugin {
  return extendSchema((build) => {
    const resource = (name: string) => build.pgResources?.[name] as PgResource;
    const [tickets, editions, publications] = [resource("tickets"), resource("editions"), resource("publications")];
    const [checkpoints, entries] = [resource("checkpoints"), resource("ledger_entries")];
    const $subscriber = () => context().get("subscriber");
    const asItIs = ($event: Step) => $event;
    return {
      typeDefs,
      objects: {
        Subscription: {
          plans: {
            ticketChanged: {
              subscribePlan: () =>
                listenTo((subscriber: Subscriber) => subscriptions.ofTickets(subscriber), $subscriber()),
              plan: asItIs,
            },
            editionChanged: {
              subscribePlan(_$root: Step, fieldArgs: FieldArgs) {
                const $slug = fieldArgs.getRaw("slug");
                const $editionId = editions.get({ slug: $slug }).get("id");
                return listenTo(
                  ({ subscriber, slug, editionId }: EditionTopic) =>
                    subscriptions.ofEditions(subscriber, knownEdition(slug, editionId)),
                  object({ subscriber: $subscriber(), slug: $slug, editionId: $editionId }),
                );
              },
              plan: asItIs,
            },
            ledgerGrew: {
              subscribePlan: (_$root: Step, fieldArgs: FieldArgs) =>
                listenTo(
                  ({ subscriber, after }: LedgerTopic) => subscriptions.ofLedger(subscriber, firstPlaceAfter(after)),
                  object({ subscriber: $subscriber(), after: fieldArgs.getRaw("after") }),
                ),
              plan: asItIs,
            },
            publicationChanged: {
              subscribePlan: (_$root: Step, fieldArgs: FieldArgs) =>
                listenTo(
                  ({ subscriber, id }: PublicationTopic) => subscriptions.ofPublication(subscriber, knownForm(id)),
                  object({ subscriber: $subscriber(), id: fieldArgs.getRaw("id") }),
                ),
              plan: asItIs,
            },
          },
        },
        TicketChangedPayload: {
          plans: {
            ticket: ($event: Step<TicketEvent>) => tickets.get({ id: inhibitOnNull(access($event, "ticketId")) }),
          },
        },
        EditionChangedPayload: {
          plans: {
            edition: ($event: Step<EditionEvent>) => editions.get({ id: inhibitOnNull(access($event, "editionId")) }),
          },
        },
        PublicationChangedPayload: {
          plans: {
            publication: ($event: Step<PublicationEvent>) => publications.get({ id: access($event, "publicationId") }),
          },
        },
        LedgerGrewPayload: {
          plans: {
            treeSize: ($event: Step<LedgerEvent>) => access($event, "treeSize"),
            checkpoint: ($event: Step<LedgerEvent>) => checkpoints.get({ tree_size: access($event, "treeSize") }),
            entries($event: Step<LedgerEvent>) {
              const $entries = entries.find();
              const place = sql`${$entries.alias}.place`;
              const bound = (name: "firstPlace" | "nextPlace") =>
                $entries.placeholder(access($event, name), TYPES.bigint);
              $entries.where(sql`${place} >= ${bound("firstPlace")} and ${place} < ${bound("nextPlace")}`);
              $entries.orderBy({ attribute: "place", direction: "ASC" });
              return $entries;
            },
          },
        },
      },
    };
  }, "SubscriptionsPlugin");
}

interface EditionTopic {
  readonly subscriber: Subscriber;
  readonly slug: string | null | undefined;
  /** Null also for an edition that the caller may not see. */
  readonly editionId: number | null;
}

interface LedgerTopic {
  readonly subscriber: Subscriber;
  readonly after: string | null | undefined;
}

interface PublicationTopic {
  readonly subscriber: Subscriber;
  readonly id: string;
}

/** The library's topics are texts; these are whatever `open` takes. */
function listenTo<Topic>(open: (topic: Topic) => Promise<AsyncIterableIterator<unknown>>, $topic: Step<Topic>): Step {
  const subscriber = { subscribe: open } as unknown as GrafastSubscriber;
  return listen(subscriber, $topic as Step<string>);
}

function knownEdition(slug: string | null | undefined, editionId: number | null): number | null {
  if (slug == null || editionId !== null) return editionId;
  throw refusal("EDITION_NOT_FOUND", "There is no such edition.");
}

function firstPlaceAfter(after: string | null | undefined): number | null {
  if (after == null) return null;
  const place = Number(after);
  if (PLACE.test(after) && Number.isSafeInteger(place)) return place + 1;
  throw refusal("INVALID_INPUT", '"after" must be a place of the ledger, or -1.');
}

/** As the database writes it, so that it is found by it. */
function knownForm(id: string): string {
  const form = id.toLowerCase();
  if (UUID.test(form)) return form;
  throw refusal("INVALID_INPUT", '"id" must be a UUID.');
}

/** Hands events to the WebSocket as fast as it takes them, for as long as the token holds. */
const deliveryPlugin: GraphileConfig.Plugin = {
  name: "SubscriptionDeliveryPlugin",
  version: "1.0.0",
  grafast: {
    middleware: {
      // Over HTTP, subscriptions come this way too.
      execute(next, { args: { document, operationName } }) {
        if (getOperationAST(document, operationName)?.operation !== "subscription") return next();
        const hint = "Use the protocol graphql-transport-ws at the same address.";
        return { errors: [refusedRequest("INVALID_INPUT", "Subscriptions need a WebSocket.", { hint })] };
      },
      async subscribe(next, event) {
        const { contextValue, requestContext, resolvedPreset } = event.args;
        const { identity } = contextValue as Grafast.Context;
        const subscriber = new Subscriber(identity, requestContext?.ws?.socket as unknown as WebSocket);
        event.args = {
          ...event.args,
          contextValue: { ...(contextValue as object), subscriber },
          ...(resolvedPreset === undefined ? null : { resolvedPreset: withoutExecutionTimeout(resolvedPreset) }),
        };
        const answers = await next();
        return Symbol.asyncIterator in answers ? new Delivery(subscriber, answers) : answers;
      },
    },
  },
};

/** The time for an operation would be counted from the beginning of the subscription; each statement still has its own. */
function withoutExecutionTimeout<Preset extends GraphileConfig.ResolvedPreset>(preset: Preset): Preset {
  return { ...preset, grafast: { ...preset.grafast, timeouts: { planning: limits.planningMilliseconds } } };
}
