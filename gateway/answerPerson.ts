import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { httpRefusal } from "./masking.ts";
import { acceptsType } from "./negotiation.ts";
import type { RefusalExtensions } from "./refusals.ts";

/** What a page says above the reason for which somebody got no further. */
export interface Failure {
  readonly title: string;
  readonly heading: string;
}

/** Makes the error handler of addresses that are visited: whoever gets no further is told in a page, and programs hear the same as everywhere. */
export function makeAnswerPerson({ title, heading }: Failure) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { status, answer } = httpRefusal(error, request.log);
    reply.code(status).headers({ "cache-control": "no-store", vary: "accept" });
    if (!acceptsType(request.headers, "text/html")) return reply.send(answer);
    const [{ message, extensions }] = (answer as { errors: [{ message: string; extensions: RefusalExtensions }] })
      .errors;
    const paragraphs = [message.replace(/^[A-Z_]+: /, ""), extensions.detail, extensions.hint]
      .filter((text) => text !== undefined)
      .map((text) => `<p>${escaped(text)}</p>`);
    return reply.type("text/html; charset=utf-8").send(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title></head>
<body>
<h1>${heading}</h1>
${paragraphs.join("\n")}
<p><a href="/">To the dashboard</a></p>
</body>
</html>
`);
  };
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? "");
}
