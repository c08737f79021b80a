/**
 * What the HTTP routes of GraphQL have beyond those that grafserv makes: only bodies that are requests come in, only by POST, and the type of the
 * answer is one that its client takes.
 */
import type { FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { type GraphqlTaste, graphqlTasteOf } from "./negotiation.ts";
import { errorAnswer, refusal } from "./refusals.ts";

/** Completes the route of a method; where operations are persisted, an id may stand for the document. */
export function completeGraphqlRoute(route: RouteOptions, arePersisted: boolean): void {
  if (route.method !== "POST") {
    route.handler = refuseMethod;
    return;
  }
  route.schema = { body: arePersisted ? { ...graphqlBody, ...eitherWay } : graphqlBody };
  route.onRequest = chooseType;
  route.onSend = nameType;
}

/** What GraphQL over HTTP sends. */
const graphqlBody = {
  type: "object",
  required: ["query"],
  properties: {
    query: { type: "string" },
    operationName: { type: ["string", "null"] },
    variables: { type: ["object", "null"] },
    extensions: { type: ["object", "null"] },
  },
};

/** What names the document, of which an operation that is persisted needs one. */
const eitherWay = {
  required: [],
  properties: { ...graphqlBody.properties, documentId: { type: "string" } },
  anyOf: ["query", "documentId", "extensions"].map((name) => ({ required: [name] })),
};

async function refuseMethod(_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const error = refusal("METHOD_NOT_ALLOWED", "GraphQL is asked with POST, or over a WebSocket.");
  return reply.code(405).header("allow", "POST").send(errorAnswer(error));
}

const tastes = new WeakMap<FastifyRequest, GraphqlTaste>();

/** grafserv fails at headers that it cannot read, so it gets none but ours. */
async function chooseType(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const taste = graphqlTasteOf(request.headers);
  if (taste === null) {
    const error = refusal(
      "NOT_ACCEPTABLE",
      "GraphQL answers as application/graphql-response+json or application/json.",
      {
        hint: "Name one of these in the Accept header, or leave it out.",
      },
    );
    return reply.code(406).send(errorAnswer(error));
  }
  tastes.set(request, taste);
  request.headers.accept = taste === "application/json" ? taste : "application/graphql-response+json";
  return undefined;
}

/**
 * Who takes anything gets what every client of HTTP can read. A refused document keeps the type under which 400 says something: as application/json
 * its status would have to be 200 (GraphQL over HTTP, 6.4.1).
 */
async function nameType(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (tastes.get(request) === "*/*" && reply.statusCode === 200) reply.type("application/json; charset=utf-8");
  return payload;
}
