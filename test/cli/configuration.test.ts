import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigurationError, describeVariables, environmentFor, readConfiguration } from "../../configuration.ts";
import { publicIdentity } from "../../publicIdentity.ts";
import { hasUrl, readUrl } from "../../urls.ts";
import { makePem } from "../worker/support.ts";

const SECRET = "a-secret-of-more-than-thirty-two-bytes";
/** Variables that may only be set where another one is not. */
const INSTEAD = [
  "DATABASE_URL_FILE",
  "GATEWAY_DATABASE_URL_FILE",
  "WORKER_DATABASE_URL_FILE",
  "JWT_SECRET_FILE",
  "JWT_JWKS_URL",
  "OIDC_CLIENT_SECRET_FILE",
  "SIGNING_KEY_FILE",
  "CHECKPOINT_KEY_FILE",
  "CREDENTIAL_KEY_FILE",
  "REPOSITORY_API_TOKEN_FILE",
  "NATS_URL_FILE",
  "CHAIN_NODE_URL_FILE",
  "ARC_TOKEN_FILE",
  "WALLET_KEY_FILE",
];

test("without any variable everything has its default", () => {
  expect(readConfiguration({})).toEqual({
    host: "127.0.0.1",
    port: 5678,
    goldenPressHome: ".golden-press",
    jwtAlgorithms: ["Ed25519", "EdDSA", "ES256", "RS256"],
    jwtAudience: "golden-press",
    jwtRoleClaim: "role",
    oidcScope: "openid",
    trustedProxies: [],
    allowedOrigins: [],
    issuingReadBack: "memory",
    ledgerOrigin: "golden-press.local/ledger",
    attestationIssuers: [],
    beaconUrls: [
      "https://api.drand.sh",
      "https://api2.drand.sh",
      "https://api3.drand.sh",
      "https://drand.cloudflare.com",
    ],
    eventSubjectPrefix: "choco.events.monetization",
    eventStream: "GOLDEN_PRESS",
    eventStreamReplicas: 1,
    chainNetwork: "main",
    chainFeeSatoshisPerKb: 100,
    publishWindowSeconds: 5,
    publishMaxTransactionBytes: 100_000,
    utxoPoolTarget: 500,
    utxoSatoshis: 1_000,
    anchorIntervalSeconds: 3_600,
    otelExporterOtlpHeaders: {},
    otelTracesSamplerArg: 1,
    watchPauseMilliseconds: 1_000,
    overdueSeconds: 600,
  });
});

test("an empty variable counts as one that is not set", () => {
  const empty = Object.fromEntries(describeVariables({}).map(({ name }) => [name, ""]));
  expect(readConfiguration(empty)).toEqual(readConfiguration({}));
});

