/** How the press is known to everybody who has a credential of it. Gateway and worker each make it of their own configuration, which must agree. */
import { isIPv6 } from "node:net";
import { didOfOrigin } from "./verifier/index.ts";

export interface PublicIdentity {
  /** Where its gateway is, without a slash at the end: `https://press.example`. */
  readonly baseUrl: string;
  /** The same as a DID of the method web: `did:web:press.example`; a port follows behind `%3A`. */
  readonly did: string;
}

/** What it is made of, as the configuration has it. */
export interface PublicPlace {
  readonly publicUrl?: string | undefined;
  readonly host: string;
  readonly port: number;
}

/**
 * What credentials name as their issuer, and where their status lists are: PUBLIC_URL; without it the address on which the gateway listens,
 * which is enough for this machine.
 */
export function publicIdentity({ publicUrl, host, port }: PublicPlace): PublicIdentity {
  const { origin } = new URL(publicUrl ?? `http://${reachable(host)}:${port}`);
  return { baseUrl: origin, did: didOfOrigin(origin) };
}

/** A gateway that listens on all addresses is reached at that of this machine. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return isIPv6(host) ? `[${host}]` : host;
}
