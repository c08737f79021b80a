/**
 * `IssueTicketPayload.envelope` waits for the signature, so that one round trip gives a client the ticket to keep.
 */
import type { PgSelectSingleStep } from "postgraphile/@dataplan/pg";
import { lambda, type ObjectStep } from "postgraphile/grafast";
import { extendSchema } from "postgraphile/utils";
import type { EnvelopeWaiter } from "../envelopes.ts";
import { limits } from "../limits.ts";
import { refusal } from "../refusals.ts";

const typeDefs = /* GraphQL */ `
  extend type IssueTicketPayload {
    """
    The signed envelope of the ticket: the text to keep. Waits for the signature, but not longer than \`waitMilliseconds\`; null if it has not
    come by then (it will: read the ticket again).
    """
    envelope(
      """
      How long to wait, from 0 to ${limits.envelopeWaitMillisecondsMax}.
      """
      waitMilliseconds: Int = 0
    ): String
  }
`;

export function makeEnvelopePlugin(waiter: Pick<EnvelopeWaiter, "wait">): GraphileConfig.Plugin {
  type Ticket = readonly [id: string | null, envelope: string | null, waitMilliseconds: number];

  const envelopeOf = async ([id, envelope, waitMilliseconds]: Ticket): Promise<string | null> => {
    if (envelope !== null || id === null || waitMilliseconds === 0) return envelope;
    return waiter.wait(id, waitMilliseconds);
  };

  return extendSchema(
    {
      typeDefs,
      objects: {
        IssueTicketPayload: {
          plans: {
            envelope($payload: ObjectStep, { $waitMilliseconds }) {
              const $ticket = $payload.get("result") as PgSelectSingleStep;
              return lambda(
                [$ticket.get("id"), $ticket.get("envelope"), lambda($waitMilliseconds, boundedWait)],
                envelopeOf,
              );
            },
          },
        },
      },
    },
    "EnvelopePlugin",
  );
}

function boundedWait(milliseconds: number | null | undefined): number {
  const wait = milliseconds ?? 0;
  if (wait >= 0 && wait <= limits.envelopeWaitMillisecondsMax) return wait;
  throw refusal("INVALID_INPUT", `"waitMilliseconds" must be from 0 to ${limits.envelopeWaitMillisecondsMax}.`);
}
