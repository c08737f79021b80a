/** A connection to a NATS server, for the stream of the events. */
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe } from "node:diagnostics_channel";
import { isIP, type Socket } from "node:net";
import {
  type Authenticator,
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type NatsConnection,
} from "@nats-io/transport-node";
import { EventStreamError } from "./streamError.ts";

/** How a server lets in. */
export interface ConnectOptions {
  /** What a file of credentials (.creds) holds. */
  readonly credentials?: string | undefined;
  /** The certificates (PEM) of those who may vouch for the servers; those that Node trusts unless given. With them TLS is required. */
  readonly ca?: string | undefined;
  /** How long a server may take to let in; two seconds unless told. */
  readonly connectMilliseconds?: number | undefined;
}

/** A server's answers to the press come here, where consumers need not be let listen. */
const INBOX_PREFIX = "_INBOX_PRESS";
const CONNECT_MILLISECONDS = 2_000;

/** What has been opened for the attempt that is under way. */
const socketsOfAttempt = new AsyncLocalStorage<Set<Socket>>();
subscribe("net.client.socket", (message) => {
  socketsOfAttempt.getStore()?.add((message as { readonly socket: Socket }).socket);
});

/**
 * Connects, unless the signal comes first; then, or when it comes later, the connection is closed.
 *
 * @param url of the server, with a user and password, or a token, if need be
 */
export async function openConnection(
  url: URL,
  connectOptions: ConnectOptions,
  signal: AbortSignal | undefined,
): Promise<NatsConnection> {
  const options = connectionOptions(url, connectOptions);
  if (signal === undefined) return attempt(options);
  const { promise: givenUp, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(new EventStreamError("No NATS server has answered before the worker was stopped."));
  signal.addEventListener("abort", giveUp);
  if (signal.aborted) giveUp();
  const connecting = signal.aborted ? givenUp : attempt(options, signal);
  connecting.then((connection) => closeWith(signal, connection)).catch(() => undefined); // Who waits for it hears of it below.
  try {
    return await Promise.race([connecting, givenUp]);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** One server at a time, so that each may have a user of its own. The client itself would not read one from a URL. */
function connectionOptions(
  { protocol, hostname, host, port, username, password }: URL,
  options: ConnectOptions,
): ConnectionOptions {
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  const isSecure = protocol === "tls:" || options.ca !== undefined;
  const address = hostname.replace(/^\[|\]$/g, "");
  return {
    servers: port === "" ? `${host}:4222` : host,
    name: "golden-press-worker",
    inboxPrefix: INBOX_PREFIX,
    reconnect: false,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
    timeout: options.connectMilliseconds ?? CONNECT_MILLISECONDS,
    ...(pass === "" ? user !== "" && { token: user } : { user, pass }),
    ...(options.credentials !== undefined && { authenticator: authenticatorOf(options.credentials) }),
    // A certificate for an address is held against the host, which the client does not say by itself.
    ...(isSecure && { tls: { ca: options.ca, ...(isIP(address) > 0 && { host: address }) } }),
  };
}

/** The client leaves the socket of a server that says nothing open, for as long as that one does: each attempt would add one. */
async function attempt(options: ConnectionOptions, signal?: AbortSignal): Promise<NatsConnection> {
  const sockets = new Set<Socket>();
  const giveUp = () => {
    for (const socket of sockets) socket.destroy();
  };
  signal?.addEventListener("abort", giveUp);
  try {
    return await socketsOfAttempt.run(sockets, () => connect(options));
  } catch (error) {
    giveUp();
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

function closeWith(signal: AbortSignal, connection: NatsConnection): void {
  const close = () => void connection.close();
  signal.addEventListener("abort", close);
  if (signal.aborted) close();
  void connection.closed().then(() => signal.removeEventListener("abort", close));
}

function authenticatorOf(credentials: string): Authenticator {
  const authenticator = credsAuthenticator(new TextEncoder().encode(credentials));
  try {
    authenticator("a challenge"); // The client would find out when it answers the server's.
  } catch {
    throw new EventStreamError(
      "The file of NATS_CREDENTIALS_FILE has no credentials of a NATS user: name a .creds file, as nsc writes one.",
    );
  }
  return authenticator;
}