test("every variable is read under its own name in camelCase, and described", () => {
  const pem = makePem();
  const env = {
    HOST: "::1",
    PORT: "0",
    DATABASE_URL: "postgres://owner:p@db/press",
    GATEWAY_DATABASE_URL: "postgresql://press_gateway:p@db/press",
    WORKER_DATABASE_URL: "postgresql://press_worker:p@db/press",
    GOLDEN_PRESS_HOME: "/var/lib/press",
    JWT_SECRET: SECRET,
    JWT_ALGORITHMS: "ES384, RS512",
    JWT_ISSUER: "https://issuer.example",
    JWT_AUDIENCE: "press",
    JWT_ROLE_CLAIM: "press_role",
    OIDC_CLIENT_ID: "press",
    OIDC_CLIENT_SECRET: "a secret",
    OIDC_SCOPE: "openid groups",
    PUBLIC_URL: "https://press.example",
    TRUSTED_PROXIES: "192.0.2.1, 10.0.0.0/8,fd00::/8,::1",
    ALLOWED_ORIGINS: "https://shop.example, http://localhost:3000",
    ISSUING_READ_BACK: "database",
    SIGNING_KEY: pem.replaceAll("\n", "\\n"),
    CHECKPOINT_KEY: pem,
    CREDENTIAL_KEY: pem,
    ATTESTATION_ISSUERS: "https://id.example/realms/a=press, http://127.0.0.1:8080=a=b",
    REPOSITORY_API_URL: "https://api.github.com",
    REPOSITORY_API_TOKEN: "github_pat_example",
    CHECKPOINT_STORE: "/var/lib/checkpoints/press",
    LEDGER_ORIGIN: "press.example/ledger",
    BEACON_URLS: "https://beacon.example/v1, http://127.0.0.1:8080",
    NATS_URL: "tls://press:p%2Cq@nats-1.example:4222, nats://token@nats-2.example",
    NATS_CREDENTIALS_FILE: "/etc/press.creds",
    NATS_CA_FILE: "/etc/ca.pem",
    EVENT_SUBJECT_PREFIX: "shop.press-1.events_2",
    EVENT_STREAM: "Shop_press-1",
    EVENT_STREAM_REPLICAS: "3",
    CHAIN_NODE_URL: "http://press:p%2Cq@10.0.0.7:8332",
    ARC_URL: "https://arc.example/bsv",
    ARC_TOKEN: "mainnet_example",
    WALLET_KEY: "0A".repeat(32),
    CHAIN_NETWORK: "test",
    CHAIN_FEE_SATOSHIS_PER_KB: "50",
    PUBLISH_WINDOW_SECONDS: "0",
    PUBLISH_MAX_TRANSACTION_BYTES: "20000",
    UTXO_POOL_TARGET: "2500",
    UTXO_SATOSHIS: "200",
    ANCHOR_INTERVAL_SECONDS: "0",
    WATCH_PAUSE_MILLISECONDS: "100",
    OVERDUE_SECONDS: "10",
    GRAPHILE_ENV: "development",
    PERSISTED_OPERATIONS_DIR: "/etc/golden-press/operations",
    GRAPHIQL: "off",
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://traces.example/in",
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=a%2Cb, x-team=press",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    LOG_LEVEL: "debug",
  };
  const camelCase = (name: string) => name.toLowerCase().replaceAll(/_(.)/g, (_match, letter) => letter.toUpperCase());
  const configuration: Record<string, unknown> = { ...readConfiguration(env) };
  expect(configuration).toEqual({
    ...Object.fromEntries(Object.entries(env).map(([name, value]) => [camelCase(name), value])),
    port: 0,
    jwtAlgorithms: ["ES384", "RS512"],
    trustedProxies: ["192.0.2.1", "10.0.0.0/8", "fd00::/8", "::1"],
    allowedOrigins: ["https://shop.example", "http://localhost:3000"],
    graphiql: false,
    signingKey: pem,
    attestationIssuers: [
      { issuer: "https://id.example/realms/a", clientId: "press" },
      { issuer: "http://127.0.0.1:8080", clientId: "a=b" },
    ],
    beaconUrls: ["https://beacon.example/v1", "http://127.0.0.1:8080"],
    natsUrl: ["tls://press:p%2Cq@nats-1.example:4222", "nats://token@nats-2.example"],
    eventStreamReplicas: 3,
    chainFeeSatoshisPerKb: 50,
    watchPauseMilliseconds: 100,
    overdueSeconds: 10,
    publishWindowSeconds: 0,
    publishMaxTransactionBytes: 20_000,
    utxoPoolTarget: 2_500,
    utxoSatoshis: 200,
    anchorIntervalSeconds: 0,
    otelExporterOtlpHeaders: { "api-key": "a,b", "x-team": "press" },
    otelTracesSamplerArg: 0.25,
  });
  const described = describeVariables(env).map(({ name }) => name);
  const others = [...INSTEAD, "OIDC_ISSUER"]; // This one needs JWT_JWKS_URL beside it.
  expect(described).toEqual(expect.arrayContaining([...Object.keys(env), ...others]));
  expect(described.length).toBe(Object.keys(env).length + others.length);
});

