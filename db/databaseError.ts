/** How long a host may take to let somebody in, network, TLS and password included. */
export const CONNECT_MILLISECONDS = 5_000;

/** A database cannot be used. The message is one sentence that says why, and what to do next. */
export class UnusableDatabaseError extends Error {
  override readonly name = "UnusableDatabaseError";
}

/** What a person is told about an error of the database or on the way to it: what was said, and what to do where that is known. */
export function describeDatabaseError(error: unknown): string {
  if (error instanceof UnusableDatabaseError) return error.message;
  const { message, errors } = error as { message?: string; errors?: unknown[] };
  // Node tries every address of a host and reports all the failures: one of them says enough.
  if ((message ?? "") === "" && errors?.[0] !== undefined) return describeDatabaseError(errors[0]);
  const said = message ?? String(error);
  const advice = adviceFor(error, said);
  return advice === undefined ? said : `${said}: ${advice}`;
}

function adviceFor(error: unknown, said: string): string | undefined {
  const byMessage = ADVICE_BY_MESSAGE.find(([pattern]) => pattern.test(said))?.[1];
  return byMessage ?? ADVICE_BY_CODE[(error as { code?: string }).code ?? ""];
}

/** Where the code is missing, or says less than the words. */
const ADVICE_BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [
    /timeout expired|due to connection timeout|when trying to connect/,
    `nothing answered within ${CONNECT_MILLISECONDS / 1000} s; check the host and port of the URL, and the firewalls on the way.`,
  ],
  [/no pg_hba\.conf entry.*no encryption/, "the server may want TLS; add ?sslmode=verify-full to the URL."],
  [/client password must be a/, "the URL has no password; add it."],
  [/does not support SSL/, "correct the URL, or take sslmode from it."],
  [/Connection terminated unexpectedly/, "the server ended the connection; see its log."],
];

const UNTRUSTED =
  "the certificate of the server is not trusted; add &sslrootcert=FILE to the URL, with that of its authority.";
const NO_SUCH_HOST = "the name of the host is not known; correct the URL.";
const NO_WAY = "there is no way to the host; correct the URL, or see to the network.";
const NOT_INSTALLED = "the press is not installed in this database, or is of another version; run `npm run migrate`.";

/** By SQLSTATE, or by the code of Node. */
const ADVICE_BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED: "no database answers there; start it, or correct the URL.",
  ENOTFOUND: NO_SUCH_HOST,
  EAI_AGAIN: NO_SUCH_HOST,
  EHOSTUNREACH: NO_WAY,
  ENETUNREACH: NO_WAY,
  ETIMEDOUT: NO_WAY,
  ECONNRESET: "the connection was cut; is it a PostgreSQL that listens there?",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is of another host; use the name that it has.",
  "25006": "the server is a standby, or the database is read-only; use the URL of the primary.",
  "28P01": "the URL has another password than the login (alter role … password '…').",
  "28000": "the login of the URL is not let in; see pg_hba.conf of the server.",
  "3D000": "make the database, or correct the URL.",
  "3F000": NOT_INSTALLED,
  "42883": NOT_INSTALLED,
  "42P01": NOT_INSTALLED,
  "53300": "the server has no connection left; raise max_connections, or stop something.",
  "57P03": "the server is starting or stopping; try again in a moment.",
};
