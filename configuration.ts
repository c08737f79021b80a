/**
 * The one place where the environment is read and checked.
 *
 * `VARIABLES` is the table: it is what `golden-press config` prints, what the README shows, and what `readConfiguration` checks.
 * The values are text until here; behind this module nobody looks at `process.env`.
 */
import { isIP } from "node:net";

/** A variable of the environment has a value that cannot be meant. The message says which, what is wrong, and what would be right. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** A part of the press that reads a variable. */
export type Reader = "start" | "gateway" | "worker" | "cli";

interface Variable<Value> {
  readonly name: string;
  readonly meaning: string;
  /** The text that stands for a variable that is not set. Without it the value of such a variable is `undefined`. */
  readonly fallback?: string;
  /** What happens without the variable, in words, where `fallback` does not say it. */
  readonly otherwise?: string;
  readonly readBy: readonly Reader[];
  /** The value is never shown: not in an error, not in `golden-press config`. */
  readonly isSecret?: true;
  /** Reads the text; what it throws must complete the sentence "NAME must be …". */
  readonly parse: (text: string) => Value;
}

const ASYMMETRIC_ALGORITHMS = [
  "Ed25519",
  "EdDSA",
  "ES256",
  "ES384",
  "ES512",
  "PS256",
  "PS384",
  "PS512",
  "RS256",
  "RS384",
  "RS512",
];
const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
const READ_BACKS = ["memory", "database"] as const;
const CHAIN_NETWORKS = ["main", "test", "regtest"] as const;
const ENVIRONMENTS = ["development", "production"] as const;
/** RFC 7518, 3.2: a key of HS256 has at least as many bits as its hash. */
const JWT_SECRET_BYTES_MIN = 32;

