/**
 * Where an operator has said which documents clients may send: refuses all others, before anything of them is read. `@grafserv/persisted` puts the
 * text in the place of its id; it would answer and log what is refused in words of its own, so nothing that is refused gets that far.
 */
import { PersistedPlugin } from "@grafserv/persisted";
import { idOfRequest, type PersistedOperations } from "../persistedOperations.ts";
import { refusal } from "../refusals.ts";

/** Goes before all other plugins of requests: the text that they are to judge is not there yet. */
export function makePersistedOperationsPreset(operations: PersistedOperations): GraphileConfig.Preset {
  return {
    plugins: [makeGuard(operations), PersistedPlugin],
    grafserv: {
      hashFromPayload: idOfRequest,
      persistedOperationsGetter: (id) => operations.get(id) as string, // The guard lets no other id pass.
    },
  };
}

function makeGuard(operations: PersistedOperations): GraphileConfig.Plugin {
  return {
    name: "PersistedOperationsPlugin",
    version: "1.0.0",
    before: ["PersistedPlugin"],
    grafserv: {
      middleware: {
        processGraphQLRequestBody(next, { body }) {
          if (operations.has(idOfRequest(body) ?? "")) return next();
          throw refusal(
            "OPERATION_NOT_PERSISTED",
            "This press answers only documents that its operator has persisted.",
            {
              hint: "Have the operator put the document into the folder of PERSISTED_OPERATIONS_DIR; then send it as it is there, or the SHA-256 of its text as documentId.",
              statusCode: 400,
            },
          );
        },
      },
    },
  };
}
