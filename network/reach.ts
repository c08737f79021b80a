/** How far a request may go to a server that another server has named. */
import { isLoopbackHost, type Reach } from "./addresses.ts";

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