const VARIABLES = {
  host: {
    name: "HOST",
    meaning: "The address on which the gateway listens.",
    fallback: "127.0.0.1",
    readBy: ["start", "gateway", "worker"],
    parse: plainText,
  },
  port: {
    name: "PORT",
    meaning: "The port of the gateway; 0 takes any free one.",
    fallback: "5678",
    readBy: ["start", "gateway", "worker"],
    parse: portNumber,
  },
  databaseUrl: {
    name: "DATABASE_URL",
    meaning: "The login that installs and migrates: it needs CREATEROLE, and CREATE on the database.",
    otherwise: "a PostgreSQL of its own in GOLDEN_PRESS_HOME",
    readBy: ["start", "cli"],
    isSecret: true,
    parse: postgresUrl,
  },
  databaseUrlFile: urlFile("DATABASE_URL", ["start", "cli"]),
  gatewayDatabaseUrl: {
    name: "GATEWAY_DATABASE_URL",
    meaning: "The same database as the login press_gateway.",
    otherwise: "the embedded database's",
    readBy: ["start", "gateway", "cli"],
    isSecret: true,
    parse: postgresUrl,
  },
  gatewayDatabaseUrlFile: urlFile("GATEWAY_DATABASE_URL", ["start", "gateway", "cli"]),
  workerDatabaseUrl: {
    name: "WORKER_DATABASE_URL",
    meaning: "The same database as the login press_worker.",
    otherwise: "the embedded database's",
    readBy: ["start", "worker", "cli"],
    isSecret: true,
    parse: postgresUrl,
  },
  workerDatabaseUrlFile: urlFile("WORKER_DATABASE_URL", ["start", "worker", "cli"]),
  goldenPressHome: {
    name: "GOLDEN_PRESS_HOME",
    meaning: "The folder of the embedded press: its data, its passwords, its keys, its checkpoint store.",
    fallback: ".golden-press",
    readBy: ["start", "gateway", "worker", "cli"],
    parse: plainText,
  },
  jwtSecret: {
    name: "JWT_SECRET",
    meaning: `The shared secret of HS256 tokens, at least ${JWT_SECRET_BYTES_MIN} bytes. JWT_SECRET_FILE is safer.`,
    otherwise: "the embedded press makes one",
    readBy: ["start", "gateway", "cli"],
    isSecret: true,
    parse: jwtSecret,
  },
  jwtSecretFile: {
    name: "JWT_SECRET_FILE",
    meaning: "A file with the shared secret of HS256 tokens; one final line feed is not part of it.",
    readBy: ["start", "gateway", "cli"],
    parse: plainText,
  },
  jwtJwksUrl: {
    name: "JWT_JWKS_URL",
    meaning: "The JWK Set of the issuer whose tokens are accepted, instead of a shared secret.",
    readBy: ["start", "gateway", "cli"],
    parse: secureUrl,
  },
  jwtAlgorithms: {
    name: "JWT_ALGORITHMS",
    meaning: "The algorithms accepted with JWT_JWKS_URL, separated by commas; asymmetric ones only.",
    fallback: "Ed25519,EdDSA,ES256,RS256",
    readBy: ["start", "gateway"],
    parse: asymmetricAlgorithms,
  },
  jwtIssuer: {
    name: "JWT_ISSUER",
    meaning: "The `iss` that a token must have.",
    otherwise: "that of OIDC_ISSUER; without it not checked",
    readBy: ["start", "gateway", "cli"],
    parse: plainText,
  },
  jwtAudience: {
    name: "JWT_AUDIENCE",
    meaning: "The `aud` that a token must have.",
    fallback: "golden-press",
    readBy: ["start", "gateway", "cli"],
    parse: plainText,
  },
  jwtRoleClaim: {
    name: "JWT_ROLE_CLAIM",
    meaning: "The claim that makes an operator: `operator`; `holder` or nothing is a holder, anything else is refused.",
    fallback: "role",
    readBy: ["start", "gateway", "cli"],
    parse: plainText,
  },
  oidcIssuer: {
    name: "OIDC_ISSUER",
    meaning:
      "The OpenID Connect provider with which people sign in at the dashboard, as it names itself. JWT_JWKS_URL is then where its keys are, and JWT_ISSUER is the same unless it says otherwise.",
    otherwise: "tokens come from elsewhere; in the embedded press anybody at the machine signs in under any name",
    readBy: ["start", "gateway"],
    parse: secureUrl,
  },
  oidcClientId: {
    name: "OIDC_CLIENT_ID",
    meaning: "What the provider calls this gateway. It must send people back to PUBLIC_URL/session/callback.",
    readBy: ["start", "gateway"],
    parse: plainText,
  },
  oidcClientSecret: {
    name: "OIDC_CLIENT_SECRET",
    meaning: "The secret that the provider shares with this gateway. OIDC_CLIENT_SECRET_FILE is safer.",
    readBy: ["start", "gateway"],
    isSecret: true,
    parse: plainText,
  },
  oidcClientSecretFile: {
    name: "OIDC_CLIENT_SECRET_FILE",
    meaning: "A file with that secret; one final line feed is not part of it.",
    readBy: ["start", "gateway"],
    parse: filePath,
  },
  oidcScope: {
    name: "OIDC_SCOPE",
    meaning: "What the provider is asked for, separated by spaces; `openid` must be among it.",
    fallback: "openid",
    readBy: ["start", "gateway"],
    parse: openidScope,
  },
  publicUrl: {
    name: "PUBLIC_URL",
    meaning:
      "Where browsers reach the gateway, like https://press.example: people come back there when they have signed in, and pages of that origin are its own whatever Host a proxy sends. Credentials name it as their issuer, for as long as they are valid.",
    otherwise: "credentials name http://HOST:PORT, and with PORT=0 wait",
    readBy: ["start", "gateway", "worker"],
    parse: publicOrigin,
  },
  trustedProxies: {
    name: "TRUSTED_PROXIES",
    meaning:
      "Addresses of proxies in front of the gateway, or networks like 10.0.0.0/8, separated by commas. Of what they forward, X-Forwarded-For says from which address, without a port, it comes: the limits for one address are by it.",
    fallback: "",
    otherwise: "none: whoever connects is taken for the client",
    readBy: ["start", "gateway"],
    parse: networks,
  },
  allowedOrigins: {
    name: "ALLOWED_ORIGINS",
    meaning: "Other origins whose pages may call the gateway, separated by commas. Its own is always allowed.",
    fallback: "",
    otherwise: "its own only",
    readBy: ["start", "gateway"],
    parse: origins,
  },
  persistedOperationsDir: {
    name: "PERSISTED_OPERATIONS_DIR",
    meaning:
      "A folder with the GraphQL documents that clients may send: *.graphql files, and manifests (*.json) of ids and documents. The press's own are always among them. Any other document is refused unread, and there is no explorer.",
    otherwise: "any document within the limits",
    readBy: ["start", "gateway"],
    parse: filePath,
  },
  issuingReadBack: {
    name: "ISSUING_READ_BACK",
    meaning:
      "`memory` or `database`: where the gateway takes the tickets of an answer from. Only for the day when an upgrade of PostGraphile breaks the first.",
    fallback: "memory",
    readBy: ["start", "gateway"],
    parse: oneOf(READ_BACKS),
  },
  signingKeyFile: {
    name: "SIGNING_KEY_FILE",
    meaning: "The private key of the tickets: an Ed25519 key as PKCS#8 PEM, readable by its owner alone (mode 0600).",
    otherwise: "the embedded press makes one",
    readBy: ["start", "worker", "cli"],
    parse: plainText,
  },
  signingKey: {
    name: "SIGNING_KEY",
    meaning: "The private key itself, where a file cannot be had; `\\n` may stand for its line breaks.",
    readBy: ["start", "worker"],
    isSecret: true,
    parse: privateKeyPem,
  },
  checkpointKeyFile: {
    name: "CHECKPOINT_KEY_FILE",
    meaning: "The private key of the ledger's checkpoints: another one than the tickets', in the same form.",
    otherwise: "the embedded press makes one",
    readBy: ["start", "worker", "cli"],
    parse: plainText,
  },
  checkpointKey: {
    name: "CHECKPOINT_KEY",
    meaning: "That key itself, where a file cannot be had; `\\n` may stand for its line breaks.",
    readBy: ["start", "worker", "cli"],
    isSecret: true,
    parse: privateKeyPem,
  },
  checkpointStore: {
    name: "CHECKPOINT_STORE",
    meaning:
      "The file with the last checkpoint that the worker signed, on a disk that is not restored together with the database: it shows when the database is an older one. Each worker has one of its own.",
    otherwise: "the file `checkpoint` in the folder of the embedded press",
    readBy: ["start", "worker", "cli"],
    parse: filePath,
  },
  ledgerOrigin: {
    name: "LEDGER_ORIGIN",
    meaning:
      "The name of the ledger in its checkpoints, for ever: a domain of yours and a path, like press.example/ledger.",
    fallback: "golden-press.local/ledger",
    readBy: ["start", "worker", "cli"],
    parse: originName,
  },
  credentialKeyFile: {
    name: "CREDENTIAL_KEY_FILE",
    meaning: "The private key of credentials: a third one, in the same form.",
    otherwise: "the embedded press makes one; elsewhere credentials wait for a worker that has one",
    readBy: ["start", "worker"],
    parse: plainText,
  },
  credentialKey: {
    name: "CREDENTIAL_KEY",
    meaning: "That key itself, where a file cannot be had; `\\n` may stand for its line breaks.",
    readBy: ["start", "worker"],
    isSecret: true,
    parse: privateKeyPem,
  },
  attestationIssuers: {
    name: "ATTESTATION_ISSUERS",
    meaning:
      "The OpenID Connect providers whose ID tokens are evidence of who somebody is, each with what it calls the press, like https://id.example=golden-press, separated by commas. The worker asks no other, and refuses their tokens for good: give a new one to all workers before the gateway. An account counts once for each issuer and, where a provider has another subject for each client, for each client id: keep both. Each must send people back to PUBLIC_URL/attest/callback/ and its own host and path: https://press.example/attest/callback/id.example.",
    fallback: "",
    otherwise: "none: ID tokens wait for a worker that may ask their issuers",
    readBy: ["start", "gateway", "worker"],
    parse: attestationIssuers,
  },
  repositoryApiUrl: {
    name: "REPOSITORY_API_URL",
    meaning:
      "The REST API of the hosting service whose repositories are evidence, as GitHub documents it: https://api.github.com. An account counts once for each spelling of it: keep the one that you begin with.",
    otherwise: "repositories are not verified",
    readBy: ["start", "gateway", "worker"],
    parse: apiUrl,
  },
  repositoryApiToken: {
    name: "REPOSITORY_API_TOKEN",
    meaning:
      "A token for that API, with no rights: without one GitHub answers 60 requests an hour, which is 20 repositories. REPOSITORY_API_TOKEN_FILE is safer.",
    readBy: ["start", "worker"],
    isSecret: true,
    parse: plainText,
  },
  repositoryApiTokenFile: {
    name: "REPOSITORY_API_TOKEN_FILE",
    meaning: "A file with that token; one final line feed is not part of it.",
    readBy: ["start", "worker"],
    parse: filePath,
  },
  beaconUrls: {
    name: "BEACON_URLS",
    meaning:
      "Servers of drand's HTTP API, from which the worker fetches the rounds that decide draws by beacon, separated by commas. One that answers is enough, and none is trusted: a round is what the beacon's key has signed.",
    fallback: "https://api.drand.sh,https://api2.drand.sh,https://api3.drand.sh,https://drand.cloudflare.com",
    readBy: ["start", "worker"],
    parse: httpUrls,
  },
  natsUrl: {
    name: "NATS_URL",
    meaning:
      "The NATS servers to which the worker publishes events: nats:// or tls:// URLs, separated by commas. One that answers is enough.",
    otherwise: "no broker: nothing is published",
    readBy: ["start", "worker", "cli"],
    isSecret: true,
    parse: natsUrls,
  },
  natsUrlFile: urlFile("NATS_URL", ["start", "worker", "cli"]),
  natsCredentialsFile: {
    name: "NATS_CREDENTIALS_FILE",
    meaning: "A file with the credentials of a NATS user (.creds), instead of a user and password in NATS_URL.",
    readBy: ["start", "worker", "cli"],
    parse: filePath,
  },
  natsCaFile: {
    name: "NATS_CA_FILE",
    meaning: "The certificates (PEM) of the authorities that may vouch for a NATS server. With it TLS is required.",
    otherwise: "of tls:// URLs those that Node trusts",
    readBy: ["start", "worker", "cli"],
    parse: filePath,
  },
  eventSubjectPrefix: {
    name: "EVENT_SUBJECT_PREFIX",
    meaning: "What the NATS subjects of all events begin with.",
    fallback: "choco.events.monetization",
    readBy: ["start", "worker", "cli"],
    parse: subjectPrefix,
  },
  eventStream: {
    name: "EVENT_STREAM",
    meaning: "The name of the JetStream stream that holds the events. The worker makes it.",
    fallback: "GOLDEN_PRESS",
    readBy: ["start", "worker", "cli"],
    parse: streamName,
  },
  eventStreamReplicas: {
    name: "EVENT_STREAM_REPLICAS",
    meaning: "On how many servers of a NATS cluster the stream is kept, 1 to 5; read when it is made.",
    fallback: "1",
    readBy: ["start", "worker", "cli"],
    parse: replicaCount,
  },
  chainNodeUrl: {
    name: "CHAIN_NODE_URL",
    meaning:
      "The JSON-RPC of a node of the public chain, like http://user:password@127.0.0.1:8332, which keeps an index of transactions (txindex=1). The worker sends transactions to it, unless ARC_URL is set, and looks for them there.",
    otherwise: "records and checkpoints wait, unless ARC_URL is set",
    readBy: ["start", "worker", "cli"],
    isSecret: true,
    parse: rpcUrl,
  },
  chainNodeUrlFile: urlFile("CHAIN_NODE_URL", ["start", "worker", "cli"]),
  arcUrl: {
    name: "ARC_URL",
    meaning:
      "An ARC endpoint, like https://arc.example: the worker sends transactions to it. Without CHAIN_NODE_URL it looks for them there too, and then counts confirmations by what it is told of its own transactions.",
    readBy: ["start", "worker"],
    parse: apiUrl,
  },
  arcToken: {
    name: "ARC_TOKEN",
    meaning: "The token for ARC_URL. ARC_TOKEN_FILE is safer.",
    readBy: ["start", "worker"],
    isSecret: true,
    parse: plainText,
  },
  arcTokenFile: {
    name: "ARC_TOKEN_FILE",
    meaning: "A file with that token; one final line feed is not part of it.",
    readBy: ["start", "worker"],
    parse: filePath,
  },
  walletKeyFile: {
    name: "WALLET_KEY_FILE",
    meaning:
      "The key of the coins that publishing is paid from: 64 hexadecimal characters, readable by its owner alone (mode 0600). All workers have the same.",
    otherwise: "the embedded press makes one, where it has a way to the chain; elsewhere records and checkpoints wait",
    readBy: ["start", "worker", "cli"],
    parse: plainText,
  },
  walletKey: {
    name: "WALLET_KEY",
    meaning: "That key itself, where a file cannot be had.",
    readBy: ["start", "worker", "cli"],
    isSecret: true,
    parse: walletKeyHex,
  },
  chainNetwork: {
    name: "CHAIN_NETWORK",
    meaning:
      "`main`, `test` or `regtest`: how the address of the wallet is written, and of which chain the node has to be.",
    fallback: "main",
    readBy: ["start", "worker", "cli"],
    parse: oneOf(CHAIN_NETWORKS),
  },
  chainFeeSatoshisPerKb: {
    name: "CHAIN_FEE_SATOSHIS_PER_KB",
    meaning: "What a transaction pays for each 1000 bytes; more when the nodes ask for more.",
    fallback: "100",
    readBy: ["start", "worker"],
    parse: wholeNumber(1, 1_000_000),
  },
  publishWindowSeconds: {
    name: "PUBLISH_WINDOW_SECONDS",
    meaning: "How long records are gathered that go out in one transaction; 0 gives each one of its own.",
    fallback: "5",
    readBy: ["start", "worker"],
    parse: wholeNumber(0, 3_600),
  },
  publishMaxTransactionBytes: {
    name: "PUBLISH_MAX_TRANSACTION_BYTES",
    meaning: "How long a transaction may become that records share.",
    fallback: "100000",
    readBy: ["start", "worker"],
    parse: wholeNumber(20_000, 10_000_000),
  },
  utxoPoolTarget: {
    name: "UTXO_POOL_TARGET",
    meaning: "How many coins are made of larger ones when only a fifth of them is left.",
    fallback: "500",
    readBy: ["start", "worker"],
    parse: wholeNumber(1, 2_500),
  },
  utxoSatoshis: {
    name: "UTXO_SATOSHIS",
    meaning: "How many satoshis each of these has.",
    fallback: "1000",
    readBy: ["start", "worker"],
    parse: wholeNumber(1, 100_000_000),
  },
  anchorIntervalSeconds: {
    name: "ANCHOR_INTERVAL_SECONDS",
    meaning: "How often the newest checkpoint is published on the chain, when there is anything new in it; 0: never.",
    fallback: "3600",
    readBy: ["start", "worker"],
    parse: wholeNumber(0, 31_536_000),
  },
  watchPauseMilliseconds: {
    name: "WATCH_PAUSE_MILLISECONDS",
    meaning: "The pause between two looks of the worker whether everything holds that the press promises.",
    fallback: "1000",
    readBy: ["start", "worker"],
    parse: wholeNumber(100, 3_600_000),
  },
  overdueSeconds: {
    name: "OVERDUE_SECONDS",
    meaning: "After how long the worker says that something waits for longer than it should.",
    fallback: "600",
    readBy: ["start", "worker"],
    parse: wholeNumber(1, 604_800),
  },
  graphileEnv: {
    name: "GRAPHILE_ENV",
    meaning: "`development` shows GraphiQL and explains more; `production` does not.",
    otherwise: "production; development in the embedded press",
    readBy: ["start", "gateway"],
    parse: oneOf(ENVIRONMENTS),
  },
  graphiql: {
    name: "GRAPHIQL",
    meaning: "`on` or `off`: whether the gateway serves GraphiQL, the GraphQL explorer.",
    otherwise: "on in development",
    readBy: ["start", "gateway"],
    parse: onOrOff,
  },
  otelExporterOtlpEndpoint: {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    meaning:
      "Where traces are sent, over OTLP and HTTP, like http://127.0.0.1:4318. They name no person and no value: what was done, how long it took, how much of it there was.",
    otherwise: "no traces",
    readBy: ["start", "gateway", "worker"],
    parse: receiverUrl,
  },
  otelExporterOtlpHeaders: {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    meaning: "What that receiver wants to see, like api-key=…, separated by commas; the values are percent-encoded.",
    fallback: "",
    otherwise: "none",
    readBy: ["start", "gateway", "worker"],
    isSecret: true,
    parse: headerPairs,
  },
  otelTracesSamplerArg: {
    name: "OTEL_TRACES_SAMPLER_ARG",
    meaning: "Which part of all traces is sent, 0 to 1.",
    fallback: "1",
    readBy: ["start", "gateway", "worker"],
    parse: ratio,
  },
  logLevel: {
    name: "LOG_LEVEL",
    meaning: "The least important line that is logged; `debug` also shows the stack of an error.",
    otherwise: "info; warn for the parts of `npm start`",
    readBy: ["start", "gateway", "worker", "cli"],
    parse: oneOf(LOG_LEVELS),
  },
} as const satisfies Record<string, Variable<unknown>>;

