/** How far a request may go to a server that another server has named. */
import { isLoopbackHost, isWithin, type Reach } from "./addresses.ts";
import { type GuardedRequest, guardedFetch, OutOfReachError, OutsideError } from "./guardedFetch.ts";

/**
 * How far a request may go: whom the operator has named may be in the operator's own network; whom that one names may not.
 *
 * @param named what the operator has named
 * @param url what it says is to be asked; the same, or another server
 * @returns undefined when nothing is to be sent there, because nobody protects it on its way
 */
export function reachBehind(named: URL, url: URL): Reach | undefined {
  if (isLoopbackHost(url.hostname) && isLoopbackHost(named.hostname)) return "loopback";
  if (url.origin === named.origin) return "network";
  return url.protocol === "https:" ? "internet" : undefined;
}

/**
 * Asks where somebody says that they are to be asked.
 *
 * @param named what the operator has named
 * @param url what it says is to be asked; the same, or another server
 * @throws {OutsideError} as {@link guardedFetch}, and when nobody would protect the request; where the operator can help, the message says how
 */
export async function fetchBehind(named: URL, url: URL, request: Omit<GuardedRequest, "reach">): Promise<Response> {
  const reach = reachBehind(named, url);
  if (reach === undefined)
    throw new OutsideError(`${named.host} names a server without https (${url.protocol}//${url.host})`);
  try {
    return await guardedFetch(url, { ...request, reach });
  } catch (error) {
    const wouldBeInReach =
      reach === "internet" && error instanceof OutOfReachError && isWithin("network", error.address);
    if (!wouldBeInReach) throw error;
    throw new OutsideError(
      `${error.message}: in private networks only ${named.origin} itself is asked, which the operator has named; have it name an address at that origin, or a public one`,
      { cause: error },
    );
  }
}
