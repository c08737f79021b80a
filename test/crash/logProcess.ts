/* Writes as many lines of half a kilobyte as it is told, says that it went on, and writes one more when it is told to. */
import { once } from "node:events";
import { makeLogger } from "../../logging.ts";

const log = makeLogger("talker", "info");
for (let n = 0; n < Number(process.argv[2]); n += 1) log.info({ n, words: "x".repeat(450) }, "a line");
process.send?.("went on");
await once(process, "message");
while (process.stdout.writableLength > 0) await once(process.stdout, "drain");
log.info("the last line");
process.disconnect();
