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

/** A type that answers of GraphQL have; any of them, where a client names none. */
export type GraphqlTaste = "application/graphql-response+json" | "application/json" | "*/*";

/** In which type a client wants an answer of GraphQL; null: in none that there is. What of the header cannot be read counts as not there. */
export function graphqlTasteOf({ accept = "" }: IncomingHttpHeaders): GraphqlTaste | null {
  if (accept.trim() === "") return "*/*";
  const weights = new Map(accept.split(",").map(weighed));
  const others = weights.get("application/*") ?? weights.get("*/*") ?? 0;
  const [graphql, json] = (["application/graphql-response+json", "application/json"] as const).map(
    (type) => weights.get(type) ?? others,
  ) as [number, number];
  if (graphql === 0 && json === 0) return null;
  if (graphql !== json) return graphql > json ? "application/graphql-response+json" : "application/json";
  if (weights.has("application/graphql-response+json")) return "application/graphql-response+json";
  return weights.has("application/json") ? "application/json" : "*/*";
}

/** One range of an Accept header, and its weight. */
function weighed(range: string): [name: string, weight: number] {
  const [name = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.map((parameter) => /^q\s*=\s*([01](?:\.\d{0,3})?)$/.exec(parameter)?.[1]).find(Boolean);
  return [name, Math.min(Number(weight ?? 1), 1)];
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
