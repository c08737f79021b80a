import { useEffect, useId, useState } from "react";
import { useAnnounce } from "../parts/Announcer.tsx";
import { Notice } from "../parts/Notice.tsx";
import { ProblemNotice } from "../parts/ProblemNotice.tsx";
import type { EditionFacts } from "../press/EditionDocuments.ts";
import { Link } from "../routing/Link.tsx";
import { useSubject } from "../session/SessionProvider.tsx";
import type { Ineligibility } from "./EditionsDocuments.ts";
import { useOwnCount } from "./useOwnCount.ts";
import { type Purchase, usePurchase } from "./usePurchase.ts";
import { useUnmetDemands } from "./useUnmetDemands.ts";

/** More are not offered at once; who wants more asks again. */
const QUANTITY_MAX = 10;

/** Takes tickets of an edition: how many one may still have, and the button. */
export function BuyTickets({ edition }: { readonly edition: EditionFacts }) {
  const subject = useSubject();
  const ownCount = useOwnCount(edition.rowId);
  const unmet = useUnmetDemands(edition);
  const { purchase, buy, askAgain } = usePurchase(edition.slug);
  const [chosen, setChosen] = useState(1);
  const announce = useAnnounce();
  const id = useId();
  useEffect(() => {
    if (purchase.state === "bought") announce(boughtSentence(purchase.tickets.map((ticket) => ticket.ticketNumber)));
  }, [purchase, announce]);

  if (subject === null) {
    return edition.isOpen && edition.remainingCount > 0 ? (
      <p className="buy">
        <Link to={{ page: "signIn", returnPath: location.pathname }} className="button primary">
          Sign in to take a ticket
        </Link>
      </p>
    ) : null;
  }
  const allowed = ownCount === null ? 0 : Math.max(edition.perHolderLimit - ownCount, 0);
  const most = Math.min(allowed, edition.remainingCount, QUANTITY_MAX);
  const quantity = Math.min(chosen, Math.max(most, 1));
  const isBuying = purchase.state === "buying";
  return (
    <div className="buy">
      <PurchaseState purchase={purchase} askAgain={askAgain} />
      {unmet.length === 0 ? null : <UnmetDemands unmet={unmet} />}
      {edition.isOpen && unmet.length === 0 ? (
        <>
          <p className="allowance" id={`${id}-allowance`}>
            {ownCount === null ? "…" : allowanceSentence(ownCount, allowed, edition)}
          </p>
          {most > 1 ? (
            <fieldset className="quantity" disabled={isBuying}>
              <legend>How many</legend>
              {Array.from({ length: most }, (_, index) => index + 1).map((count) => (
                <label key={count}>
                  <input
                    type="radio"
                    name={`${id}-quantity`}
                    checked={quantity === count}
                    onChange={() => setChosen(count)}
                  />
                  <span>{count}</span>
                </label>
              ))}
            </fieldset>
          ) : null}
          <button
            type="button"
            className="button primary buy-button"
            onClick={() => buy(quantity)}
            disabled={!isBuying && most < 1}
            // Not disabled, or who pressed it by keyboard would lose their place; pressing it again does nothing.
            aria-disabled={isBuying}
            aria-busy={isBuying}
            aria-describedby={`${id}-allowance`}
          >
            {buttonLabel(isBuying, edition, allowed, quantity, ownCount)}
          </button>
        </>
      ) : null}
    </div>
  );
}

/** What is missing, all at once, and where it is to be had. */
function UnmetDemands({ unmet }: { readonly unmet: readonly Ineligibility[] }) {
  return (
    <Notice tone="warning" title="This edition is for people of whom more is known">
      <ul>
        {unmet.map(({ sentence, detail }) => (
          <li key={detail ?? sentence}>{detail ?? sentence}</li>
        ))}
      </ul>
      <p>
        <Link to={{ page: "you" }} className="button">
          Prove who you are
        </Link>
      </p>
    </Notice>
  );
}

interface PurchaseStateProps {
  readonly purchase: Purchase;
  readonly askAgain: () => void;
}

function PurchaseState({ purchase, askAgain }: PurchaseStateProps) {
  switch (purchase.state) {
    case "idle":
      return null;
    case "buying":
      if (!purchase.isResumed && purchase.problem === null) return null;
      return (
        <Notice
          tone="warning"
          title={purchase.isResumed ? "Finding out what became of your purchase" : purchase.problem?.sentence}
        >
          {purchase.problem === null ? null : <p>{purchase.isResumed ? purchase.problem.sentence : null}</p>}
          <p>It goes on by itself, as the same purchase: you cannot get more than you asked for.</p>
        </Notice>
      );
    case "bought":
      return (
        <Notice tone="good" title={boughtSentence(purchase.tickets.map((ticket) => ticket.ticketNumber))}>
          <ul className="bought">
            {purchase.tickets.map(({ rowId, ticketNumber }) => (
              <li key={rowId}>
                <Link to={{ page: "ticket", id: rowId }}>See ticket {ticketNumber}</Link>
              </li>
            ))}
          </ul>
        </Notice>
      );
    case "refused":
      return <ProblemNotice problem={purchase.problem} />;
    case "unknown":
      return (
        <>
          <ProblemNotice problem={purchase.problem} tone="warning" />
          <p>It is not known yet what became of your purchase. It is kept, and goes on as the same purchase.</p>
          <p>
            <button type="button" className="button" onClick={askAgain}>
              Ask again
            </button>
          </p>
        </>
      );
  }
}

function buttonLabel(
  isBuying: boolean,
  edition: EditionFacts,
  allowed: number,
  quantity: number,
  ownCount: number | null,
): string {
  if (isBuying) return "Taking …";
  if (edition.remainingCount === 0) return "None left";
  if (ownCount !== null && allowed === 0) return "You have all you can have";
  return quantity === 1 ? "Take a ticket" : `Take ${quantity} tickets`;
}

function allowanceSentence(ownCount: number, allowed: number, { perHolderLimit, cap }: EditionFacts): string {
  const have = ownCount === 0 ? "You have none yet" : `You have ${ownCount}`;
  if (allowed === 0) return `${have}: ${perHolderLimit} is all that one person can have.`;
  if (perHolderLimit === cap) return `${have}. There is no limit for one person.`;
  return `${have}, and may still take ${allowed}.`;
}

function boughtSentence(numbers: readonly number[]): string {
  const list = new Intl.ListFormat("en").format(numbers.map(String));
  return numbers.length === 1 ? `Ticket ${list} is yours.` : `Tickets ${list} are yours.`;
}
