import { type Configuration, ConfigurationError, environmentFor } from "../configuration.ts";
import { installDatabase } from "../db/install.ts";
import { hasUrl, readUrl } from "../urls.ts";
import { type Say, startEmbeddedPress } from "./embeddedPress.ts";
import { Part, type PartFacts } from "./part.ts";
import { whereToLook } from "./whereToLook.ts";

/** What a start needs. */
export interface StartOptions {
  readonly configuration: Configuration;
  /** The environment that the configuration was read from: gateway and worker get their share of it. */
  readonly env: NodeJS.ProcessEnv;
  /** Whether the worker may fill an empty checkpoint store with what the database says. */
  readonly adopt: boolean;
  /** Writes a line for the person at the terminal. */
  readonly print: (line: string) => void;
  /** Aborts when the press is to stop; an abort while it starts stops what has been started. */
  readonly stop: AbortSignal;
  /** Aborts when stopping must not take its time any more. */
  readonly hasten: AbortSignal;
}

/** A database that is ready, and what gateway and worker need to know of it. */
interface Plan {
  readonly gatewayEnv: NodeJS.ProcessEnv;
  readonly gatewayCommand: readonly string[];
  readonly workerEnv: NodeJS.ProcessEnv;
  readonly workerCommand: readonly string[];
  stopDatabase(): Promise<void>;
}

/**
 * Runs a whole press: database, gateway and worker. Returns when it was stopped, and then nothing of it runs any more: the gateway ends
 * first, so that nothing new comes in; then the worker, which finishes the batch in hand; then the database.
 *
 * @throws {ConfigurationError} when a URL or a secret is missing
 * @throws when a part cannot be started, with what it said; then too nothing is left running
 */
export async function start(options: StartOptions): Promise<void> {
  const { configuration, env, print, stop, hasten } = options;
  const began = performance.now();
  const say: Say = (part, message) => print(`${part.padEnd(9)} ${message}`);
  const plan = await prepare(configuration, env, say);
  const gateway = new Part({
    name: "gateway",
    command: plan.gatewayCommand,
    env: environmentFor("gateway", plan.gatewayEnv),
    say,
  });
  const worker = new Part({
    name: "worker",
    command: [...plan.workerCommand, ...(options.adopt ? ["--adopt"] : [])],
    env: environmentFor("worker", plan.workerEnv),
    say,
  });
  try {
    await untilAborted(stop, async () => {
      // Before anybody can ask for a ticket, the worker has seen whether the database is an older one.
      const workerFacts = await worker.start();
      const gatewayFacts = await gateway.start();
      say("press", `started in ${((performance.now() - began) / 1000).toFixed(1)} s`);
      print(describePlace(configuration, env, gatewayFacts, workerFacts));
    });
  } finally {
    say("press", "stopping");
    whenAborted(hasten, () => {
      say("press", "killing what has not stopped yet");
      gateway.kill();
      worker.kill();
    });
    await gateway.stop();
    await worker.stop();
    await plan.stopDatabase();
    say("press", "stopped");
  }
}

async function prepare(configuration: Configuration, env: NodeJS.ProcessEnv, say: Say): Promise<Plan> {
  const url = await readUrl(configuration, "databaseUrl");
  if (url !== undefined) return prepareDatabaseOfOthers(configuration, url, env, say);
  if (!hasUrl(configuration, "gatewayDatabaseUrl") && !hasUrl(configuration, "workerDatabaseUrl"))
    return prepareEmbedded(configuration, env, say);
  throw new ConfigurationError(
    "GATEWAY_DATABASE_URL or WORKER_DATABASE_URL is set, but DATABASE_URL is not: set all three, or none for an embedded database.",
  );
}

async function prepareEmbedded(configuration: Configuration, env: NodeJS.ProcessEnv, say: Say): Promise<Plan> {
  const { home, gatewayDatabaseUrl, workerDatabaseUrl, stop } = await startEmbeddedPress(
    configuration.goldenPressHome,
    say,
  );
  const common = { GRAPHILE_ENV: "development", LOG_LEVEL: "warn", ...env };
  const tokenKey = hasTokenKey(configuration) ? {} : { JWT_SECRET_FILE: home.jwtSecretFile };
  const signingKey = hasSigningKey(configuration) ? {} : { SIGNING_KEY_FILE: home.signingKeyFile };
  const checkpointKey = hasCheckpointKey(configuration) ? {} : { CHECKPOINT_KEY_FILE: home.checkpointKeyFile };
  const credentialKey = hasCredentialKey(configuration) ? {} : { CREDENTIAL_KEY_FILE: home.credentialKeyFile };
  const walletKey =
    hasWalletKey(configuration) || !needsWalletKey(configuration) ? {} : { WALLET_KEY_FILE: home.walletKeyFile };
  const store = configuration.checkpointStore ?? home.checkpointStoreFile;
  // The keys are made by the process that signs with them, so that no other ever holds them.
  const createKeys = [
    ...(hasSigningKey(configuration) ? [] : ["--create-key", "signing"]),
    ...(hasCheckpointKey(configuration) ? [] : ["--create-key", "checkpoint"]),
    ...(hasCredentialKey(configuration) ? [] : ["--create-key", "credential"]),
    ...(walletKey.WALLET_KEY_FILE === undefined ? [] : ["--create-key", "wallet"]),
  ];
  return {
    gatewayEnv: { ...common, ...tokenKey, GATEWAY_DATABASE_URL: gatewayDatabaseUrl },
    // Where tokens come from an issuer, people sign in there, or not at all.
    gatewayCommand: ["gateway", ...(configuration.jwtJwksUrl === undefined ? ["--trial-sign-in"] : [])],
    workerEnv: {
      ...common,
      ...signingKey,
      ...checkpointKey,
      ...credentialKey,
      ...walletKey,
      CHECKPOINT_STORE: store,
      WORKER_DATABASE_URL: workerDatabaseUrl,
    },
    workerCommand: ["worker", ...createKeys],
    stopDatabase: stop,
  };
}

