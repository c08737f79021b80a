import pg from "pg";

/** What a fresh press has to try: made through the public functions, as any operator would. */
const SAMPLES = [
  { slug: "golden-ticket", title: "The golden ticket", cap: 5, perHolderLimit: 1, drawMode: "none" },
  { slug: "summer-raffle", title: "The summer raffle", cap: 100, perHolderLimit: 2, drawMode: "random_int" },
] as const;

/**
 * Makes and opens the sample editions that are missing. One that is a draft was left by a start that was killed in between, and is opened.
 * In a press that is stopped nothing is made.
 *
 * @param url a login that is an operator
 * @returns a sentence about each edition, and why the press is stopped, if it is
 */
export async function ensureSampleEditions(url: string): Promise<{ lines: string[]; stopReason: string | null }> {
  const client = new pg.Client({ connectionString: url, application_name: "golden-press start" });
  await client.connect();
  try {
    const stopReason = await readStopReason(client);
    if (stopReason === null) await makeMissing(client);
    const slugs = SAMPLES.map((sample) => sample.slug);
    const { rows } = await client.query<{ line: string }>(DESCRIBE, [slugs]);
    return { lines: rows.map((row) => row.line), stopReason };
  } finally {
    await client.end();
  }
}

async function readStopReason(client: pg.Client): Promise<string | null> {
  const { rows } = await client.query<{ reason: string | null }>("select press.press_stop_reason() as reason");
  return rows[0]?.reason ?? null;
}

async function makeMissing(client: pg.Client): Promise<void> {
  for (const { slug, title, cap, perHolderLimit, drawMode } of SAMPLES) {
    const status = await statusOf(client, slug);
    if (status === undefined) {
      const values = [slug, title, cap, perHolderLimit, drawMode];
      await client.query("select press.create_edition($1, $2, $3, $4, $5::press.draw_mode)", values);
    }
    if (status === undefined || status === "draft") await client.query("select press.open_edition($1)", [slug]);
  }
}

async function statusOf(client: pg.Client, slug: string): Promise<string | undefined> {
  const { rows } = await client.query<{ status: string }>("select status from press.editions where slug = $1", [slug]);
  return rows[0]?.status;
}

const DESCRIBE = `
  select format('%s, %s: %s of %s left', e.slug, e.status, press.editions_remaining_count(e), e.cap) as line
  from press.editions e where e.slug = any($1) order by e.slug`;
