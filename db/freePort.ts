/** A port for a server that has to be told one before it listens, and that should still find it free after a restart. */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that kernels give to whoever connects or listens without naming one: nothing gets such a port by chance while its server is away. */
const [LOWEST, BEYOND] = [15_000, 32_000];

/**
 * A port of 127.0.0.1 on which nobody listens.
 *
 * @param preferred this one, if it is free
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (;;) {
    const port = randomInt(LOWEST, BEYOND);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, "127.0.0.1");
  const isListening = await once(probe, "listening").then(
    () => true,
    () => false,
  );
  if (!isListening) return false;
  probe.close();
  await once(probe, "close");
  return true;
}
