/* What the containers run beside golden-press itself, run here without a container. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readWalletKey } from "../../worker/chain/wallet.ts";
import { cleanEnvironment } from "../cli/support.ts";
import { createTestDatabase } from "../database.ts";

async function run(script: string, args: readonly string[], settings: NodeJS.ProcessEnv = {}): Promise<string> {
  const file = join(import.meta.dirname, "../../containers", script);
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], { env: cleanEnvironment(settings) });
  return stdout;
}

async function readAll(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")])),
  );
}

test("secrets are for their owner alone, and never made a second time", async () => {
  const folder = await mkdtemp(join(tmpdir(), "golden-press-secrets-"));
  expect(await run("makeSecrets.ts", [folder])).not.toContain("kept");
  const secrets = await readAll(folder);
  for (const name of Object.keys(secrets)) expect((await stat(join(folder, name))).mode & 0o777, name).toBe(0o600);
  expect(new Set(Object.values(secrets)).size).toBe(13);
  const empty = ["oidc-client-secret", "repository-api-token", "chain-node-url", "arc-token"];
  for (const name of empty) expect(secrets[name]).toBe("\n");
  expect((await readWalletKey(join(folder, "wallet-key"))).address("main")).toMatch(/^1/);
  const [press, consumers] =
    /^PRESS_PASSWORD: "(.+)"\nCONSUMER_PASSWORD: "(.+)"\n$/.exec(secrets["nats-passwords.conf"] ?? "")?.slice(1) ?? [];
  expect(secrets["nats-url"]).toBe(`nats://press:${press}@nats:4222\n`);
  expect(secrets["nats-consumer-password"]).toBe(`${consumers}\n`);

  await rm(join(folder, "worker-database-url"));
  const told = await run("makeSecrets.ts", [folder]);
  expect(told.match(/^made .*$/gm)).toEqual(["made  worker-database-url"]);
  const changed = { ...secrets, "worker-database-url": expect.stringMatching(/^postgres:\/\/press_worker:/) };
  expect(await readAll(folder)).toEqual(changed);
  await rm(folder, { recursive: true });
});

test("a worker is healthy while its sessions do something", async () => {
  const database = await createTestDatabase();
  const settings = { WORKER_DATABASE_URL: database.url("press_worker") };
  await expect(run("workerHealth.ts", [], settings)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("The worker has asked the database for nothing in the last ten seconds."),
  });
  const worker = database.pool("press_worker");
  await worker.query("select 1");
  const working = setInterval(() => worker.query("select 1").catch(() => undefined), 1_000);
  await run("workerHealth.ts", [], settings).finally(() => clearInterval(working));
  await database.drop();
});
