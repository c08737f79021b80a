/* Servers that cannot serve a press, each in a way of its own. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, copyFile, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type EmbeddedServer, startEmbeddedServer } from "../../db/embedded.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../../db/install.ts";
import { cleanUpAfterDeath } from "../../db/throwaway.ts";

/** The password of the logins of these servers. */
export const PASSWORD = "hunter2";

export interface UnusableServer {
  readonly host: string;
  stop(): Promise<void>;
}

/** Takes connections and says nothing, as a host does whose packets are dropped. */
export async function startSilentServer(): Promise<UnusableServer> {
  return listen(() => undefined);
}

/** Speaks as much of PostgreSQL's protocol as it takes to say that it is of version 14. */
export async function startOldServer(): Promise<UnusableServer> {
  return listen((socket) => {
    socket.once("data", () => {
      socket.write(Buffer.concat([message("R", int32(0)), READY]));
      socket.on("data", (chunk) => chunk.toString("latin1").startsWith("Q") && socket.write(ANSWER));
    });
  });
}

const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number) => Buffer.concat([int16(value >> 16), int16(value & 65_535)]);
const text = (value: string) => Buffer.from(`${value}\0`);
const message = (type: string, ...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
};
const READY = message("Z", Buffer.from("I"));
const OLD_VERSION = { version: "14.12", version_number: "140012" };
const ANSWER = Buffer.concat([
  // Columns: name, no table, no position, type text (25) or integer (23), of any size, no modifier, as text.
  message(
    "T",
    int16(2),
    ...Object.keys(OLD_VERSION).flatMap((name, index) => [
      ...[text(name), int32(0), int16(0), int32(index === 0 ? 25 : 23)],
      ...[int16(65_535), int32(-1), int16(0)],
    ]),
  ),
  message("D", int16(2), ...Object.values(OLD_VERSION).flatMap((value) => [int32(value.length), Buffer.from(value)])),
  message("C", text("SELECT 1")),
  READY,
]);

async function listen(serve: (socket: Socket) => void): Promise<UnusableServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A press whose server was started again as a standby, as its replica in another place would be. */
export async function startStandby(): Promise<UnusableServer> {
  const { home, server } = await startPress();
  await server.stop();
  await writeFile(join(home, "postgres", "standby.signal"), "");
  return serverOf(await startEmbeddedServer({ home, throwaway: true, log: () => undefined }), home);
}

/** A press whose server lets in nobody without TLS, for which it has a certificate that nobody signed. */
export async function startTlsServer(): Promise<UnusableServer & { readonly certificate: string }> {
  const { home, server } = await startPress();
  const data = join(home, "postgres");
  const [key, certificate] = ["server.key", "server.crt"].map((name) => join(data, name)) as [string, string];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
    ],
    { stdio: "ignore" },
  );
  const { uid, gid } = await stat(data);
  for (const file of [key, certificate]) await chown(file, uid, gid);
  await writeFile(join(data, "pg_hba.conf"), "hostssl all all all scram-sha-256\n");
  const client = new pg.Client({ connectionString: server.superuserUrl("postgres") });
  await client.connect();
  await client.query("alter system set ssl = on");
  await client.query("select pg_reload_conf()");
  await client.end();
  await untilRefused(server.superuserUrl("postgres"));
  const copy = join(home, "server.crt"); // Where everybody may enter.
  await copyFile(certificate, copy);
  return { ...serverOf(server, home), certificate: copy };
}

async function startPress(): Promise<{ home: string; server: EmbeddedServer }> {
  const home = await mkdtemp(join(tmpdir(), "golden-press-unusable-"));
  await chmod(home, 0o755); // Started by root, the server runs as another user, who must be able to enter.
  cleanUpAfterDeath(home);
  const server = await startEmbeddedServer({ home, throwaway: true, log: () => undefined });
  await createDatabaseIfMissing(server.superuserUrl("postgres"), "press");
  await installDatabase({ url: server.superuserUrl("press"), own: true, includeCurrent: true });
  const client = new pg.Client({ connectionString: server.superuserUrl("press") });
  await client.connect();
  await client.query("create role owner superuser login");
  for (const login of ["owner", "press_gateway", "press_worker"]) await setLoginPassword(client, login, PASSWORD);
  await client.end();
  return { home, server };
}

function serverOf(server: EmbeddedServer, home: string): UnusableServer {
  return {
    host: `127.0.0.1:${server.port}`,
    async stop() {
      await server.stop();
      await rm(home, { recursive: true });
    },
  };
}

/** A server reads its configuration a moment after it was told to. */
async function untilRefused(url: string): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    const isIn = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end();
    if (!isIn) return;
  }
}
