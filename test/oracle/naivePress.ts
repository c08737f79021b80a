/* The rules of issuing again, as plainly as they can be said: one request at a time, counting rows in arrays. The set-based core in
   SQL must give the same answers; it is fast, this is obviously right. */

export interface Edition {
  slug: string;
  cap: number;
  perHolderLimit: number;
  isOpen: boolean;
  /** 0: none is demanded. */
  requiredTrustLevel: number;
  requiredKind: Kind | null;
}

/** What an attestation rests on. */
export type Kind = "oidc" | "repository";

const TRUST_LEVELS: Readonly<Record<Kind, number>> = { oidc: 1, repository: 2 };

/** One client's request, as the gateway hands it on. `subject` null: not signed in. */
export interface Request {
  subject: string | null;
  isOperator: boolean;
  recipient: string | null;
  quantity: number;
  requestKey: string | null;
}

export interface Ticket {
  number: number;
  holder: string;
  actor: string;
  requestKey: string | null;
}

/** The numbers of the request's tickets, or the name of its refusal. */
export type Answer = { numbers: number[]; refusal?: undefined } | { numbers?: undefined; refusal: string };

export class NaivePress {
  readonly inactive = new Set<string>();
  /** The kinds of the credentials of each holder who has any. */
  readonly credentials = new Map<string, readonly Kind[]>();
  readonly #tickets = new Map<string, Ticket[]>();

  ticketsOf(slug: string): Ticket[] {
    return this.#tickets.get(slug) ?? [];
  }

  issue(edition: Edition | undefined, request: Request): Answer {
    const { subject, isOperator, quantity, requestKey } = request;
    if (subject === null) return { refusal: "NOT_SIGNED_IN" };
    const holder = request.recipient ?? subject;
    if (holder !== subject && !isOperator) return { refusal: "NOT_ALLOWED" };
    if (this.inactive.has(holder)) return { refusal: "HOLDER_INACTIVE" };
    if (holder === "" || quantity < 1 || quantity > 1000) return { refusal: "INVALID_INPUT" };
    if (edition === undefined) return { refusal: "EDITION_NOT_FOUND" };

    const tickets = this.ticketsOf(edition.slug);
    const actor = isOperator ? `operator:${subject}` : subject;
    const before = tickets.filter(
      (ticket) => ticket.requestKey !== null && ticket.requestKey === requestKey && ticket.actor === actor,
    );
    if (before.length > 0) {
      const isSame = before.length === quantity && before[0]?.holder === holder;
      return isSame ? { numbers: before.map((ticket) => ticket.number) } : { refusal: "REQUEST_KEY_REUSED" };
    }
    if (!edition.isOpen) return { refusal: "EDITION_NOT_OPEN" };
    if (!this.#isEligible(edition, holder)) return { refusal: "NOT_ELIGIBLE" };
    const held = tickets.filter((ticket) => ticket.holder === holder).length;
    if (held + quantity > edition.perHolderLimit) return { refusal: "HOLDER_LIMIT_REACHED" };
    if (tickets.length + quantity > edition.cap) return { refusal: "CAP_REACHED" };

    const numbers = Array.from({ length: quantity }, (_, n) => tickets.length + n + 1);
    this.#tickets.set(edition.slug, [...tickets, ...numbers.map((number) => ({ number, holder, actor, requestKey }))]);
    return { numbers };
  }

  #isEligible({ requiredTrustLevel, requiredKind }: Edition, holder: string): boolean {
    const kinds = this.credentials.get(holder) ?? [];
    const trustLevel = Math.max(0, ...kinds.map((kind) => TRUST_LEVELS[kind]));
    return trustLevel >= requiredTrustLevel && (requiredKind === null || kinds.includes(requiredKind));
  }
}
