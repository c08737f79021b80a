/* The dashboard at a press that answers only what was persisted, and what a page of another site gets by asking it without a preflight. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { everyTestRequires, missingRequirement, testRequiring } from "../requirements.ts";
import { PressWithPages } from "./pressWithPages.ts";

everyTestRequires("chromium");

let press: PressWithPages;
let folder: string;
let neighbour: Server;

beforeAll(async () => {
  if (missingRequirement("chromium") !== undefined) return;
  folder = await mkdtemp(join(tmpdir(), "press-operations-"));
  press = await PressWithPages.start({ gateway: { persistedOperations: folder } });
  neighbour = createServer((_request, response) => response.setHeader("content-type", "text/html").end("<h1>x</h1>"));
  neighbour.listen(0, "127.0.0.1");
  await once(neighbour, "listening");
});
afterAll(async () => {
  neighbour?.closeAllConnections();
  neighbour?.close();
  await press?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const test = testRequiring("chromium");

/** Notes what the press says over both ways: how often, and what was refused as not persisted. */
function hear(page: Page): { answers: number; events: number; refused: string[] } {
  const heard = { answers: 0, events: 0, refused: [] as string[] };
  page.on("response", async (response) => {
    if (!response.url().endsWith("/graphql")) return;
    heard.answers += 1;
    if (response.status() !== 200) heard.refused.push(`${response.request().postData()}`);
  });
  page.on("websocket", (socket) => {
    socket.on("framereceived", ({ payload }) => {
      if (String(payload).includes('"next"')) heard.events += 1;
      if (String(payload).includes("OPERATION_NOT_PERSISTED")) heard.refused.push(String(payload));
    });
  });
  return heard;
}

test("every page of the dashboard is answered, over both ways, and a ticket is taken", async () => {
  await press.openEdition("persisted");
  const { page, faults } = await press.openPage();
  const heard = hear(page);
  await press.signIn(page, "olga", "/operator", { isOperator: true });
  for (const path of [
    "/operator/editions/persisted",
    "/operator/gate",
    "/operator/holders",
    "/publications",
    "/ledger",
    "/you",
  ]) {
    await page.goto(press.url(path));
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForLoadState("networkidle");
  }
  await page.goto(press.url("/editions/persisted"));
  await page.getByRole("button", { name: "Take a ticket" }).click();
  await page.getByText("Ticket 1 is yours.").first().waitFor();
  await page.goto(press.url("/tickets"));
  await page.getByText("persisted").first().waitFor();
  expect(heard.refused).toEqual([]);
  expect(heard.answers).toBeGreaterThan(10);
  expect(heard.events).toBeGreaterThan(0);
  expect(faults).toEqual([]);
});

/** How many requests for GraphQL the gateway has answered with this status. */
async function answersWith(status: number): Promise<number> {
  const metrics = await (await fetch(`${press.gateway.url}/metrics`)).text();
  const name = "golden_press_gateway_http_request_duration_seconds_count";
  const line = metrics.split("\n").find((one) => one.startsWith(`${name}{route="/graphql",status="${status}"}`));
  return Number(line?.split(" ").at(-1) ?? 0);
}

test("a page of another site gets nothing done by what it may send without being asked first", async () => {
  await press.openEdition("aimed-at");
  const { page } = await press.openPage();
  await press.signIn(page, "olga", "/", { isOperator: true });
  await page.goto(`http://localhost:${(neighbour.address() as AddressInfo).port}/`);
  await page.evaluate(async (url) => {
    const query = 'mutation { closeEdition(input: { editionSlug: "aimed-at" }) { edition { slug } } }';
    const json = JSON.stringify({ query });
    const form = new FormData();
    form.set("query", query);
    const bodies = [
      new Blob([json]),
      new Blob([json], { type: "text/plain" }),
      json,
      new URLSearchParams({ query }),
      form,
    ];
    // The browser keeps the answers from the page; what was sent was sent.
    const send = (to: string, init: RequestInit) =>
      fetch(to, { mode: "no-cors", credentials: "include", ...init }).catch(() => undefined);
    for (const body of bodies) await send(url, { method: "POST", body });
    await send(`${url}?query=${encodeURIComponent(query)}`, { method: "GET" });
  }, press.url("/graphql"));
  await expect.poll(async () => [await answersWith(415), await answersWith(405)]).toEqual([5, 1]);
  const { rows } = await press.database
    .pool("operator")
    .query("select status from press.editions where slug = 'aimed-at'");
  expect(rows).toEqual([{ status: "open" }]);
});