type Table = typeof VARIABLES;
type ValueOf<Entry> = Entry extends { parse: (text: string) => infer Value }
  ? Entry extends { fallback: string }
    ? Value
    : Value | undefined
  : never;

/** What the environment says, checked; the names are those of the variables in camelCase. */
export type Configuration = { readonly [Key in keyof Table]: ValueOf<Table[Key]> };

/** The URLs with a password in them, each of which may be in a file instead. */
export type UrlKey = "databaseUrl" | "gatewayDatabaseUrl" | "workerDatabaseUrl" | "natsUrl" | "chainNodeUrl";

/** What is known of a URL once it was read. */
export type UrlOf<Key extends UrlKey> = NonNullable<Configuration[Key]>;

/**
 * Reads and checks the whole configuration. An empty variable counts as one that is not set. No file is read here: a secret in a file is
 * read by the one part that needs it.
 *
 * @throws {ConfigurationError} for the first variable with a wrong value, or for two that exclude each other
 */
export function readConfiguration(env: NodeJS.ProcessEnv): Configuration {
  const values = Object.entries<Variable<unknown>>(VARIABLES).map(([key, variable]) => [key, read(variable, env)]);
  const configuration = Object.fromEntries(values) as Configuration;
  refuseTogether(configuration, "databaseUrl", "databaseUrlFile");
  refuseTogether(configuration, "gatewayDatabaseUrl", "gatewayDatabaseUrlFile");
  refuseTogether(configuration, "workerDatabaseUrl", "workerDatabaseUrlFile");
  refuseTogether(configuration, "jwtSecret", "jwtSecretFile");
  refuseTogether(configuration, "jwtSecret", "jwtJwksUrl");
  refuseTogether(configuration, "jwtSecretFile", "jwtJwksUrl");
  refuseTogether(configuration, "signingKey", "signingKeyFile");
  refuseTogether(configuration, "checkpointKey", "checkpointKeyFile");
  refuseTogether(configuration, "credentialKey", "credentialKeyFile");
  refuseTogether(configuration, "repositoryApiToken", "repositoryApiTokenFile");
  refuseTogether(configuration, "natsUrl", "natsUrlFile");
  refuseTogether(configuration, "oidcClientSecret", "oidcClientSecretFile");
  refuseTogether(configuration, "chainNodeUrl", "chainNodeUrlFile");
  refuseTogether(configuration, "arcToken", "arcTokenFile");
  refuseTogether(configuration, "walletKey", "walletKeyFile");
  if (configuration.persistedOperationsDir !== undefined && configuration.graphiql === true) {
    throw new ConfigurationError(
      "GRAPHIQL is on, but the explorer sends documents of its own, and with PERSISTED_OPERATIONS_DIR none are answered: unset one of them.",
    );
  }
  if (configuration.oidcIssuer !== undefined) {
    const secretKey = configuration.oidcClientSecret === undefined ? "oidcClientSecretFile" : "oidcClientSecret";
    for (const key of ["oidcClientId", secretKey, "publicUrl", "jwtJwksUrl"] as const) {
      requireBeside("oidcIssuer", key, configuration);
    }
  }
  // A JWK Set may be that of many issuers: whoever names the provider means its tokens.
  return { ...configuration, jwtIssuer: configuration.jwtIssuer ?? configuration.oidcIssuer };
}

