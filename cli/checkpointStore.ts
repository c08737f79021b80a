import { type Configuration, ConfigurationError } from "../configuration.ts";
import { CheckpointFile, type CheckpointStore } from "../worker/checkpointStore.ts";
import { embeddedHome } from "./connection.ts";

/**
 * The checkpoint store: the file of CHECKPOINT_STORE, or the one of the embedded press.
 *
 * @throws {ConfigurationError} when there is neither
 */
export async function openCheckpointStore(configuration: Configuration): Promise<CheckpointStore> {
  const store = await findCheckpointStore(configuration);
  if (store !== undefined) return store;
  throw new ConfigurationError(
    "The worker needs CHECKPOINT_STORE: the file in which it keeps the last checkpoint of the ledger, on a disk that is never restored together with the database.",
  );
}

/** The same; undefined when there is neither. */
export async function findCheckpointStore(configuration: Configuration): Promise<CheckpointStore | undefined> {
  const file = configuration.checkpointStore ?? (await embeddedHome(configuration))?.checkpointStoreFile;
  return file === undefined ? undefined : new CheckpointFile(file);
}
