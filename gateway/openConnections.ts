/**
 * How much is held open. A connection that is kept costs its client nothing, token or not, so they are counted before they are opened: all of
 * them, and those of each address.
 */
import { isIPv6 } from "node:net";
import { refusal, TRY_AGAIN } from "./refusals.ts";

export interface OpenBounds {
  /** Open at once, in all. */
  readonly max: number;
  /** Open at once from one address, of IPv6 from one network of 64 bits; behind a proxy that is not trusted, that is the proxy's. */
  readonly perAddressMax: number;
}

/** What is held open until it says `close`: a socket, an answer. */
interface Held {
  readonly destroyed: boolean;
  once(event: "close", listener: () => void): unknown;
}

export class OpenConnections {
  readonly #name: string;
  readonly #bounds: OpenBounds;
  readonly #byOwner = new Map<string, number>();
  #count = 0;

  /** @param name of what is counted, as a refusal calls it: "WebSockets" */
  constructor(name: string, bounds: OpenBounds) {
    this.#name = name;
    this.#bounds = bounds;
  }

  /** How many are open. */
  get count(): number {
    return this.#count;
  }

  /**
   * Counts one until it closes.
   *
   * @throws {SafeError} OVERLOADED beyond the bounds
   */
  enter(address: string, held: Held): void {
    if (held.destroyed) return;
    const owner = ownerOf(address);
    if (this.#count >= this.#bounds.max || (this.#byOwner.get(owner) ?? 0) >= this.#bounds.perAddressMax) {
      throw refusal("OVERLOADED", `Too many ${this.#name} are open.`, { hint: TRY_AGAIN, statusCode: 503 });
    }
    this.#add(owner, 1);
    held.once("close", () => this.#add(owner, -1));
  }

  #add(owner: string, change: 1 | -1): void {
    this.#count += change;
    const ofOwner = (this.#byOwner.get(owner) ?? 0) + change;
    if (ofOwner > 0) this.#byOwner.set(owner, ofOwner);
    else this.#byOwner.delete(owner);
  }
}

/** An address of IPv4, as sockets of IPv6 write it (RFC 4291, 2.5.5.2). */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Who has an address, as far as it is counted: one client of IPv6 has the whole network of 64 bits (RFC 4291, 2.5.4). */
export function ownerOf(address: string): string {
  const mapped = MAPPED.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  // In the one form that URLs have: no zone, no leading zeros, no dots.
  const [withoutZone] = address.split("%");
  const [head = "", tail = ""] = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1).split("::");
  const [first, last] = [head, tail].map((part) => (part === "" ? [] : part.split(":"))) as [string[], string[]];
  const zeros = Array<string>(8 - first.length - last.length).fill("0");
  return `${[...first, ...zeros, ...last].slice(0, 4).join(":")}::/64`;
}