describe("a wrong value is one sentence that says which, what is wrong, and what would be right", () => {
  test.each([
    ["PORT", "http", 'PORT must be a whole number from 0 to 65535, not "http".'],
    ["PORT", "65536", 'PORT must be a whole number from 0 to 65535, not "65536".'],
    ["PORT", "-1", 'PORT must be a whole number from 0 to 65535, not "-1".'],
    ["PORT", "5e3", 'PORT must be a whole number from 0 to 65535, not "5e3".'],
    ["JWT_JWKS_URL", "http://issuer.example/keys", "JWT_JWKS_URL must be an https URL"],
    ["JWT_JWKS_URL", "issuer.example", "JWT_JWKS_URL must be an https URL"],
    ["JWT_ALGORITHMS", "HS256", "JWT_ALGORITHMS must be some of Ed25519, EdDSA, ES256"],
    ["JWT_ALGORITHMS", "none", "JWT_ALGORITHMS must be some of"],
    ["JWT_ALGORITHMS", ",", "JWT_ALGORITHMS must be some of"],
    ["ALLOWED_ORIGINS", "https://shop.example/", "ALLOWED_ORIGINS must be origins like https://example.org"],
    ["ALLOWED_ORIGINS", "*", "ALLOWED_ORIGINS must be origins like https://example.org"],
    ["ALLOWED_ORIGINS", "null", "ALLOWED_ORIGINS must be origins like https://example.org"],
    ...["proxy.example", "true", "10.0.0.0/33", "10.0.0.0/", "0.0.0.0/0", "fd00::/129", "fe80::1%eth0", "10/8"].map(
      (value): [string, string, string] => [
        "TRUSTED_PROXIES",
        value,
        "TRUSTED_PROXIES must be addresses like 192.0.2.1",
      ],
    ),
    ["OIDC_ISSUER", "http://provider.example", "OIDC_ISSUER must be an https URL"],
    ["OIDC_SCOPE", "profile", 'OIDC_SCOPE must be words separated by single spaces, openid among them, not "profile".'],
    ["OIDC_SCOPE", "openid  profile", "OIDC_SCOPE must be words separated by single spaces"],
    ["PUBLIC_URL", "https://press.example/here", "PUBLIC_URL must be an https URL without a path"],
    ["PUBLIC_URL", "https://alice@press.example", "PUBLIC_URL must be an https URL without a path"],
    ["PUBLIC_URL", "http://press.example", "PUBLIC_URL must be an https URL without a path"],
    ["PUBLIC_URL", "press.example", "PUBLIC_URL must be an https URL without a path"],
    ["GRAPHIQL", "true", 'GRAPHIQL must be on or off, not "true".'],
    ["GRAPHILE_ENV", "test", 'GRAPHILE_ENV must be one of development, production, not "test".'],
    ["CHECKPOINT_STORE", "nats://127.0.0.1/bucket", 'CHECKPOINT_STORE must be the path of a file, not "nats://'],
    ["LEDGER_ORIGIN", "press example", "LEDGER_ORIGIN must be a name without spaces and without +"],
    ["LEDGER_ORIGIN", "press\u00a0example", "LEDGER_ORIGIN must be a name without spaces"],
    ["LEDGER_ORIGIN", "press+example", "LEDGER_ORIGIN must be a name without spaces and without +"],
    ["CREDENTIAL_KEY", "hunter2", "CREDENTIAL_KEY must be a PKCS#8 PEM text"],
    [
      "ATTESTATION_ISSUERS",
      "https://id.example",
      "ATTESTATION_ISSUERS must be issuers with client ids, each once, like",
    ],
    ["ATTESTATION_ISSUERS", "https://id.example=", "ATTESTATION_ISSUERS must be issuers with client ids"],
    ["ATTESTATION_ISSUERS", "http://id.example=press", "ATTESTATION_ISSUERS must be issuers with client ids"],
    ["ATTESTATION_ISSUERS", "https://id.example?a=press", "ATTESTATION_ISSUERS must be issuers with client ids"],
    ["ATTESTATION_ISSUERS", "https://a:b@id.example=press", "ATTESTATION_ISSUERS must be issuers with client ids"],
    [
      "ATTESTATION_ISSUERS",
      "https://a.example=a,https://a.example=b",
      "ATTESTATION_ISSUERS must be issuers with client ids",
    ],
    ["REPOSITORY_API_URL", "http://api.github.com", "REPOSITORY_API_URL must be an https URL like https://api"],
    ["REPOSITORY_API_URL", "https://a:b@api.github.com", "REPOSITORY_API_URL must be an https URL like https://api"],
    ["BEACON_URLS", "api.drand.sh", "BEACON_URLS must be URLs like https://api.drand.sh, separated by commas"],
    ["BEACON_URLS", ",", "BEACON_URLS must be URLs like"],
    ["BEACON_URLS", "https://user:p@beacon.example", "BEACON_URLS must be URLs like"],
    ["BEACON_URLS", "https://beacon.example/?a=b", "BEACON_URLS must be URLs like"],
    ["NATS_CREDENTIALS_FILE", "nats://127.0.0.1", 'NATS_CREDENTIALS_FILE must be the path of a file, not "nats://'],
    ["NATS_CA_FILE", "https://ca.example/ca.pem", 'NATS_CA_FILE must be the path of a file, not "https://'],
    [
      "EVENT_SUBJECT_PREFIX",
      "shop..events",
      "EVENT_SUBJECT_PREFIX must be words of letters, digits, _ and -, joined by dots",
    ],
    ["EVENT_SUBJECT_PREFIX", "shop.*", "EVENT_SUBJECT_PREFIX must be words of"],
    ["EVENT_SUBJECT_PREFIX", "shop.events.", "EVENT_SUBJECT_PREFIX must be words of"],
    ["EVENT_SUBJECT_PREFIX", "$JS.API", "EVENT_SUBJECT_PREFIX must be words of"],
    ["EVENT_SUBJECT_PREFIX", "_INBOX", "EVENT_SUBJECT_PREFIX must be words of"],
    ["EVENT_STREAM", "golden.press", 'EVENT_STREAM must be at most 32 letters, digits, _ and -, not "golden.press".'],
    ["EVENT_STREAM", "x".repeat(33), "EVENT_STREAM must be at most 32 letters"],
    ["EVENT_STREAM_REPLICAS", "0", 'EVENT_STREAM_REPLICAS must be a whole number from 1 to 5, not "0".'],
    ["EVENT_STREAM_REPLICAS", "6", 'EVENT_STREAM_REPLICAS must be a whole number from 1 to 5, not "6".'],
    ["ARC_URL", "http://arc.example", "ARC_URL must be an https URL"],
    ["CHAIN_NETWORK", "mainnet", 'CHAIN_NETWORK must be one of main, test, regtest, not "mainnet".'],
    ["CHAIN_FEE_SATOSHIS_PER_KB", "0", "CHAIN_FEE_SATOSHIS_PER_KB must be a whole number from 1 to 1000000"],
    ["CHAIN_FEE_SATOSHIS_PER_KB", "0.5", "CHAIN_FEE_SATOSHIS_PER_KB must be a whole number from 1 to 1000000"],
    ["WATCH_PAUSE_MILLISECONDS", "0", 'WATCH_PAUSE_MILLISECONDS must be a whole number from 100 to 3600000, not "0".'],
    ["OVERDUE_SECONDS", "0", 'OVERDUE_SECONDS must be a whole number from 1 to 604800, not "0".'],
    ["PUBLISH_WINDOW_SECONDS", "-1", "PUBLISH_WINDOW_SECONDS must be a whole number from 0 to 3600"],
    ["PUBLISH_MAX_TRANSACTION_BYTES", "10000", "PUBLISH_MAX_TRANSACTION_BYTES must be a whole number from 20000"],
    ["UTXO_POOL_TARGET", "2501", "UTXO_POOL_TARGET must be a whole number from 1 to 2500"],
    ["UTXO_SATOSHIS", "0", "UTXO_SATOSHIS must be a whole number from 1 to 100000000"],
    ["ANCHOR_INTERVAL_SECONDS", "1h", "ANCHOR_INTERVAL_SECONDS must be a whole number from 0 to 31536000"],
    [
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "grpc://traces:4317",
      "OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL like",
    ],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:b@traces", "OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https URL"],
    ["OTEL_TRACES_SAMPLER_ARG", "1.5", 'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, like 0.1, not "1.5".'],
    ["LOG_LEVEL", "verbose", "LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent"],
  ])("%s=%s", (name, value, message) => {
    expect(() => readConfiguration({ [name]: value })).toThrow(ConfigurationError);
    expect(() => readConfiguration({ [name]: value })).toThrow(message);
  });

  test.each([
    [
      "DATABASE_URL",
      "mysql://root:hunter2@db/press",
      "DATABASE_URL must be a URL like postgres://user:password@host:5432/database.",
    ],
    ["GATEWAY_DATABASE_URL", "hunter2", "GATEWAY_DATABASE_URL must be a URL like"],
    ["WORKER_DATABASE_URL", "postgres//hunter2", "WORKER_DATABASE_URL must be a URL like"],
    ["JWT_SECRET", "hunter2", "JWT_SECRET must be at least 32 bytes long, for example from: openssl rand -hex 32."],
    ...["hunter2", "api-key=hunter2%", "api key=hunter2"].map((value): [string, string, string] => [
      "OTEL_EXPORTER_OTLP_HEADERS",
      value,
      "OTEL_EXPORTER_OTLP_HEADERS must be pairs like api-key=value, separated by commas.",
    ]),
    ["SIGNING_KEY", "hunter2", "SIGNING_KEY must be a PKCS#8 PEM text that begins with -----BEGIN PRIVATE KEY-----."],
    ["CHECKPOINT_KEY", "hunter2", "CHECKPOINT_KEY must be a PKCS#8 PEM text that begins with -----BEGIN PRIVATE"],
    ...[
      "http://press:hunter2@nats:4222",
      "nats://:hunter2@nats:4222",
      "nats://press:hunter2@nats:4222/stream",
      "nats://press:hunter2@nats:4222?name=press",
      "nats://press:hunter2@",
      "nats://press:hunter2%@nats",
      "nats:hunter2",
      "hunter2",
      ", ,",
      "nats://press:hunter2@nats-1,http://nats-2",
    ].map((value): [string, string, string] => [
      "NATS_URL",
      value,
      "NATS_URL must be URLs like nats://user:password@host:4222 or tls://host:4222, separated by commas.",
    ]),
    ["CHAIN_NODE_URL", "press:hunter2@node", "CHAIN_NODE_URL must be a URL like http://user:password@127.0.0.1:8332."],
    ["CHAIN_NODE_URL", "http://press:hunter2%@node", "CHAIN_NODE_URL must be a URL like http://user:password@127"],
    ["WALLET_KEY", "hunter2", "WALLET_KEY must be 64 hexadecimal characters."],
  ])("%s, whose value is never shown", (name, value, message) => {
    const read = () => readConfiguration({ [name]: value });
    expect(read).toThrow(message);
    expect(read).not.toThrow(/hunter2/);
    expect(JSON.stringify(describeVariables({ [name]: value }))).not.toContain("hunter2");
  });

  test.each([
    [{ JWT_SECRET: SECRET, JWT_SECRET_FILE: "/secret" }, "JWT_SECRET and JWT_SECRET_FILE are both set"],
    [{ JWT_SECRET: SECRET, JWT_JWKS_URL: "https://issuer.example/keys" }, "JWT_SECRET and JWT_JWKS_URL are both set"],
    [
      { JWT_SECRET_FILE: "/secret", JWT_JWKS_URL: "https://issuer.example/keys" },
      "JWT_SECRET_FILE and JWT_JWKS_URL are both set",
    ],
    [
      { OIDC_CLIENT_SECRET: "x", OIDC_CLIENT_SECRET_FILE: "/secret" },
      "OIDC_CLIENT_SECRET and OIDC_CLIENT_SECRET_FILE are both set",
    ],
    [{ SIGNING_KEY: makePem(), SIGNING_KEY_FILE: "/key" }, "SIGNING_KEY and SIGNING_KEY_FILE are both set"],
    [{ CHECKPOINT_KEY: makePem(), CHECKPOINT_KEY_FILE: "/key" }, "CHECKPOINT_KEY and CHECKPOINT_KEY_FILE are both set"],
    [{ CREDENTIAL_KEY: makePem(), CREDENTIAL_KEY_FILE: "/key" }, "CREDENTIAL_KEY and CREDENTIAL_KEY_FILE are both set"],
    [
      { REPOSITORY_API_TOKEN: "t", REPOSITORY_API_TOKEN_FILE: "/t" },
      "REPOSITORY_API_TOKEN and REPOSITORY_API_TOKEN_FILE are both",
    ],
    [{ ARC_TOKEN: "t", ARC_TOKEN_FILE: "/t" }, "ARC_TOKEN and ARC_TOKEN_FILE are both set"],
    [{ WALLET_KEY: "0a".repeat(32), WALLET_KEY_FILE: "/key" }, "WALLET_KEY and WALLET_KEY_FILE are both set"],
    [
      { CHAIN_NODE_URL: "http://node:8332", CHAIN_NODE_URL_FILE: "/url" },
      "CHAIN_NODE_URL and CHAIN_NODE_URL_FILE are both set",
    ],
    [
      { GRAPHIQL: "on", PERSISTED_OPERATIONS_DIR: "/operations" },
      "GRAPHIQL is on, but the explorer sends documents of its own",
    ],
    [{ NATS_URL: "nats://nats", NATS_URL_FILE: "/url" }, "NATS_URL and NATS_URL_FILE are both set"],
    ...["DATABASE_URL", "GATEWAY_DATABASE_URL", "WORKER_DATABASE_URL"].map((name): [NodeJS.ProcessEnv, string] => [
      { [name]: "postgres://db/press", [`${name}_FILE`]: "/url" },
      `${name} and ${name}_FILE are both set`,
    ]),
  ])("two that exclude each other: %#", (env, message) => {
    expect(() => readConfiguration(env)).toThrow(message);
  });

  test.each([
    "http://127.0.0.1:8080/keys",
    "http://localhost/keys",
    "http://[::1]/keys",
    "https://issuer.example/keys",
  ])("a JWK Set may be at %s", (url) => {
    expect(readConfiguration({ JWT_JWKS_URL: url }).jwtJwksUrl).toBe(url);
  });
});