/** One row of the table of variables, as `golden-press config` and the README show it. */
export interface VariableDescription {
  readonly name: string;
  readonly meaning: string;
  /** What holds when the variable is not set. */
  readonly otherwise: string;
  readonly readBy: readonly Reader[];
  /** What the environment says now; a secret is only said to be set. */
  readonly value: string;
}

/** Describes every variable, in the order of the table. Secrets are named, never shown. */
export function describeVariables(env: NodeJS.ProcessEnv): VariableDescription[] {
  return Object.values<Variable<unknown>>(VARIABLES).map((variable) => {
    const { name, meaning, readBy, isSecret } = variable;
    const otherwise = variable.otherwise ?? (variable.fallback === undefined ? "none" : variable.fallback);
    const text = env[name] ?? "";
    return { name, meaning, otherwise, readBy, value: isSecret && text !== "" ? "(set)" : text };
  });
}

/**
 * The environment for a child process that is one part of the press: without the variables of the table that the part does not read, so
 * that the signing key reaches only the worker and the secret of the tokens only the gateway.
 */
export function environmentFor(part: Reader, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign = Object.values<Variable<unknown>>(VARIABLES).filter((variable) => !variable.readBy.includes(part));
  const names = new Set(foreign.map((variable) => variable.name));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name)));
}

