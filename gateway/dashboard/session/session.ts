/** Who is signed in. The token itself stays with the gateway, in a cookie that no script can read. */

/** How one signs in here: `trial` by typing a name, `oidc` at a provider, null not at all. */
export type SignInWay = "trial" | "oidc" | null;

export type Session =
  | { readonly signedIn: false; readonly signIn: SignInWay }
  | {
      readonly signedIn: true;
      readonly subject: string;
      readonly role: "holder" | "operator";
      /** RFC 3339. */
      readonly expiresAt: string;
      readonly signIn: SignInWay;
    };

export const SIGNED_OUT: Session = { signedIn: false, signIn: null };

/**
 * Who is signed in, as a page says it with every request: the gateway refuses one that comes with somebody else's cookie, as it would from a page
 * that has not heard yet that another tab signed in.
 *
 * @returns such as `holder:alice`, the name percent-encoded; null for nobody
 */
export function callerOf(session: Session): string | null {
  return session.signedIn ? `${session.role}:${encodeURIComponent(session.subject)}` : null;
}

/** Asks the gateway who is signed in. @throws {Error} when it cannot be asked */
export function readSession(): Promise<Session> {
  return ask("GET");
}

/** Signs in under any name: only a press on this machine, to try things, allows it. @throws {Error} with the reason as a sentence */
export function signInForTrial(name: string, operator: boolean): Promise<Session> {
  return ask("POST", { name, operator });
}

/** @throws {Error} when the gateway cannot be asked; then one is still signed in */
export function signOut(): Promise<Session> {
  return ask("DELETE");
}

/** Where signing in at the provider begins. */
export function providerPath(returnPath: string): string {
  return `/session/start?return=${encodeURIComponent(returnPath)}`;
}

async function ask(method: string, body?: object): Promise<Session> {
  return parseSession(await (await request(method, body)).json());
}

async function request(method: string, body?: object): Promise<Response> {
  const content = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch("/session", { method, ...content, cache: "no-store" });
  if (!response.ok) throw new Error(await reasonOf(response));
  return response;
}

async function reasonOf(response: Response): Promise<string> {
  const answer = (await response.json().catch(() => null)) as { errors?: { message?: unknown }[] } | null;
  const message = answer?.errors?.[0]?.message;
  return typeof message === "string"
    ? message.replace(/^[A-Z_]+: /, "")
    : `The press answered ${response.status}. Try again in a moment.`;
}

/** What is not a session, as it was agreed, counts as signed out. */
export function parseSession(answer: unknown): Session {
  if (typeof answer !== "object" || answer === null) return SIGNED_OUT;
  const { signedIn, signIn, subject, role, expiresAt } = answer as Record<string, unknown>;
  const way = signIn === "trial" || signIn === "oidc" ? signIn : null;
  const isWhole = typeof subject === "string" && typeof expiresAt === "string";
  if (signedIn !== true || !isWhole || (role !== "holder" && role !== "operator"))
    return { signedIn: false, signIn: way };
  return { signedIn: true, subject, role, expiresAt, signIn: way };
}
