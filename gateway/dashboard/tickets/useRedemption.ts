import { useCallback, useMemo } from "react";
import { usePress } from "../press/PressProvider.tsx";
import { deviceStorage, RequestJournal } from "../press/requestJournal.ts";
import { type Ending, pauseBetween, untilAnswered } from "../press/untilAnswered.ts";
import { useCaller } from "../session/SessionProvider.tsx";
import { RedeemTicket } from "./TicketDocuments.ts";

const journal = new RequestJournal("redemption", deviceStorage);

/** How often it is tried before the person is told, who may be standing at a gate. */
const ATTEMPTS_MAX = 5;

interface ToRedeem {
  readonly id: string;
  readonly envelope: string;
  readonly proof: string;
}

interface Redemption {
  /** Uses the ticket up, or says why not; not settled: it may have been, and asking again finds out. */
  readonly redeem: (ticket: ToRedeem) => Promise<Ending<unknown>>;
  /** Whether the caller has asked to redeem a ticket, by its id, and was never told what became of it. */
  readonly isUnsettled: (id: string) => boolean;
}

/**
 * Uses tickets up. A request without an answer is sent again under its key, also after a reload, so that the answer to whoever redeemed it is never
 * ALREADY_REDEEMED by their own hand.
 */
export function useRedemption(): Redemption {
  const press = usePress();
  const caller = useCaller() ?? "";
  const redeem = useCallback(
    async ({ id, envelope, proof }: ToRedeem) => {
      const isPending = journal.pending(caller, id) !== null;
      const request = journal.begin(caller, id);
      const ending = (await untilAnswered<unknown>({
        send: () => press.order(RedeemTicket, { envelope, proof, requestKey: request.requestKey }),
        mayBeSent: isPending,
        attemptsMax: ATTEMPTS_MAX,
        pause: pauseBetween,
        onRetry: () => undefined,
        signal: NEVER,
      })) as Ending<unknown>;
      press.touch("tickets");
      if (ending.isSettled) journal.settle(request);
      return ending;
    },
    [press, caller],
  );
  const isUnsettled = useCallback((id: string) => journal.pending(caller, id) !== null, [caller]);
  return useMemo(() => ({ redeem, isUnsettled }), [redeem, isUnsettled]);
}

/** It is not given up: the attempts are few, and the connection of somebody who has gone sends nothing. */
const NEVER = new AbortController().signal;