/**
 * Reads and checks what the file of a URL holds.
 *
 * @throws {ConfigurationError} when it is no such URL; what it is instead is not shown
 */
export function parseUrlOfFile<Key extends UrlKey>(key: Key, text: string): UrlOf<Key> {
  const { parse }: Variable<unknown> = VARIABLES[key];
  try {
    return parse(text) as UrlOf<Key>;
  } catch (error) {
    throw new ConfigurationError(`The file of ${VARIABLES[`${key}File`].name} must hold ${(error as Error).message}.`);
  }
}

/** The name of a variable, for a sentence about it. */
export function variableName(key: keyof Configuration): string {
  return VARIABLES[key].name;
}

function read(variable: Variable<unknown>, env: NodeJS.ProcessEnv): unknown {
  const written = env[variable.name];
  const text = written === undefined || written === "" ? variable.fallback : written;
  if (text === undefined) return undefined;
  try {
    return variable.parse(text);
  } catch (error) {
    const shown = variable.isSecret ? "" : `, not ${JSON.stringify(text)}`;
    throw new ConfigurationError(`${variable.name} must be ${(error as Error).message}${shown}.`);
  }
}

function refuseTogether(configuration: Configuration, one: keyof Table, other: keyof Table): void {
  if (configuration[one] === undefined || configuration[other] === undefined) return;
  throw new ConfigurationError(
    `${VARIABLES[one].name} and ${VARIABLES[other].name} are both set, but only one of them can be meant: unset the other.`,
  );
}

