/**
 * `submitRecord` and `registerPublicKey` are PostGraphile's own, and reach the database only with what the key has signed (signedRecords.ts), over HTTP
 * and WebSocket alike.
 */
import { type PgResource, sideEffectWithPgClient } from "postgraphile/@dataplan/pg";
import { context, type FieldArgs, sideEffect } from "postgraphile/grafast";
import { wrapPlans } from "postgraphile/utils";
import type { Identity } from "../auth.ts";
import { requireSignedRecord, requireSignedRegistration, type SubmittedRecord } from "../signedRecords.ts";

interface RegisterInput {
  readonly publicKey: string;
  readonly signature: string;
  readonly recipient?: string | null;
}

/** What the database has signed for a key to be registered: for the caller's own rights, or it refuses. */
const REGISTRATION_TEXT = "select press.key_registration_text($1, $2) as text";

export const SignedRecordsPlugin: GraphileConfig.Plugin = wrapPlans(
  (build) => {
    const keys = build.pgResources?.publishing_keys as PgResource;
    return {
      Mutation: {
        // What fails here ends the field: a step that changes something waits for those before it.
        submitRecord(plan, _$root, fieldArgs: FieldArgs) {
          const given = [context().get("identity"), fieldArgs.getRaw("input")] as const;
          sideEffect(given, ([identity, input]: readonly [Identity, SubmittedRecord]) =>
            requireSignedRecord(identity, input),
          );
          return plan();
        },
        registerPublicKey(plan, _$root, fieldArgs: FieldArgs) {
          sideEffectWithPgClient(keys.executor, fieldArgs.getRaw("input"), async (client, given) => {
            const { publicKey, signature, recipient } = given as RegisterInput;
            const { rows } = await client.query<{ text: string }>({
              text: REGISTRATION_TEXT,
              values: [publicKey, recipient ?? null],
            });
            requireSignedRegistration(rows[0]?.text ?? "", signature, publicKey);
          });
          return plan();
        },
      },
    };
  },
  { name: "SignedRecordsPlugin" },
);
