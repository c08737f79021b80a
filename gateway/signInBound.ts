/** How many sign-ins, or proofs, may begin in a minute: in all, and from one address. */
import { ownerOf } from "./openConnections.ts";
import { refusal } from "./refusals.ts";

export interface RateBound {
  readonly perMinuteMax: number;
  /** From one address, of IPv6 from one network of 64 bits; behind a proxy that is not trusted, that is the proxy's. */
  readonly perMinuteAndAddressMax: number;
}

/** What is counted, as a refusal calls it. */
interface Words {
  readonly many: string;
  readonly hint: string;
}

const OF_SIGN_INS: Words = { many: "sign-ins", hint: "Sign in again in a minute." };
const MINUTE_MILLISECONDS = 60_000;

export class SignInBound {
  readonly #bound: RateBound;
  readonly #words: Words;
  readonly #byOwner = new Map<string, number>();
  #count = 0;
  #minuteBegan = Number.NEGATIVE_INFINITY;

  constructor(bound: RateBound, words: Words = OF_SIGN_INS) {
    this.#bound = bound;
    this.#words = words;
  }

  /**
   * Counts one. No more addresses are remembered than sign-ins are let through.
   *
   * @throws {SafeError} OVERLOADED beyond the bounds
   */
  enter(address: string): void {
    const now = performance.now();
    if (now - this.#minuteBegan >= MINUTE_MILLISECONDS) {
      this.#minuteBegan = now;
      this.#count = 0;
      this.#byOwner.clear();
    }
    const owner = ownerOf(address);
    const ofOwner = this.#byOwner.get(owner) ?? 0;
    const { perMinuteMax, perMinuteAndAddressMax } = this.#bound;
    if (this.#count >= perMinuteMax || ofOwner >= perMinuteAndAddressMax) {
      const { many, hint } = this.#words;
      throw refusal("OVERLOADED", `Too many ${many} were begun in the last minute.`, { hint, statusCode: 429 });
    }
    this.#count += 1;
    this.#byOwner.set(owner, ofOwner + 1);
  }
}