function requireBeside(one: keyof Table, other: keyof Table, configuration: Configuration): void {
  if (configuration[other] !== undefined) return;
  throw new ConfigurationError(
    `${VARIABLES[one].name} is set, but ${VARIABLES[other].name} is not: set both, or neither.`,
  );
}

/** The variable that names a file with a URL, for a password that must not be in the environment. */
function urlFile(name: string, readBy: readonly Reader[]) {
  return { name: `${name}_FILE`, meaning: `A file that holds ${name}.`, readBy, parse: plainText };
}

function plainText(text: string): string {
  return text;
}

function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new Error("a whole number from 0 to 65535");
}

function postgresUrl(text: string): string {
  const url = URL.parse(text);
  if (url !== null && /^postgres(ql)?:$/.test(url.protocol)) return text;
  throw new Error("a URL like postgres://user:password@host:5432/database");
}

function httpUrls(text: string): readonly string[] {
  const list = commaSeparated(text);
  if (list.length > 0 && list.every(isPlainHttpUrl)) return list;
  throw new Error("URLs like https://api.drand.sh, separated by commas");
}

function isPlainHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  const isPlain = url?.username === "" && url.password === "" && url.search === "" && url.hash === "";
  return url !== null && /^https?:$/.test(url.protocol) && isPlain;
}

