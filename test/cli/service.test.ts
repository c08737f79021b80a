/* How a process of the press ends when it is asked to. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cleanEnvironment } from "./support.ts";

const SERVICE = join(import.meta.dirname, "../../cli/service.ts");

/** @returns how a process has ended whose service has left this open */
async function endOf(leftOpen: string): Promise<{ code: number | null; output: string }> {
  const script = `
    const { runService } = await import(${JSON.stringify(SERVICE)});
    const work = setInterval(() => undefined, 1_000);
    const stop = async () => { clearInterval(work); ${leftOpen}; console.log("stopped"); };
    const running = runService({ stop }, {});
    console.log("ready");
    await running;`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { env: cleanEnvironment({}) });
  let output = "";
  child.stdout.on("data", (piece) => {
    output += piece;
    if (output === "ready\n") child.kill("SIGTERM");
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

test.each([
  ["nothing", ""],
  ["a connection on which nobody answers", `(await import("node:net")).createServer().listen(0)`],
  ["a timer", "setInterval(() => undefined, 1_000)"],
])("a service that has left %s open ends when it has stopped", async (_, leftOpen) => {
  expect(await endOf(leftOpen)).toEqual({ code: 0, output: "ready\nstopped\n" });
});
