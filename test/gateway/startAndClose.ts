/* A gateway in a process of its own, which starts, answers one question of each kind, and closes. Whatever it left open would keep the
   process alive. */

import { startGateway } from "../../gateway/server.ts";
import { askOver, JWT, makeToken, TestGateway } from "./testGateway.ts";

const gateway = await startGateway({
  databaseUrl: process.argv[2] ?? "",
  host: "127.0.0.1",
  port: 0,
  jwt: JWT,
  allowedOrigins: [],
  graphiql: true,
  logLevel: "silent",
  development: true,
});
const asked = new TestGateway(gateway);
const client = asked.webSocket();
const subscriber = asked.webSocket({ authorization: `Bearer ${await makeToken("alice")}` });
const events = subscriber.iterate({ query: "subscription { ticketChanged { ticket { rowId } } }" });
console.log((await asked.ask("{ editions { totalCount } }", { token: await makeToken("alice") })).text);
console.log((await askOver(client, "{ editions { totalCount } }")).text);
console.log(JSON.stringify((await events.next()).value));
const ended = events.next().catch(({ code }: { code: number }) => code);
await gateway.close();
console.log("closed", await ended);
await Promise.all([client.dispose(), subscriber.dispose()]);
