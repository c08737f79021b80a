/** What a client says that it takes, and that it has already (RFC 9110). */
import type { IncomingHttpHeaders } from "node:http";

/** Whether an answer may be compressed so. Only what is named counts: whoever takes anything (`*`) takes it plain. */
export function acceptsEncoding(headers: IncomingHttpHeaders, encoding: "br" | "gzip"): boolean {
  return isTaken(encoding, headers["accept-encoding"]);
}

/** Whether a type of media is asked for by its name, as browsers ask for pages. */
export function acceptsType({ accept }: IncomingHttpHeaders, type: string): boolean {
  return isTaken(type, accept);
}

/** Whether it has the answer with this ETag already (RFC 9110, 13.1.2). */
export function hasAlready({ "if-none-match": ifNoneMatch }: IncomingHttpHeaders, etag: string): boolean {
  const known = ifNoneMatch?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
  return known.includes(etag) || known.includes("*");
}

/** Whether a list names an item, and not with the weight 0. */
function isTaken(item: string, list: string | string[] | undefined): boolean {
  return String(list ?? "")
    .split(",")
    .some((one) => {
      const [name = "", ...parameters] = one.split(";").map((part) => part.trim().toLowerCase());
      return name === item && !parameters.some((parameter) => /^q\s*=\s*0(\.0*)?$/.test(parameter));
    });
}