function receiverUrl(text: string): string {
  if (isPlainHttpUrl(text)) return text;
  throw new Error("an http or https URL like http://127.0.0.1:4318, without a user or password");
}

function headerPairs(text: string): Readonly<Record<string, string>> {
  const pairs = commaSeparated(text).map((pair) => /^([\w-]+)=([^\s,]+)$/.exec(pair));
  if (pairs.some((pair) => pair === null || !isDecodable(pair[2] ?? "")))
    throw new Error("pairs like api-key=value, separated by commas");
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", decodeURIComponent(pair?.[2] ?? "")]));
}

function ratio(text: string): number {
  if (/^(0(\.\d+)?|1(\.0+)?)$/.test(text)) return Number(text);
  throw new Error("a number from 0 to 1, like 0.1");
}

function natsUrls(text: string): readonly string[] {
  const list = commaSeparated(text);
  if (list.length > 0 && list.every(isNatsUrl)) return list;
  throw new Error("URLs like nats://user:password@host:4222 or tls://host:4222, separated by commas");
}

function isNatsUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || !/^(nats|tls):$/.test(url.protocol) || url.hostname === "") return false;
  const isOfNobody = url.username === "" && url.password !== "";
  const hasMore = !/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "";
  return !isOfNobody && !hasMore && isDecodable(url.username) && isDecodable(url.password);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Subjects whose first word begins with `$` or `_` belong to NATS and its clients. */
function subjectPrefix(text: string): string {
  if (/^[A-Za-z0-9][\w-]*(\.[\w-]+)*$/.test(text)) return text;
  throw new Error(
    "words of letters, digits, _ and -, joined by dots, the first of them beginning with a letter or digit",
  );
}

function streamName(text: string): string {
  if (/^[\w-]{1,32}$/.test(text)) return text;
  throw new Error("at most 32 letters, digits, _ and -");
}

function replicaCount(text: string): number {
  if (/^[1-5]$/.test(text)) return Number(text);
  throw new Error("a whole number from 1 to 5");
}

/** A password may go over a network of the operator's own: nodes speak no TLS. */
function rpcUrl(text: string): string {
  const url = URL.parse(text);
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "";
  if (isPlain && isDecodable(url.username) && isDecodable(url.password)) return text;
  throw new Error("a URL like http://user:password@127.0.0.1:8332");
}

