/** A run of all tests in .ci/run. */
interface Leg {
  readonly on: string;
  /** What no other leg checks. */
  readonly alone: string;
  /** What it cannot have, by the names in requirements.ts. Everything else must run in it. */
  readonly lacks: readonly string[];
}

/** By the name in TEST_LEG; without one CI=true means the first. */
const LEGS: Readonly<Record<string, Leg>> = {
  "18": {
    on: "PostgreSQL 18 from npm",
    alone: "what every machine can run, from npm packages alone",
    lacks: ["plpgsql_check", "docker"],
  },
  "18-container": {
    on: "PostgreSQL 18 in a container",
    alone: "the press of docker-compose.yml, and a server from Testcontainers",
    lacks: ["plpgsql_check", "leg 18"],
  },
  "18-scale": {
    on: "PostgreSQL 18 from npm, with TEST_SCALE=ci",
    alone: "every cell of the matrix of rights, and many cuts, planted faults and hostile requests",
    lacks: ["plpgsql_check", "docker"],
  },
  "18-endurance": {
    on: "PostgreSQL 18 from npm, with TEST_SCALE=ci and nothing beside it",
    alone: "five minutes of mixed load with random faults",
    lacks: ["plpgsql_check", "docker"],
  },
  "18-managed": {
    on: "PostgreSQL 18 from npm, by a login with CREATEROLE and CREATEDB",
    alone: "installing, migrating and serving without a superuser, by the rules since PostgreSQL 16",
    lacks: ["superuser", "plpgsql_check", "docker", "leg 18"],
  },
  "15": {
    on: "PostgreSQL 15 from Debian, with a collation that sorts as people do",
    alone: "the oldest PostgreSQL, and plpgsql_check over every function",
    lacks: ["docker", "leg 18"],
  },
  "15-managed": {
    on: "PostgreSQL 15 from Debian, by a login with CREATEROLE and CREATEDB",
    alone: "installing, migrating and serving without a superuser, by the rules before PostgreSQL 16",
    lacks: ["superuser", "docker", "leg 18"],
  },
};

/**
 * What no leg need have. root: not every runner is. golang: half a gigabyte; Python reads the ledger in every leg. The vectors of vc-di-eddsa: nobody
 * packages them; Python verifies by the procedure of W3C in every leg.
 */
const NOWHERE_NEEDED = ["root", "golang", "VECTORS_DIR/vc-di-eddsa"];

function currentLeg(): Leg {
  const { TEST_LEG: name = "" } = process.env;
  const leg = LEGS[name === "" ? "18" : name];
  if (leg === undefined) throw new Error(`TEST_LEG must be one of ${Object.keys(LEGS).join(", ")}, not "${name}".`);
  return leg;
}

/** Whether a skip is allowed with CI=true, by its reason, which begins with the name of the missing requirement. */
export function isAllowedInCi(reason: string): boolean {
  return [...currentLeg().lacks, ...NOWHERE_NEEDED].some((name) => reason.startsWith(`${name}: `));
}

/** What a leg is for, in a sentence. */
export function describeLeg(): string {
  const { on, alone, lacks } = currentLeg();
  return `on ${on}: it alone checks ${alone}; it may skip what needs ${[...lacks, ...NOWHERE_NEEDED].join(", ")}`;
}
