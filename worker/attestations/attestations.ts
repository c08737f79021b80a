/** What a worker does about attestations: it gathers evidence of the kinds that it may ask for, signs credentials if it has their key, and forgets. */
import type { Queryable } from "../guardedPool.ts";
import type { SigningKey } from "../keys.ts";
import type { Log } from "../log.ts";
import { type Repeating, repeat } from "../repeat.ts";
import { type CredentialStep, Credentials } from "./credentials.ts";
import type { CredentialIssuer } from "./dataIntegrity.ts";
import type { Gather } from "./evidence.ts";
import { type AttestationKind, type AttestationStep, forgetAddresses, Gatherer, rejectUnchecked } from "./gather.ts";
import type { AttestationIssuer } from "./oidc.ts";
import type { RepositoryOptions } from "./repository.ts";
import { publishStatusLists, type StatusListStep } from "./statusLists.ts";

/** Whose word counts as evidence, and what credentials are signed with. */
export interface AttestationsOptions {
  /** Providers whose ID tokens are evidence; without one they wait. */
  readonly issuers?: readonly AttestationIssuer[] | undefined;
  /** Where repositories are that are evidence; without it they wait. */
  readonly repositories?: RepositoryOptions | undefined;
  /** Signs credentials. Without it they stay pending. */
  readonly credentials?: CredentialOptions | undefined;
}

/** With which key credentials are signed, and as whom. */
export interface CredentialOptions {
  /** Never the key of the tickets or the checkpoints. */
  readonly key: SigningKey;
  /** Undefined: the press has no address that lasts as long as a credential. Then they stay pending. */
  readonly issuer: CredentialIssuer | undefined;
}

/** After which step the observer is called. */
export type AttestationsStep = AttestationStep | CredentialStep | StatusListStep;

interface Context {
  readonly db: Queryable;
  readonly log: Log;
  readonly observe?: ((step: AttestationsStep) => unknown) | undefined;
  readonly leaseSeconds?: number | undefined;
}

/** People wait for it. */
const LOOK_MILLISECONDS = 250;
const PUBLISH_LISTS_MILLISECONDS = 1_000;
const FORGET_MILLISECONDS = 60_000;

/** Starts all of it, and says what waits for another worker: so that whoever runs this one sees what it takes. */
export async function startAttestations(options: AttestationsOptions, context: Context): Promise<Repeating[]> {
  const { db, log } = context;
  const waiting = waitingFor(options);
  if (waiting.length > 0)
    log.warn(`Attestations and credentials wait where this worker lacks what they take: ${waiting.join("; ")}.`);
  const { key, issuer } = options.credentials ?? {};
  return [
    ...(await startGathering(options, context)),
    ...(key === undefined || issuer === undefined ? [] : startSigning(key, issuer, context)),
    repeat({
      name: "forget network addresses",
      pauseMilliseconds: FORGET_MILLISECONDS,
      pauseMaxMilliseconds: FORGET_MILLISECONDS,
      log,
      act: () => forgetAddresses(db),
    }),
    // Apart, so that nothing that fails here keeps an address.
    repeat({
      name: "give up evidence that nobody could check",
      pauseMilliseconds: FORGET_MILLISECONDS,
      pauseMaxMilliseconds: FORGET_MILLISECONDS,
      log,
      act: () => rejectUnchecked(db),
    }),
  ];
}

/** What this worker leaves to others, each with what it would take. */
function waitingFor({ issuers = [], repositories, credentials }: AttestationsOptions): string[] {
  return [
    ...(issuers.length === 0 ? ["ID tokens (ATTESTATION_ISSUERS)"] : []),
    ...(repositories === undefined ? ["repositories (REPOSITORY_API_URL)"] : []),
    ...(credentials === undefined ? ["credentials (CREDENTIAL_KEY_FILE)"] : []),
    ...(credentials !== undefined && credentials.issuer === undefined
      ? [
          "credentials (PUBLIC_URL, or a PORT that stays the same: they name where the press is for as long as they are valid)",
        ]
      : []),
  ];
}

/** Each kind apart, so that a provider that is slow keeps no other evidence waiting. What a kind needs is loaded only where it is asked for. */
async function startGathering(
  { issuers = [], repositories }: AttestationsOptions,
  context: Context,
): Promise<Repeating[]> {
  const gathering: Repeating[] = [];
  if (issuers.length > 0) {
    const { makeOidcGather } = await import("./oidc.ts");
    gathering.push(startGatherer("oidc", makeOidcGather({ issuers }), context));
  }
  if (repositories !== undefined) {
    const { makeRepositoryGather } = await import("./repository.ts");
    gathering.push(startGatherer("repository", makeRepositoryGather(repositories), context));
  }
  return gathering;
}

function startGatherer(kind: AttestationKind, gather: Gather, { db, log, observe, leaseSeconds }: Context): Repeating {
  const gatherer = new Gatherer({ db, kind, gather, log, observe, leaseSeconds });
  const looking = repeat({
    name: `look for attestations of the kind ${kind}`,
    pauseMilliseconds: LOOK_MILLISECONDS,
    log,
    act: () => gatherer.look(),
  });
  return {
    async stop() {
      const stopped = gatherer.stop();
      await looking.stop();
      await stopped;
      await gatherer.stop(); // The last look may have taken something in hand.
    },
  };
}

function startSigning(
  key: SigningKey,
  issuer: CredentialIssuer,
  { db, log, observe, leaseSeconds }: Context,
): Repeating[] {
  const publishLists = () => publishStatusLists({ db, key, issuer, log, observe });
  const credentials = new Credentials({ db, key, issuer, log, observe, leaseSeconds, publishLists });
  const signing = repeat({
    name: "sign credentials",
    pauseMilliseconds: LOOK_MILLISECONDS,
    log,
    act: () => credentials.drain(),
  });
  return [
    {
      async stop() {
        await Promise.all([credentials.stop(), signing.stop()]);
      },
    },
    repeat({
      name: "publish status lists",
      pauseMilliseconds: PUBLISH_LISTS_MILLISECONDS,
      log,
      act: publishLists,
    }),
  ];
}