test("signing in with a provider needs all that belongs to it", () => {
  const complete: NodeJS.ProcessEnv = {
    OIDC_ISSUER: "https://provider.example",
    OIDC_CLIENT_ID: "press",
    OIDC_CLIENT_SECRET_FILE: "/secret",
    PUBLIC_URL: "https://press.example/",
    JWT_JWKS_URL: "https://provider.example/keys",
  };
  expect(readConfiguration(complete)).toMatchObject({
    oidcIssuer: complete.OIDC_ISSUER,
    publicUrl: "https://press.example",
  });
  expect(readConfiguration(complete).jwtIssuer).toBe(complete.OIDC_ISSUER);
  const JWT_ISSUER = "https://tokens.example";
  expect(readConfiguration({ ...complete, JWT_ISSUER }).jwtIssuer).toBe(JWT_ISSUER);
  expect(readConfiguration({ JWT_JWKS_URL: complete.JWT_JWKS_URL }).jwtIssuer).toBeUndefined();
  for (const name of Object.keys(complete).filter((one) => one !== "OIDC_ISSUER")) {
    expect(() => readConfiguration({ ...complete, [name]: "" }), name).toThrow(
      new ConfigurationError(`OIDC_ISSUER is set, but ${name} is not: set both, or neither.`),
    );
  }
});

