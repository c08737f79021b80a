import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedServer, startEmbeddedServer } from "./embedded.ts";

/**
 * A server in a temporary folder that leaves nothing behind: `stop()` also removes its data, and so does the death of this
 * process, however it dies.
 */
export async function startThrowawayServer(binDirectory?: string): Promise<EmbeddedServer> {
  const home = await mkdtemp(join(tmpdir(), "golden-press-"));
  // Started by root, the server runs as another user, who must be able to enter.
  await chmod(home, 0o755);
  cleanUpAfterDeath(home);
  const server = await startEmbeddedServer({ home, throwaway: true, log: () => undefined, binDirectory });
  return {
    ...server,
    stop: async () => {
      await server.stop();
      await rm(home, { recursive: true });
    },
  };
}

/** Lends a throwaway server to `work` and stops it whatever happens. */
export async function withThrowawayServer<Result>(work: (server: EmbeddedServer) => Promise<Result>): Promise<Result> {
  const server = await startThrowawayServer();
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}

/** A shell reads from a pipe that ends when this process does, be it by SIGKILL; then it removes the home's server and data. */
export function cleanUpAfterDeath(home: string): void {
  const script = 'cat; kill -QUIT "$(head -n 1 "$0/postgres/postmaster.pid")"; rm -rf "$0"';
  const shell = spawn("sh", ["-c", script, home], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  shell.unref();
  (shell.stdin as Socket).unref();
}