function walletKeyHex(text: string): string {
  if (/^[0-9a-f]{64}$/i.test(text)) return text;
  throw new Error("64 hexadecimal characters");
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
    throw new Error(`a whole number from ${min} to ${max}`);
  };
}

function apiUrl(text: string): string {
  if (isSecure(URL.parse(text)) && isPlainHttpUrl(text)) return text;
  throw new Error("an https URL like https://api.github.com (http on this machine's own loopback address only)");
}

function secureUrl(text: string): string {
  if (isSecure(URL.parse(text))) return text;
  throw new Error("an https URL (http on this machine's own loopback address only)");
}

/** The issuer is kept to the character: so it is compared with what a token says. */
function attestationIssuers(text: string): readonly { readonly issuer: string; readonly clientId: string }[] {
  const list = commaSeparated(text).map((item) => {
    const [issuer = "", ...rest] = item.split("=");
    return { issuer, clientId: rest.join("=") };
  });
  const isUnique = new Set(list.map(({ issuer }) => issuer)).size === list.length;
  if (isUnique && list.every(({ issuer, clientId }) => isIssuer(issuer) && clientId !== "")) return list;
  throw new Error(
    "issuers with client ids, each once, like https://id.example=golden-press, separated by commas (http on the loopback address only)",
  );
}

/** OpenID Connect Discovery 1.0, 3: an https URL without query or fragment. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  return isSecure(url) && url.username === "" && url.password === "" && !/[?#\s]/.test(text);
}

function publicOrigin(text: string): string {
  const url = URL.parse(text);
  if (isSecure(url) && text.replace(/\/$/, "") === url.origin) return url.origin;
  throw new Error("an https URL without a path, like https://press.example (http on the loopback address only)");
}

function isSecure(url: URL | null): url is URL {
  if (url?.protocol === "https:") return true;
  return url?.protocol === "http:" && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}

function openidScope(text: string): string {
  const words = text.split(" ");
  // RFC 6749, 3.3.
  if (words.includes("openid") && words.every((word) => /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(word))) return text;
  throw new Error("words separated by single spaces, openid among them");
}

function jwtSecret(text: string): string {
  if (Buffer.byteLength(text) >= JWT_SECRET_BYTES_MIN) return text;
  throw new Error(`at least ${JWT_SECRET_BYTES_MIN} bytes long, for example from: openssl rand -hex 32`);
}

function asymmetricAlgorithms(text: string): readonly string[] {
  const algorithms = commaSeparated(text);
  if (algorithms.length > 0 && algorithms.every((name) => ASYMMETRIC_ALGORITHMS.includes(name))) return algorithms;
  throw new Error(`some of ${ASYMMETRIC_ALGORITHMS.join(", ")}, separated by commas`);
}

function origins(text: string): readonly string[] {
  const list = commaSeparated(text);
  const isOrigin = (item: string) => /^https?:/.test(item) && URL.parse(item)?.origin === item;
  if (list.every(isOrigin)) return list;
  throw new Error("origins like https://example.org (without a path or a final slash), separated by commas");
}

function networks(text: string): readonly string[] {
  const list = commaSeparated(text);
  if (list.every(isNetwork)) return list;
  throw new Error("addresses like 192.0.2.1, or networks like 10.0.0.0/8 or fd00::/8, separated by commas");
}

function isNetwork(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const family = isIP(address);
  // No length of 0: a proxy at any address is everybody, who could then claim to be anybody.
  const fits = bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32));
  return family !== 0 && !address.includes("%") && fits && more.length === 0;
}

function privateKeyPem(text: string): string {
  const pem = text.replaceAll("\\n", "\n").trim();
  if (/^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----(\npublic-key [0-9a-f]{64})?$/.test(pem))
    return `${pem}\n`;
  throw new Error("a PKCS#8 PEM text that begins with -----BEGIN PRIVATE KEY-----");
}

function filePath(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text;
  throw new Error("the path of a file");
}

/** The name of a key in c2sp.org/signed-note, which the origin of a checkpoint is too. */
function originName(text: string): string {
  if (/^[^\p{White_Space}\p{Cc}+]+$/u.test(text)) return text;
  throw new Error("a name without spaces and without +, like press.example/ledger");
}

function onOrOff(text: string): boolean {
  if (text === "on" || text === "off") return text === "on";
  throw new Error("on or off");
}

function oneOf<const Choice extends string>(choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined) return choice;
    throw new Error(`one of ${choices.join(", ")}`);
  };
}

function commaSeparated(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