describe("a URL in a file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "golden-press-url-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function readFrom(name: string, text: string) {
    await writeFile(join(folder, name), text);
    return readUrl(readConfiguration({ WORKER_DATABASE_URL_FILE: join(folder, name) }), "workerDatabaseUrl");
  }

  test("is read as if it were the variable's value, without a final line feed", async () => {
    const url = "postgres://press_worker:p@db/press";
    expect(await readFrom("url", `${url}\n`)).toBe(url);
    expect(await readFrom("url", url)).toBe(url);
    const configuration = readConfiguration({ WORKER_DATABASE_URL_FILE: join(folder, "url"), DATABASE_URL: url });
    expect(await readUrl(configuration, "databaseUrl")).toBe(url);
    expect(await readUrl(configuration, "gatewayDatabaseUrl")).toBe(undefined);
    expect(
      (["databaseUrl", "gatewayDatabaseUrl", "workerDatabaseUrl"] as const).map((key) => hasUrl(configuration, key)),
    ).toEqual([true, false, true]);
  });

  test("of NATS may name several servers", async () => {
    await writeFile(join(folder, "nats"), "nats://127.0.0.1:4222,nats://[::1]:4223\n");
    const configuration = readConfiguration({ NATS_URL_FILE: join(folder, "nats") });
    expect(await readUrl(configuration, "natsUrl")).toEqual(["nats://127.0.0.1:4222", "nats://[::1]:4223"]);
  });

  test("is never shown when it is wrong", async () => {
    await expect(readFrom("wrong", "hunter2")).rejects.toThrow(
      new ConfigurationError(
        "The file of WORKER_DATABASE_URL_FILE must hold a URL like postgres://user:password@host:5432/database.",
      ),
    );
  });

  test("that cannot be read is named", async () => {
    const configuration = readConfiguration({ DATABASE_URL_FILE: join(folder, "none") });
    await expect(readUrl(configuration, "databaseUrl")).rejects.toThrow(
      new ConfigurationError(`The file of DATABASE_URL_FILE cannot be read: ${join(folder, "none")} (ENOENT).`),
    );
  });
});

