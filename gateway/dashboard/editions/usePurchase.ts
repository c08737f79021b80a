import { useCallback, useEffect, useRef, useState } from "react";
import { usePress } from "../press/PressProvider.tsx";
import type { Problem } from "../press/problem.ts";
import { deviceStorage, type PendingRequest, RequestJournal } from "../press/requestJournal.ts";
import { pauseBetween, untilAnswered } from "../press/untilAnswered.ts";
import { useCaller } from "../session/SessionProvider.tsx";
import { type BoughtTicket, BuyTickets, PurchaseOutcome } from "./PurchaseDocuments.ts";

const journal = new RequestJournal("purchase", deviceStorage);

export type Purchase =
  | { readonly state: "idle" }
  /** On its way; `problem`: why the last attempt brought no answer; `isResumed`: it was begun before this page was loaded. */
  | {
      readonly state: "buying";
      readonly quantity: number;
      readonly isResumed: boolean;
      readonly problem: Problem | null;
    }
  | { readonly state: "bought"; readonly tickets: readonly BoughtTicket[] }
  | { readonly state: "refused"; readonly problem: Problem }
  /** The press did not say what became of it; it stays under its key until it does. */
  | { readonly state: "unknown"; readonly problem: Problem };

/**
 * Buys tickets of an edition, once: whatever is lost on the way, the same request goes out under the same key until the press has said what became
 * of it. A purchase that a reload interrupted goes on by itself.
 */
export function usePurchase(slug: string) {
  const press = usePress();
  const caller = useCaller();
  const [purchase, setPurchase] = useState<Purchase>({ state: "idle" });
  const underWay = useRef<AbortController | null>(null);

  const pursue = useCallback(
    async (request: PendingRequest, isResumed: boolean) => {
      if (underWay.current !== null) return;
      const controller = new AbortController();
      underWay.current = controller;
      const { quantity, requestKey } = request;
      setPurchase({ state: "buying", quantity, isResumed, problem: null });
      const isStale = isResumed && Date.now() - request.madeAt > STALE_MILLISECONDS;
      const ending = await untilAnswered<readonly BoughtTicket[]>({
        send: async () => {
          if (isStale) return { problem: NOT_BOUGHT };
          const answer = await press.order(BuyTickets, { slug, quantity, requestKey }, controller.signal);
          return "value" in answer ? { value: answer.value.issueTickets.tickets } : answer;
        },
        look: async () => {
          const answer = await press.ask(PurchaseOutcome, { slug, requestKey });
          if ("problem" in answer) return answer;
          const { nodes } = answer.value.requestOutcome;
          return { value: nodes.length > 0 ? nodes : null };
        },
        mayBeSent: isResumed,
        pause: pauseBetween,
        onRetry: (problem) => {
          if (!controller.signal.aborted) setPurchase({ state: "buying", quantity, isResumed, problem });
        },
        signal: controller.signal,
      });
      if (ending === null || controller.signal.aborted) return;
      underWay.current = null;
      if (ending.isSettled) journal.settle(request);
      if ("value" in ending) setPurchase({ state: "bought", tickets: ending.value });
      else setPurchase({ state: ending.isSettled ? "refused" : "unknown", problem: ending.problem });
      press.touch("tickets", "editions");
    },
    [press, slug],
  );

  useEffect(() => {
    const pending = caller === null ? null : journal.pending(caller, slug);
    if (pending !== null) void pursue(pending, true);
    return () => {
      underWay.current?.abort();
      underWay.current = null;
    };
  }, [caller, slug, pursue]);

  const buy = useCallback(
    (quantity: number) => {
      if (caller === null || underWay.current !== null) return;
      const isPending = journal.pending(caller, slug) !== null;
      void pursue(journal.begin(caller, slug, quantity), isPending);
    },
    [caller, slug, pursue],
  );

  /** Goes on with a purchase of which nothing is known; another tab may have heard of it meanwhile. */
  const askAgain = useCallback(() => {
    const pending = caller === null ? null : journal.pending(caller, slug);
    if (pending === null) setPurchase({ state: "idle" });
    else void pursue(pending, true);
  }, [caller, slug, pursue]);
  return { purchase, buy, askAgain };
}

/** Who comes back later than this is told what became of the purchase, and nothing is bought without them asking again. */
const STALE_MILLISECONDS = 600_000;

const NOT_BOUGHT: Problem = {
  code: "NOT_BOUGHT",
  sentence: "Your earlier purchase never reached the press, and nothing was taken.",
  hint: "Ask again, if you still want it.",
  isRetryable: false,
};
