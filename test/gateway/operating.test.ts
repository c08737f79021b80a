/* What docs/operating.md, the alerts and the dashboard speak of is what a gateway says at /metrics. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { startTestGateway, type TestGateway } from "./testGateway.ts";

const DOCS = join(import.meta.dirname, "..", "..", "docs");

let database: TestDatabase;
let gateway: TestGateway;
/** The names of all series, those of which there is none at the moment included. */
let series: Set<string>;
let text: string;
beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  await fetch(`${gateway.url}/healthz`); // So that there is an answer to take note of.
  text = await (await fetch(`${gateway.url}/metrics`)).text();
  series = new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type]) =>
      type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
});
afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const read = (path: string) => readFile(join(DOCS, path), "utf8");
const namesIn = (queries: string) => new Set(queries.match(/\b(golden_press|nodejs|process)_[a-z0-9_]+/g));

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

async function readPanels(): Promise<readonly Panel[]> {
  return (JSON.parse(await read("operating/dashboard.json")) as { panels: Panel[] }).panels;
}

describe("the dashboard", () => {
  test("asks for what there is", async () => {
    const panels = await readPanels();
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    expect(queries.length).toBeGreaterThan(20);
    expect([...namesIn(queries.join("\n"))].filter((name) => !series.has(name))).toEqual([]);
    for (const { title, type, targets = [] } of panels) expect(targets.length > 0, title).toBe(type !== "row");
  });

  test("has every panel in a place of its own", async () => {
    const panels = await readPanels();
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});

describe("the alerts", () => {
  test("ask for what there is, by labels that it has", async () => {
    const alerts = await read("operating/alerts.yml");
    const names = namesIn(alerts);
    expect(names.size).toBeGreaterThan(10);
    expect([...names].filter((name) => !series.has(name))).toEqual([]);
    const labels = new Set([...text.matchAll(/(\w+)="/g)].map(([, label]) => label));
    expect(labels).toContain("status");
    for (const [, label = ""] of alerts.matchAll(/_\w+\{(\w+)=/g)) expect(labels, label).toContain(label);
  });

  test("are those that docs/operating.md explains, each with a section that is there", async () => {
    const alerts = [...(await read("operating/alerts.yml")).matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const page = await read("operating.md");
    const explained = [...page.matchAll(/^\| `(GoldenPress\w+)` \|/gm)].map(([, name]) => name);
    expect(explained).toEqual(alerts);
    const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, "")
        .replaceAll(" ", "-"),
    );
    for (const [, anchor = ""] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
  });
});

test("docs/operating.md names no metric that is not there", async () => {
  const names = namesIn(await read("operating.md"));
  const whole = [...names].filter((name) => !name.endsWith("_"));
  expect(whole.filter((name) => !series.has(name))).toEqual([]);
});
