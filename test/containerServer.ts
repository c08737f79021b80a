import { randomBytes } from "node:crypto";
import { PostgreSqlContainer } from "@testcontainers/postgresql";
import type { ServerOfRun } from "./serverOfRun.ts";

/**
 * Starts PostgreSQL in a container. A container whose run was killed is removed by Testcontainers' own means, unless they are switched off.
 *
 * @param image one that understands the variables of the official image `postgres`, and has the program pg_isready
 * @throws Error with a sentence that says what to do: no engine answers, or the image cannot be had
 */
export async function startContainerServer(image: string): Promise<ServerOfRun> {
  const container = await new PostgreSqlContainer(image)
    .withUsername("postgres")
    .withPassword(randomBytes(24).toString("base64url"))
    .withDatabase("postgres")
    .withCommand(["postgres", "-c", "max_connections=400", "-c", "fsync=off", "-c", "synchronous_commit=off"])
    .start()
    .catch((error: Error) => {
      throw new Error(explain(error.message, image), { cause: error });
    });
  return {
    adminUrl: container.getConnectionUri(),
    stop: async () => {
      await container.stop();
    },
  };
}

function explain(message: string, image: string): string {
  if (message.includes("container runtime strategy")) {
    return "TEST_DATABASE=container needs a Docker engine, and none answers: start one, name one in DOCKER_HOST, or unset TEST_DATABASE.";
  }
  return `TEST_DATABASE=container cannot start the image ${image} (${message.trim()}): set TEST_PG_IMAGE to another, or build one with test/containers/images/build.ts.`;
}
