/**
 * The dashboard as browsers get it: one page, and assets whose names change with their content.
 *
 * It is made by esbuild when it is first asked for, in a tenth of a second or two, or beforehand into `dist/` (`node gateway/dashboard/bundle.ts [FOLDER]`), where
 * esbuild is not there when the gateway runs, as in a container. What is in `dist/` counts only while it was made of exactly these
 * sources, so it is never stale.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import type { Metafile, OutputFile } from "esbuild";

/** What browsers get. */
export interface Bundle {
  /** The one page, for every path of the dashboard. */
  readonly page: Buffer;
  /** The assets, by the names under which the page and they themselves ask for each other. */
  readonly assets: ReadonlyMap<string, Buffer>;
}

/** Where the page looks for its assets. */
export const ASSETS_PATH = "/dashboard/";

const ROOT = join(import.meta.dirname, "../..");
const DIST = join(import.meta.dirname, "dist");
const PAGE_FILE = "index.html";
/** What `dist/` was made of. */
const ORIGIN_FILE = "origin.json";
/** The documents that the dashboard sends. */
const OPERATIONS_FILE = "operations.json";

/** What a bundle was made of, to find out whether that has changed since. */
interface Origin {
  /** Files of this repository, from its root on. */
  readonly files: readonly string[];
  /** Of what is in them, and of the versions of everything else. */
  readonly digest: string;
}

/**
 * The dashboard, made of the sources as they are.
 *
 * @param folder where it may have been built
 * @throws {Error} when it has to be made and cannot: esbuild is not there, or a source has an error
 */
export async function loadBundle(folder = DIST): Promise<Bundle> {
  return (await readBuilt(folder)) ?? (await build()).bundle;
}

/** Makes the dashboard and puts it into the folder, which is there whole or not at all. */
export async function writeBundle(folder = DIST): Promise<void> {
  const { bundle, origin } = await build();
  const draft = `${folder}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  for (const [name, content] of bundle.assets) await writeFile(join(draft, name), content);
  await writeFile(join(draft, PAGE_FILE), bundle.page);
  const { collectOperations } = await import("./operations.ts");
  await writeFile(join(draft, OPERATIONS_FILE), JSON.stringify(await collectOperations()));
  await writeFile(join(draft, ORIGIN_FILE), `${JSON.stringify(origin, undefined, 2)}\n`);
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
}

/** The documents that the dashboard in the folder sends; null where it was not built, or of other sources. */
export async function readBuiltOperations(folder = DIST): Promise<readonly string[] | null> {
  if (!(await isFresh(folder))) return null;
  return JSON.parse(await readFile(join(folder, OPERATIONS_FILE), "utf8")) as string[];
}

async function readBuilt(folder: string): Promise<Bundle | null> {
  if (!(await isFresh(folder))) return null;
  const others = new Set([PAGE_FILE, ORIGIN_FILE, OPERATIONS_FILE]);
  const names = (await readdir(folder)).filter((name) => !others.has(name));
  const contents = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const));
  return { page: await readFile(join(folder, PAGE_FILE)), assets: new Map(contents) };
}

/** Whether the folder has a dashboard that was made of the very sources that are there. */
async function isFresh(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, ORIGIN_FILE), "utf8").catch(() => null);
  if (text === null) return false;
  const { files, digest } = JSON.parse(text) as Origin;
  return (await digestOf(files)) === digest;
}

/** Packages count by their versions, which the lock file has: those of the dashboard need not be there where it was built before. */
async function digestOf(files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of [...files, "package-lock.json"]) {
    const content = await readFile(join(ROOT, file)).catch(() => Buffer.from("missing"));
    hash.update(`${file}\n${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

async function build(): Promise<{ bundle: Bundle; origin: Origin }> {
  const esbuild = await import("esbuild");
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: ["gateway/dashboard/main.tsx", "gateway/dashboard/icon.svg"],
    outdir: "gateway/dashboard/dist",
    publicPath: ASSETS_PATH.slice(0, -1),
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    splitting: true, // What a page loads with import() is there only for those who use it.
    format: "esm",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    tsconfigRaw: {},
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".svg": "copy", ".png": "file", ".woff2": "file" },
    minify: true,
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  await esbuild.stop(); // Its process is of no more use.
  const sources = Object.keys(metafile.inputs).filter((file) => !file.includes("node_modules/"));
  const makers = [import.meta.filename, join(import.meta.dirname, "operations.ts")];
  const files = [...sources, ...makers.map((file) => relative(ROOT, file))].sort();
  return {
    bundle: {
      page: Buffer.from(makePage(metafile)),
      assets: new Map(outputFiles.map(({ path, contents }: OutputFile) => [basename(path), Buffer.from(contents)])),
    },
    origin: { files, digest: await digestOf(files) },
  };
}

/** Nothing in it is inline, so that the strictest policy allows all of it. */
function makePage({ outputs }: Metafile): string {
  const made = Object.entries(outputs);
  const main = made.find(([, { entryPoint }]) => entryPoint?.endsWith("/main.tsx"))?.[1];
  const script = made.find(([, output]) => output === main)?.[0];
  const icon = made.find(([file]) => /\/icon-[^/]+\.svg$/.test(file))?.[0];
  const preloaded = main?.imports.filter(({ kind }) => kind === "import-statement").map(({ path }) => path) ?? [];
  const links = [
    `<link rel="icon" type="image/svg+xml" href="${urlOf(icon)}">`,
    ...(main?.cssBundle === undefined ? [] : [`<link rel="stylesheet" href="${urlOf(main.cssBundle)}">`]),
    ...preloaded.map((file) => `<link rel="modulepreload" href="${urlOf(file)}">`),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Golden Press</title>
${links.join("\n")}
<script type="module" src="${urlOf(script)}"></script>
</head>
<body>
<div id="root"></div>
<noscript>This page needs JavaScript. What it shows is also at /graphql, /events and /ledger/checkpoint.</noscript>
</body>
</html>
`;
}

function urlOf(file: string | undefined): string {
  return `${ASSETS_PATH}${basename(file ?? "")}`;
}

// Not awaited: what it loads, operations.ts, waits until this module has been.
if (import.meta.main) void writeBundle(process.argv[2]);
