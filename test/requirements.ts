/* What some tests need beyond npm packages. Unmet on a person's machine: skipped, with the reason at the end of the run.
   Unmet with CI=true: failed, so that nothing goes untested unnoticed. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, inject, type TestContext, type TestFunction, type TestOptions, test } from "vitest";
import { isAllowedInCi } from "./allowedSkips.ts";

const REQUIREMENTS = {
  VECTORS_DIR: {
    isMet: () => existsSync(process.env.VECTORS_DIR ?? ""),
    advice: "set VECTORS_DIR to a folder with the test vectors of others",
  },
  "VECTORS_DIR/vc-di-eddsa": {
    isMet: () => existsSync(join(process.env.VECTORS_DIR ?? "", "vc-di-eddsa/eddsa-jcs-2022")),
    advice: "put the folder TestVectors of https://github.com/w3c/vc-di-eddsa there",
  },
  openssl: { isMet: () => runs("openssl", "version"), advice: "install openssl 3 or later" },
  git: { isMet: () => runs("git", "--version"), advice: "install git" },
  curl: { isMet: () => runs("curl", "--version"), advice: "install curl" },
  squawk: {
    isMet: () => runs(SQUAWK, "--version"),
    advice: "npm's squawk-cli has no program for this machine in package-lock.json: npm install --no-save squawk-cli",
  },
  golang: {
    isMet: () => runs("go", "version") && existsSync(join(GO_PACKAGES, "src/golang.org/x/mod/sumdb/tlog")),
    advice: "install Debian's golang-go and golang-golang-x-mod-dev",
  },
  python3: { isMet: () => runs("python3", "--version"), advice: "install python3" },
  "nats-server": {
    isMet: () => natsServerPath() !== undefined,
    advice: "install Debian's nats-server, or name one in NATS_SERVER_PATH",
  },
  chromium: { isMet: () => chromiumPath() !== undefined, advice: "install chromium, or name one in CHROMIUM_PATH" },
  faketime: { isMet: () => faketimePath() !== undefined, advice: "install Debian's faketime" },
  postgresql15: {
    isMet: () => existsSync(POSTGRESQL_15),
    advice: "install Debian's postgresql-15 to test against the oldest supported version",
  },
  root: { isMet: () => process.getuid?.() === 0, advice: "needs to start processes of another user" },
  mount: { isMet: () => runs("unshare", "--mount", "true"), advice: "needs the right to mount a file system" },
  docker: {
    isMet: () => runs("docker", "info") && runs("docker", "compose", "version"),
    advice: "start a Docker engine with the plugin Compose, or name one in DOCKER_HOST",
  },
  superuser: {
    isMet: () => inject("testServer").isSuperuser,
    advice: "the login of TEST_DATABASE_URL is no superuser and cannot take another login's place",
  },
  "leg 18": {
    isMet: () => ["", "18", "18-scale", "18-endurance"].includes(process.env.TEST_LEG ?? ""),
    advice: "it has a press of its own, which is the same in every leg",
  },
  plpgsql_check: {
    isMet: () => inject("testServer").extensions.includes("plpgsql_check"),
    advice: "the database server has no such extension",
  },
} satisfies Record<string, { isMet: () => boolean; advice: string }>;

export type Requirement = keyof typeof REQUIREMENTS;

/** The linter of migrations, from npm. */
export const SQUAWK = join(import.meta.dirname, "../node_modules/.bin/squawk");

/** The Go packages that Debian has. */
export const GO_PACKAGES = "/usr/share/gocode";

/** The programs of Debian's PostgreSQL 15. */
export const POSTGRESQL_15 = "/usr/lib/postgresql/15/bin";

/** The reason not to run, or undefined when all is there. For hooks that prepare what `testRequiring` tests use. */
export function missingRequirement(...names: Requirement[]): string | undefined {
  const name = names.find((candidate) => !REQUIREMENTS[candidate].isMet());
  return name && `${name}: ${REQUIREMENTS[name].advice}`;
}

/**
 * `test`, for what needs more than npm packages:
 * `testRequiring("openssl")("OpenSSL verifies an envelope", async () => { … })`.
 */
export function testRequiring(
  ...names: Requirement[]
): (title: string, body: TestFunction, options?: TestOptions) => void {
  const missing = missingRequirement(...names);
  if (missing === undefined) {
    return (title, body, options = {}) => test(title, options, body);
  }
  return (title) => test(title, (context) => skipOrFail(context, missing));
}

/** For a file each of whose tests needs more than npm packages. Its hooks run all the same. */
export function everyTestRequires(...names: Requirement[]): void {
  const missing = missingRequirement(...names);
  if (missing !== undefined) {
    beforeEach((context) => skipOrFail(context, missing));
  }
}

function skipOrFail(context: TestContext, missing: string): void {
  if (process.env.CI === "true" && !isAllowedInCi(missing)) {
    throw new Error(`CI must run this test. ${missing}`);
  }
  context.skip(missing);
}

/** The browser for tests that need one. */
export function chromiumPath(): string | undefined {
  return firstThere(process.env.CHROMIUM_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser");
}

/** The server for tests of events: Debian's is where only root's PATH has it. */
export function natsServerPath(): string | undefined {
  return firstThere(
    process.env.NATS_SERVER_PATH,
    "/usr/sbin/nats-server",
    "/usr/bin/nats-server",
    "/usr/local/bin/nats-server",
  );
}

/** The library that gives a process another clock, for those of several threads. */
export function faketimePath(): string | undefined {
  return firstThere(
    ...["x86_64", "aarch64"].map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`),
  );
}

function firstThere(...paths: (string | undefined)[]): string | undefined {
  return paths.find((path) => path !== undefined && path !== "" && existsSync(path));
}

function runs(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
