import { setTimeout as sleep } from "node:timers/promises";
import { type Configuration, ConfigurationError } from "../configuration.ts";
import type { Gateway, GatewayOptions } from "../gateway/server.ts";
import type { SignIn } from "../gateway/sessionRoutes.ts";
import { readSecretFile } from "../secretFile.ts";
import { startTracing } from "../tracing/tracing.ts";
import { databaseUrl } from "./connection.ts";
import { evidenceOf, repositoryHostOf } from "./evidenceOptions.ts";
import { makeLog, runService } from "./service.ts";
import { readTokenSecret } from "./tokenKey.ts";
import { tracingOf } from "./tracingOptions.ts";

/** A press that was killed a moment ago may still be closing its port. */
const PORT_ATTEMPTS = 10;
const PORT_MILLISECONDS = 300;

/** `golden-press gateway`: serves GraphQL and the dashboard until it is stopped. */
export async function gateway(configuration: Configuration, options: { trialSignIn?: boolean } = {}): Promise<void> {
  const environment = configuration.graphileEnv ?? "production";
  process.env.GRAPHILE_ENV = environment; // The libraries read it themselves, when they are loaded, which is below.
  const { startGateway } = await import("../gateway/server.ts");
  const isDevelopment = environment === "development";
  const graphiql = configuration.graphiql ?? (isDevelopment && configuration.persistedOperationsDir === undefined);
  const log = makeLog("gateway", configuration);
  const tracing = await startTracing({ part: "gateway", ...tracingOf(configuration), log });
  const running = await listen(startGateway, {
    databaseUrl: await databaseUrl(configuration, "gateway"),
    host: configuration.host,
    port: configuration.port,
    jwt: await jwtOptions(configuration),
    publicOrigin: configuration.publicUrl,
    trustedProxies: configuration.trustedProxies,
    allowedOrigins: configuration.allowedOrigins,
    graphiql,
    persistedOperations: configuration.persistedOperationsDir,
    signIn: await signInOf(configuration, options.trialSignIn ?? false),
    evidence: evidenceOf(configuration),
    repositoryHost: repositoryHostOf(configuration),
    issuingReadBack: configuration.issuingReadBack,
    logLevel: configuration.logLevel ?? "info",
    development: isDevelopment,
  });
  const stop = () => running.close().finally(() => tracing.stop());
  await runService({ stop }, { url: running.url, graphiql: graphiql ? "on" : "off" });
}

async function listen(
  startGateway: (options: GatewayOptions) => Promise<Gateway>,
  options: GatewayOptions,
): Promise<Gateway> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startGateway(options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || attempt === PORT_ATTEMPTS) throw error;
      await sleep(PORT_MILLISECONDS);
    }
  }
}

async function jwtOptions(configuration: Configuration): Promise<GatewayOptions["jwt"]> {
  const { jwtJwksUrl, jwtAlgorithms, jwtAudience, jwtIssuer, jwtRoleClaim } = configuration;
  const common = { audience: jwtAudience, issuer: jwtIssuer, roleClaim: jwtRoleClaim };
  const secret = await readTokenSecret(configuration);
  if (secret !== undefined) return { ...common, key: { secret } };
  return { ...common, key: { jwksUrl: new URL(jwtJwksUrl ?? ""), algorithms: jwtAlgorithms } };
}

async function signInOf(configuration: Configuration, isTrial: boolean): Promise<SignIn | undefined> {
  const { oidcIssuer, oidcClientId = "", oidcScope, publicUrl = "", jwtJwksUrl } = configuration;
  if (oidcIssuer !== undefined) {
    if (isTrial) throw new ConfigurationError("--trial-sign-in and OIDC_ISSUER exclude each other: drop one of them.");
    const clientSecret = await readClientSecret(configuration);
    const [issuer, url] = [new URL(oidcIssuer), new URL(publicUrl)];
    return { kind: "oidc", issuer, clientId: oidcClientId, clientSecret, scope: oidcScope, publicUrl: url };
  }
  if (!isTrial) return undefined;
  if (jwtJwksUrl === undefined) return { kind: "trial" };
  throw new ConfigurationError(
    "--trial-sign-in and JWT_JWKS_URL exclude each other: only that issuer can make tokens.",
  );
}

async function readClientSecret({ oidcClientSecret, oidcClientSecretFile }: Configuration): Promise<string> {
  const file = oidcClientSecretFile ?? "";
  const secret =
    oidcClientSecret ??
    (await readSecretFile(file).catch((error: NodeJS.ErrnoException) => {
      throw new ConfigurationError(`The file of OIDC_CLIENT_SECRET_FILE cannot be read: ${file} (${error.code}).`);
    }));
  if (secret !== "") return secret;
  throw new ConfigurationError(
    `The file of OIDC_CLIENT_SECRET_FILE is empty: write the provider's secret into ${file}.`,
  );
}
