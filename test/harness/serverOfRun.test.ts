import pg from "pg";
import { expect, test } from "vitest";
import { testRequiring } from "../requirements.ts";
import { serverOfRun } from "../serverOfRun.ts";

const inContainers = testRequiring("docker");

test.each([
  [{ TEST_DATABASE: "docker" }, 'TEST_DATABASE must be embedded or container, not "docker".'],
  [
    { TEST_DATABASE: "container", TEST_DATABASE_URL: "postgres://db/tests" },
    "TEST_DATABASE_URL and TEST_DATABASE are both set, but only one of them can be meant: unset the other.",
  ],
])("refuses %o", async (env, message) => {
  await expect(serverOfRun(env)).rejects.toThrow(message);
});

test("a server of others is used as it is", async () => {
  expect(await serverOfRun({ TEST_DATABASE_URL: "postgres://db/tests" })).toMatchObject({
    adminUrl: "postgres://db/tests",
  });
});

inContainers("a server in a container lets a superuser in, and is gone when it was stopped", async () => {
  const server = await serverOfRun({ ...process.env, TEST_DATABASE: "container", TEST_DATABASE_URL: "" });
  const client = new pg.Client({ connectionString: server.adminUrl });
  await client.connect();
  const { rows } = await client.query("select rolsuper from pg_roles where rolname = current_user");
  expect(rows).toEqual([{ rolsuper: true }]);
  await client.end();
  await server.stop();
  await expect(new pg.Client({ connectionString: server.adminUrl }).connect()).rejects.toThrow("ECONNREFUSED");
});

inContainers("an image that cannot be had is named, with what to do", async () => {
  const env = { TEST_DATABASE: "container", TEST_PG_IMAGE: "golden-press-test/none" };
  await expect(serverOfRun(env)).rejects.toThrow(
    /^TEST_DATABASE=container cannot start the image golden-press-test\/none \(.*\): set TEST_PG_IMAGE to another/,
  );
});
