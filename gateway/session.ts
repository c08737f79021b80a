/**
 * The session of a browser: a cookie with the token of whoever has signed in. Scripts cannot read it, and other sites' pages cannot make a
 * browser send it (SameSite=Strict); but pages of the same site can, such as those of another port of this machine, because cookies know no
 * ports. So it counts only in what a page of the gateway's own has sent.
 *
 * There is no list of sessions: a token is checked each time, as one in a header is, by the same function, and any number of gateways can.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Identity } from "./auth.ts";
import { isFromOwnPage, type Origins } from "./origins.ts";
import { refusal } from "./refusals.ts";

/** What of a request says who sends it. */
export type CredentialHeaders = Pick<
  IncomingHttpHeaders,
  "authorization" | "cookie" | "host" | "origin" | "sec-fetch-site"
>;

/** The name of the cookie, where browsers may send it without TLS. */
export const SESSION_COOKIE = "golden_press_session";
/** What a sign-in has to remember until its person comes back from the provider. */
export const SIGN_IN_COOKIE = "golden_press_sign_in";
/** The same of a proof with a provider, and what the provider has said. */
export const EVIDENCE_COOKIE = "golden_press_evidence";

/**
 * Whom the page shows that sends a request: `holder` or `operator`, a colon, and the subject, percent-encoded. A browser's tabs share one
 * session, so one that still shows alice sends bob's cookie when he has signed in in another. Over a WebSocket it is `caller` in the
 * connectionParams. Pages of other origins have no session, and are not told that they may send it.
 */
export const CALLER_HEADER = "x-press-caller";

/** Browsers promise to keep a cookie of so many bytes, its name and attributes included, and drop longer ones without a word (RFC 6265, 6.1). */
const COOKIE_BYTES_MAX = 4_096;
/**
 * The cookie outlives its token by a day: a page that has been open for too long hears UNAUTHENTICATED then, and does not go on as nobody
 * while it shows somebody's name.
 */
const EXPIRED_SECONDS = 86_400;

/** Pages of the allowed origins may use the gateway, but not the session of its own pages. */
export interface SessionsOptions extends Origins {
  /** Whether browsers may send the cookies over TLS only. */
  readonly isHttpsOnly: boolean;
}

export class Sessions {
  readonly #allowedOrigins: ReadonlySet<string>;
  readonly #publicOrigin: string | undefined;
  readonly #isHttpsOnly: boolean;

  constructor({ allowedOrigins, publicOrigin, isHttpsOnly }: SessionsOptions) {
    this.#allowedOrigins = new Set(allowedOrigins);
    this.#publicOrigin = publicOrigin;
    this.#isHttpsOnly = isHttpsOnly;
  }

  /**
   * The text of the Authorization header that a request has or, without one, that its session stands for; undefined for nobody's. To the pages of
   * allowed origins there is no session.
   *
   * @throws {SafeError} ORIGIN_NOT_ALLOWED for a session in a request that none of the gateway's own pages has sent
   */
  authorizationOf(headers: CredentialHeaders): string | undefined {
    if (headers.authorization !== undefined) return headers.authorization;
    const token = this.tokenOf(headers);
    if (token === undefined) return undefined;
    if (isFromOwnPage(headers, this.#publicOrigin)) return `Bearer ${token}`;
    if (headers.origin !== undefined && this.#allowedOrigins.has(headers.origin)) return undefined;
    throw foreignPage();
  }

  /**
   * Lets only the gateway's own pages sign in and out.
   *
   * @throws {SafeError} ORIGIN_NOT_ALLOWED for any other
   */
  requireOwnPage(headers: IncomingHttpHeaders): void {
    if (!isFromOwnPage(headers, this.#publicOrigin)) throw foreignPage();
  }

  /** The token in the cookie, whoever sends it; it is not checked. */
  tokenOf({ cookie }: Pick<IncomingHttpHeaders, "cookie">): string | undefined {
    return this.read(SESSION_COOKIE, cookie);
  }

  /**
   * The header Set-Cookie that begins a session.
   *
   * @returns null when the token is longer than browsers keep
   */
  begin(token: string, expiresAt: number): string | null {
    const seconds = Math.max(0, Math.ceil((expiresAt - Date.now()) / 1000)) + EXPIRED_SECONDS;
    const header = this.write(SESSION_COOKIE, token, { seconds, sameSite: "Strict" });
    return header.length <= COOKIE_BYTES_MAX ? header : null;
  }

  /** The header Set-Cookie that ends it. */
  end(): string {
    return this.write(SESSION_COOKIE, "", { seconds: 0, sameSite: "Strict" });
  }

  /**
   * Reads one of the gateway's cookies. Where there are several of that name, somebody else has planted one, and none of them is good: they are
   * the empty text.
   */
  read(name: string, cookies: string | undefined): string | undefined {
    const start = `${this.#nameOf(name)}=`;
    const pairs = cookies?.split(";").map((pair) => pair.trim()) ?? [];
    const values = pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length));
    return values.length > 1 ? "" : values[0];
  }

  /**
   * Makes one, as the text of a header Set-Cookie.
   *
   * @param value of letters, digits and the like, as tokens are; it is not encoded
   */
  write(name: string, value: string, { seconds, sameSite }: { seconds: number; sameSite: "Strict" | "Lax" }): string {
    const attributes = `Max-Age=${seconds}; Path=/; HttpOnly; SameSite=${sameSite}${this.#isHttpsOnly ? "; Secure" : ""}`;
    return `${this.#nameOf(name)}=${value}; ${attributes}`;
  }

  /** With this prefix browsers take a cookie from the very host only and over TLS only, so that no neighbour can plant one. */
  #nameOf(name: string): string {
    return this.#isHttpsOnly ? `__Host-${name}` : name;
  }
}

/**
 * Holds what a session stands for against whom the page shows.
 *
 * @param caller the text of {@link CALLER_HEADER}; undefined where the page does not say
 * @throws {SafeError} UNAUTHENTICATED when it is somebody else, or nobody any more
 */
export function requireCaller(caller: unknown, { role, subject }: Identity): void {
  if (caller === undefined) return;
  if (subject !== null && isCaller(caller, role.replace("press_", ""), subject)) return;
  throw refusal("UNAUTHENTICATED", "This browser's session is not the one of the person whom the page shows.", {
    hint: "Load the page again: it shows then who is signed in.",
    statusCode: 401,
  });
}

function isCaller(caller: unknown, role: string, subject: string): boolean {
  if (typeof caller !== "string" || !caller.startsWith(`${role}:`)) return false;
  try {
    return decodeURIComponent(caller.slice(role.length + 1)) === subject;
  } catch {
    return false;
  }
}

/** The refusal of what only the gateway's own pages may ask for. */
function foreignPage(): Error {
  return refusal("ORIGIN_NOT_ALLOWED", "A session counts only for what the gateway's own pages send.", {
    hint: "Send a token in the Authorization header instead.",
    statusCode: 403,
  });
}
