import { useCallback } from "react";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { deviceStorage, RequestJournal } from "../press/requestJournal.ts";
import { pauseBetween, untilAnswered } from "../press/untilAnswered.ts";
import { RedeemTicket } from "./TicketDocuments.ts";

const journal = new RequestJournal("redemption", deviceStorage);

/** How often it is tried before the person is told, who may be standing at a gate. */
const ATTEMPTS_MAX = 5;

interface ToRedeem {
  readonly id: string;
  readonly envelope: string;
  readonly proof: string;
}

/**
 * Uses a ticket up. A request without an answer is sent again under its key, also after a reload, so that the answer to whoever redeemed it is
 * never ALREADY_REDEEMED by their own hand.
 *
 * @returns a function that answers with the problem, or null when the ticket is redeemed
 */
export function useRedemption(subject: string): (ticket: ToRedeem) => Promise<Problem | null> {
  const press = usePress();
  return useCallback(
    async ({ id, envelope, proof }) => {
      const isPending = journal.pending(subject, id) !== null;
      const request = journal.begin(subject, id);
      const controller = new AbortController();
      let last: Problem | null = null;
      let attempts = 0;
      const outcome = await untilAnswered({
        send: () => press.order(RedeemTicket, { envelope, proof, requestKey: request.requestKey }),
        mayBeSent: isPending,
        pause: pauseBetween,
        onRetry: (problem) => {
          last = problem;
          attempts += 1;
          if (attempts >= ATTEMPTS_MAX) controller.abort();
        },
        signal: controller.signal,
      });
      press.touch("tickets");
      if (outcome === null) return last;
      journal.settle(request);
      return "value" in outcome ? null : outcome.problem;
    },
    [press, subject],
  );
}
