/* A process that owns an embedded server, for tests that kill it: starts the server of the folder in its first argument, says
   so to its parent, and does what the parent says. Interrupts are left to the parent, as a supervisor would. */
import { startEmbeddedServer } from "../../db/embedded.ts";
import { startThrowawayServer } from "../../db/throwaway.ts";

const home = process.argv[2];
const server = home ? await startEmbeddedServer({ home, log: () => undefined }) : await startThrowawayServer();
process.on("SIGINT", () => process.send?.("interrupted"));
process.on("message", () => void server.stop().then(() => process.disconnect()));
process.send?.(server.superuserUrl("postgres"));