test("each part gets its own secrets and nobody else's", () => {
  const secrets = {
    DATABASE_URL: "owner",
    DATABASE_URL_FILE: "owner",
    GATEWAY_DATABASE_URL: "gateway",
    GATEWAY_DATABASE_URL_FILE: "gateway",
    WORKER_DATABASE_URL: "worker",
    WORKER_DATABASE_URL_FILE: "worker",
    JWT_SECRET: "tokens",
    JWT_SECRET_FILE: "tokens",
    OIDC_CLIENT_SECRET: "provider",
    OIDC_CLIENT_SECRET_FILE: "provider",
    SIGNING_KEY: "key",
    SIGNING_KEY_FILE: "key",
    CHECKPOINT_KEY: "key",
    CHECKPOINT_KEY_FILE: "key",
    CREDENTIAL_KEY: "key",
    CREDENTIAL_KEY_FILE: "key",
    REPOSITORY_API_TOKEN: "token",
    REPOSITORY_API_TOKEN_FILE: "token",
    NATS_URL: "nats",
    NATS_URL_FILE: "nats",
    NATS_CREDENTIALS_FILE: "nats",
  };
  const env = { ...secrets, PATH: "/bin", LOG_LEVEL: "info" };
  const common = { PATH: "/bin", LOG_LEVEL: "info" };
  const gateway = {
    GATEWAY_DATABASE_URL: "gateway",
    GATEWAY_DATABASE_URL_FILE: "gateway",
    JWT_SECRET: "tokens",
    JWT_SECRET_FILE: "tokens",
    OIDC_CLIENT_SECRET: "provider",
    OIDC_CLIENT_SECRET_FILE: "provider",
  };
  const worker = {
    WORKER_DATABASE_URL: "worker",
    WORKER_DATABASE_URL_FILE: "worker",
    SIGNING_KEY: "key",
    SIGNING_KEY_FILE: "key",
    CHECKPOINT_KEY: "key",
    CHECKPOINT_KEY_FILE: "key",
    CREDENTIAL_KEY: "key",
    CREDENTIAL_KEY_FILE: "key",
    REPOSITORY_API_TOKEN: "token",
    REPOSITORY_API_TOKEN_FILE: "token",
    NATS_URL: "nats",
    NATS_URL_FILE: "nats",
    NATS_CREDENTIALS_FILE: "nats",
  };
  expect(environmentFor("gateway", env)).toEqual({ ...common, ...gateway });
  expect(environmentFor("worker", env)).toEqual({ ...common, ...worker });
});

