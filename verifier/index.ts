/**
 * Verifies Golden Press tickets, their ledger and credentials offline, from public keys. To read it: verifier.ts (the verdicts), then
 * envelope.ts (the form of a ticket) and ed25519.ts (the signature); then, for the ledger, ledgerVerifier.ts,
 * timechainProof.ts, signedNote.ts, checkpoint.ts and merkle.ts; for the public chain, anchor.ts and blockchain.ts; for draws, draws.ts, sampler.ts and beacon.ts; for credentials,
 * credential.ts, dataIntegrity.ts and statusList.ts.
 *
 * @module
 */
export { type Anchor, type AnchorVerdict, readAnchor, verifyAnchor } from "./anchor.ts";
export { type BeaconChain, type BeaconRound, firstRoundFrom, QUICKNET, verifyBeacon } from "./beacon.ts";
export type { BlockHeader, MerklePath } from "./blockchain.ts";
export { type Checkpoint, checkpointBody, readCheckpoint } from "./checkpoint.ts";
export {
  type Credential,
  type CredentialQuestion,
  type CredentialVerdict,
  readCredential,
  verifyCredential,
} from "./credential.ts";
export { type DataIntegrityProof, proofHashData } from "./dataIntegrity.ts";
export { type DidDocument, didDocument, didOfOrigin, type IssuerKey, readDidDocument } from "./didDocument.ts";
export { type RecomputedDraw, type RecomputedDraws, recomputeDraws } from "./draws.ts";
export { keyIdOf, parsePublicKey, verifyEd25519 } from "./ed25519.ts";
export { canonicalEnvelope, type Envelope, readEnvelope, type SignedEnvelope, TICKET_TYPE } from "./envelope.ts";
export type { Asked } from "./issuedDocument.ts";
export {
  type CheckpointVerdict,
  type ConsistencyVerdict,
  type EntryVerdict,
  LedgerVerifier,
} from "./ledgerVerifier.ts";
export { CompactTree, equalHashes, leafHash, nodeHash, verifyConsistency, verifyInclusion } from "./merkle.ts";
export { decodeBase58btc, encodeBase58btc, formatMultikey, parseMultikey } from "./multikey.ts";
export type { Problem, Reason, Refusal } from "./refusal.ts";
export { type DrawInputs, drawSeed, drawWords, sampleIndex, type Words } from "./sampler.ts";
export { formatVkey, type NoteKey, noteSignatureLine, openNote, parseVkey } from "./signedNote.ts";
export { readStatusList, type StatusList, type StatusListVerdict } from "./statusList.ts";
export { envelopeHash, readTicketEntry, type TicketEntry } from "./ticketEntry.ts";
export { parseEntryBundle, tilePath } from "./tiles.ts";
export { formatProof, readProof, type TimechainProof } from "./timechainProof.ts";
export { type RecordedVerdict, type Verdict, Verifier } from "./verifier.ts";
