/** How many sign-ins may begin in a minute: in all, and from one address. */
import { ownerOf } from "./openConnections.ts";
import { refusal } from "./refusals.ts";

export interface RateBound {
  readonly perMinuteMax: number;
  /** From one address, of IPv6 from one network of 64 bits; behind a proxy that is not trusted, that is the proxy's. */
  readonly perMinuteAndAddressMax: number;
}

const MINUTE_MILLISECONDS = 60_000;

export class SignInBound {
  readonly #bound: RateBound;
  readonly #byOwner = new Map<string, number>();
  #count = 0;
  #minuteBegan = Number.NEGATIVE_INFINITY;

  constructor(bound: RateBound) {
    this.#bound = bound;
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
      throw refusal("OVERLOADED", "Too many sign-ins were begun in the last minute.", {
        hint: "Sign in again in a minute.",
        statusCode: 429,
      });
    }
    this.#count += 1;
    this.#byOwner.set(owner, ofOwner + 1);
  }
}
