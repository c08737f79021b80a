import { setTimeout as sleep } from "node:timers/promises";
import type { Configuration } from "../configuration.ts";
import type { Gateway, GatewayOptions } from "../gateway/server.ts";
import { databaseUrl } from "./connection.ts";
import { runService } from "./service.ts";
import { readTokenSecret } from "./tokenKey.ts";

/** A press that was killed a moment ago may still be closing its port. */
const PORT_ATTEMPTS = 10;
const PORT_MILLISECONDS = 300;

/** `golden-press gateway`: serves GraphQL until it is stopped. */
export async function gateway(configuration: Configuration): Promise<void> {
  const environment = configuration.graphileEnv ?? "production";
  process.env.GRAPHILE_ENV = environment; // The libraries read it themselves, when they are loaded, which is below.
  const { startGateway } = await import("../gateway/server.ts");
  const isDevelopment = environment === "development";
  const graphiql = configuration.graphiql ?? isDevelopment;
  const running = await listen(startGateway, {
    databaseUrl: await databaseUrl(configuration, "gateway"),
    host: configuration.host,
    port: configuration.port,
    jwt: await jwtOptions(configuration),
    allowedOrigins: configuration.allowedOrigins,
    graphiql,
    issuingReadBack: configuration.issuingReadBack,
    logLevel: configuration.logLevel ?? "info",
    development: isDevelopment,
  });
  await runService({ stop: () => running.close() }, { url: running.url, graphiql: graphiql ? "on" : "off" });
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