async function prepareDatabaseOfOthers(
  configuration: Configuration,
  url: string,
  env: NodeJS.ProcessEnv,
  say: Say,
): Promise<Plan> {
  const without = "DATABASE_URL is set, but";
  const hasGateway = hasUrl(configuration, "gatewayDatabaseUrl");
  if (!hasGateway || !hasUrl(configuration, "workerDatabaseUrl")) {
    const missing = hasGateway ? "WORKER_DATABASE_URL" : "GATEWAY_DATABASE_URL";
    throw new ConfigurationError(
      `${without} ${missing} is not: gateway and worker log in as press_gateway and press_worker, each with a URL of its own.`,
    );
  }
  if (!hasTokenKey(configuration)) {
    throw new ConfigurationError(
      `${without} none of JWT_JWKS_URL, JWT_SECRET_FILE and JWT_SECRET: the gateway needs one to check tokens.`,
    );
  }
  if (!hasSigningKey(configuration)) {
    throw new ConfigurationError(
      `${without} neither SIGNING_KEY_FILE nor SIGNING_KEY: make a key with \`npm run press -- keys create FILE\`.`,
    );
  }
  if (!hasCheckpointKey(configuration)) {
    throw new ConfigurationError(
      `${without} neither CHECKPOINT_KEY_FILE nor CHECKPOINT_KEY: make another key with \`npm run press -- keys create FILE\`.`,
    );
  }
  if (configuration.checkpointStore === undefined) {
    throw new ConfigurationError(
      `${without} CHECKPOINT_STORE is not: name a file for the last checkpoint of the ledger, on a disk that is never restored together with the database.`,
    );
  }
  await installDatabase({ url, own: false, log: (message) => say("schema", message) });
  say("schema", "installed");
  const common = { LOG_LEVEL: "warn", ...env };
  return {
    gatewayEnv: common,
    gatewayCommand: ["gateway"],
    workerEnv: common,
    workerCommand: ["worker"],
    stopDatabase: async () => undefined,
  };
}

function hasTokenKey({ jwtSecret, jwtSecretFile, jwtJwksUrl }: Configuration): boolean {
  return (jwtSecret ?? jwtSecretFile ?? jwtJwksUrl) !== undefined;
}

function hasSigningKey({ signingKey, signingKeyFile }: Configuration): boolean {
  return (signingKey ?? signingKeyFile) !== undefined;
}

function hasCheckpointKey({ checkpointKey, checkpointKeyFile }: Configuration): boolean {
  return (checkpointKey ?? checkpointKeyFile) !== undefined;
}

function hasCredentialKey({ credentialKey, credentialKeyFile }: Configuration): boolean {
  return (credentialKey ?? credentialKeyFile) !== undefined;
}

function hasWalletKey({ walletKey, walletKeyFile }: Configuration): boolean {
  return (walletKey ?? walletKeyFile) !== undefined;
}

/** Without a way to the chain nobody pays it anything. */
function needsWalletKey(configuration: Configuration): boolean {
  return hasUrl(configuration, "chainNodeUrl") || configuration.arcUrl !== undefined;
}

function describePlace(
  configuration: Configuration,
  env: NodeJS.ProcessEnv,
  gatewayFacts: PartFacts,
  workerFacts: PartFacts,
): string {
  const home = env.GOLDEN_PRESS_HOME ?? "";
  return whereToLook({
    url: gatewayFacts.url ?? "",
    publicKey: workerFacts.publicKey ?? "",
    hasGraphiql: gatewayFacts.graphiql === "on",
    stream: hasUrl(configuration, "natsUrl")
      ? { name: configuration.eventStream, prefix: configuration.eventSubjectPrefix }
      : undefined,
    isEmbedded: !hasUrl(configuration, "databaseUrl"),
    settings: home === "" ? "" : `GOLDEN_PRESS_HOME='${home.replaceAll("'", "'\\''")}' `,
  });
}

/** Acts, then waits until the signal aborts; an abort ends the waiting for the act too, but a failure of the act is thrown. */
async function untilAborted(signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  const aborted = new Promise<void>((resolve) => whenAborted(signal, resolve));
  if (!signal.aborted) await Promise.race([aborted, act()]);
  await aborted;
}

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}
