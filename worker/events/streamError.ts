import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";

/** Events cannot go out. The message is one sentence that says why and what to do; it has no password in it, and nothing that steers a terminal. */
export class EventStreamError extends Error {
  override readonly name: string = "EventStreamError";

  constructor(message: string) {
    super(printable(message));
  }
}

/** A broker's own words are in many of the messages: control and format characters become spaces. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, " ");
}

/** A server took too long: it may be asked for less. */
export class SilentServerError extends EventStreamError {
  override readonly name = "SilentServerError";
}

/** The stream is not what this ledger's events make, and it is not the press that may set it right. */
export class ForeignStreamError extends EventStreamError {
  override readonly name = "ForeignStreamError";
}

/** Codes of JetStream: there is no room, in the store, for the account, or under a limit of the stream. */
const NO_ROOM = new Set([10_002, 10_023, 10_028, 10_047, 10_077]);

/**
 * What a person is told of a failure.
 *
 * @param server the host and port that were spoken to
 */
export function streamError(error: unknown, server: string): EventStreamError {
  if (error instanceof EventStreamError) return error;
  const root = rootOf(error);
  if (root instanceof errors.TimeoutError) {
    return new SilentServerError(`The NATS server ${server} does not answer: see to it.`);
  }
  return new EventStreamError(sentence(root, server));
}

/** The client wraps what has gone wrong in the request that it went wrong in. */
function rootOf(error: unknown): Error {
  const { cause } = error as Error;
  return error instanceof errors.RequestError && cause instanceof Error ? cause : (error as Error);
}

function sentence(error: Error, server: string): string {
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
    return `The NATS server ${server} does not let the worker in: correct the user and password in NATS_URL, or NATS_CREDENTIALS_FILE.`;
  }
  if (error instanceof errors.PermissionViolationError) {
    return `The NATS server ${server} does not let the worker ${error.operation === "publish" ? "publish" : "subscribe"} to ${error.subject}: give its user that permission.`;
  }
  if (error.name === "JetStreamNotEnabled" || error instanceof errors.NoRespondersError) {
    return `The NATS server ${server} has no JetStream for the worker, or is just starting: turn on jetstream in its configuration, and see whether its disk is full.`;
  }
  if (error instanceof JetStreamApiError) {
    const advice = NO_ROOM.has(error.code) ? "give it more room" : "see its configuration and its log";
    return `JetStream of the NATS server ${server} refuses (${error.code}, ${error.message}): ${advice}.`;
  }
  const { code = "" } = error as NodeJS.ErrnoException;
  if (/CERT|ERR_TLS|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return `The NATS server ${server} has no certificate that can be trusted (${code}): name its authority in NATS_CA_FILE, and use the host name that the certificate is for.`;
  }
  return `The NATS server ${server} cannot be reached (${code || error.message}): start it, or correct NATS_URL.`;
}