test("the README names no variable that does not exist", async () => {
  const readme = await readFile(join(import.meta.dirname, "..", "..", "README.md"), "utf8");
  const section = readme.slice(readme.indexOf("## Configuration"), readme.indexOf("## Map"));
  const named = section.match(/`[A-Z][A-Z_]+`/g)?.map((name) => name.slice(1, -1)) ?? [];
  const known = describeVariables({}).map(({ name }) => name);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

test.each([
  [{}, "http://127.0.0.1:5678", "did:web:127.0.0.1%3A5678"],
  [{ HOST: "0.0.0.0", PORT: "80" }, "http://127.0.0.1", "did:web:127.0.0.1"],
  [{ HOST: "::" }, "http://127.0.0.1:5678", "did:web:127.0.0.1%3A5678"],
  [{ HOST: "::1", PORT: "8080" }, "http://[::1]:8080", "did:web:%5B%3A%3A1%5D%3A8080"],
  [{ PUBLIC_URL: "https://press.example" }, "https://press.example", "did:web:press.example"],
  [{ PUBLIC_URL: "https://press.example:8443/" }, "https://press.example:8443", "did:web:press.example%3A8443"],
])("credentials name as their issuer where the press is: %o", (env, baseUrl, did) => {
  expect(publicIdentity(readConfiguration(env))).toEqual({ baseUrl, did });
});
