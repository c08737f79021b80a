/**
 * What browsers report against the policy of the dashboard. Anybody can send such a report, so it is counted, and of a few a minute the log has
 * what they say, cut to a length.
 */
import type { Logger } from "pino";

/** Lines in the log, a minute. */
const LOGGED_MAX = 10;
const MINUTE_MILLISECONDS = 60_000;
const TEXT_LENGTH_MAX = 200;
/** Of a report, what says where to look; its other members repeat the policy. */
const MEMBERS = ["effective-directive", "blocked-uri", "document-uri", "source-file", "line-number", "script-sample"];

export class PolicyReports {
  readonly #log: Logger;
  #count = 0;
  #loggedCount = 0;
  #minuteBegan = Number.NEGATIVE_INFINITY;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** How many have come. */
  get count(): number {
    return this.#count;
  }

  /** @param body whatever was sent as `application/csp-report`, parsed */
  take(body: unknown): void {
    this.#count += 1;
    const now = performance.now();
    if (now - this.#minuteBegan > MINUTE_MILLISECONDS) {
      this.#minuteBegan = now;
      this.#loggedCount = 0;
    }
    this.#loggedCount += 1;
    if (this.#loggedCount <= LOGGED_MAX) {
      this.#log.warn({ report: excerptOf(body) }, "a browser reports something against the dashboard's policy");
    }
  }
}

function excerptOf(body: unknown): Record<string, string> {
  const report = (body as { "csp-report"?: Record<string, unknown> } | null)?.["csp-report"] ?? {};
  const said = MEMBERS.filter((member) => /^(string|number)$/.test(typeof report[member]));
  return Object.fromEntries(said.map((member) => [member, String(report[member]).slice(0, TEXT_LENGTH_MAX)]));
}
