/**
 * Signing in by saying a name, without a proof: for a press for trying, and only for those who sit at its machine.
 */
import { isIPv4 } from "node:net";
import type { FastifyRequest } from "fastify";
import { isSubject, type JwtOptions, SUBJECT_FORM } from "./auth.ts";
import { makeToken } from "./makeToken.ts";
import { refusal } from "./refusals.ts";

/** Makes the token of whoever says so. Throws INVALID_INPUT for what cannot be a name. */
export type MakeTrialToken = (name: string, isOperator: boolean) => Promise<string>;

const EXPIRES = "12h";

/** @throws {Error} when tokens are checked with an issuer's keys, so that none can be made here */
export function trialTokenMaker({ key, ...terms }: JwtOptions): MakeTrialToken {
  if (!("secret" in key)) throw new Error("Signing in for trying needs tokens with a shared secret.");
  const { secret } = key;
  return async (name, isOperator) => {
    if (isSubject(name) && name.trim() === name)
      return makeToken({ ...terms, secret }, { subject: name, isOperator, expires: EXPIRES });
    throw refusal("INVALID_INPUT", `The name must be ${SUBJECT_FORM}, without a space at either end.`, {
      statusCode: 400,
    });
  };
}

/** The headers of proxies: the one whom they bring may be anywhere. */
const FORWARDED = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/**
 * Whether a request comes from this machine, asks for it by a name of its own, and was forwarded by nobody, as far as that can be told. Another name
 * would be that of a page whose owner has pointed it at us (DNS rebinding). A proxy may bring a request without a word of its own
 * and with our name as Host; but the origin of the page, which browsers send with every POST, is the browser's word.
 */
export function isLocal({ headers, method, socket }: FastifyRequest): boolean {
  const { host, origin } = headers;
  const isForwarded = FORWARDED.some((name) => headers[name] !== undefined);
  const isOfLocalPage = origin === undefined ? method === "GET" : isLoopbackUrl(origin);
  return !isForwarded && isLoopback(socket.remoteAddress ?? "") && isLoopbackUrl(`http://${host}`) && isOfLocalPage;
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, "");
  return plain === "::1" || (isIPv4(plain) && plain.startsWith("127."));
}

function isLoopbackUrl(url: string): boolean {
  const hostname = URL.parse(url)?.hostname ?? "";
  return hostname === "localhost" || isLoopback(hostname.replace(/^\[|\]$/g, ""));
}
