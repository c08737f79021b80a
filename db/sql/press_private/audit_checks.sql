/* The register of what press.audit checks. Each is a sentence that holds; test/audit/tampering.test.ts breaks every one of them. */
create or replace function press_private.audit_checks()
  returns table (part press.audit_part, "check" text, subject text)
  language sql immutable
begin atomic
  values
    ('editions'::press.audit_part, 'the terms and the status of an edition are possible', 'press.editions'),
    ('editions', 'tickets are numbered from 1 to their count, within the cap', 'press.editions'),
    ('editions', 'what waits to be recorded as closed is closed, not recorded, and awaits its last ticket', 'press_private.closings_to_record'),
    ('editions', 'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', 'press.draws'),
    ('editions', 'the entries alone give every winner that was drawn', 'press.draws'),
    ('tickets', 'a ticket has the terms of its edition, and keeps within them', 'press.tickets'),
    ('tickets', 'a ticket has a holder', 'press.tickets'),
    ('tickets', 'the slots of a holder run from 1 to their count, within the limit', 'press.tickets'),
    ('tickets', 'a request was answered once, whole, and for one holder', 'press.tickets'),
    ('tickets', 'a ticket has an envelope, or the hash of one that was removed, once it is signed, and not before', 'press.tickets'),
    ('tickets', 'a ticket is redeemed or revoked where a row says by whom, and nowhere else', 'press.tickets'),
    ('envelopes', 'an envelope says what the row of its ticket says', 'press.tickets'),
    ('envelopes', 'an envelope names a key that signs tickets', 'press.tickets'),
    ('envelopes', 'a credential says what its row says, and what was stored before it was signed', 'press.credentials'),
    ('envelopes', 'a credential names a key that signs credentials', 'press.credentials'),
    ('keys', 'the id of a key is its fingerprint', 'press.signing_keys'),
    ('keys', 'the comb of a key is computed from it', 'press_private.ed25519_combs'),
    ('rows', 'a row is as the press wrote it', 'every sealed row'),
    ('rows', 'an attestation is verified if and only if it has its one credential', 'press.attestations'),
    ('rows', 'a decision is the one that its facts and its rules give', 'press.attestations'),
    ('rows', 'evidence is kept until it was checked, and no longer', 'press_private.attestation_work'),
    ('rows', 'a proof is one holder''s, and gives one valid credential at a time', 'press.attestations'),
    ('rows', 'rules are named by the hash of their thresholds, and an operator put them in force', 'press.rule_sets'),
    ('rows', 'a record is what a key of its holder signed, and a published checkpoint is one of the ledger', 'press.publications'),
    ('rows', 'a key has what its holder showed to have it by, or was revoked', 'press.publishing_keys'),
    ('rows', 'what was paid to the pool is there, or went as fees, in satoshis and in coins', 'press.utxos'),
    ('rows', 'a coin is spent by one transaction that is alive', 'press.utxos'),
    ('rows', 'a stored transaction is what its rows say', 'press.chain_transactions'),
    ('rows', 'what a transaction pays to the wallet is a coin once the nodes have it, and not before', 'press.chain_transactions'),
    ('rows', 'a publication is as far as its transaction', 'press.publications'),
    ('rows', 'a publication stands on the chain once', 'press.publications'),
    ('rows', 'the trust level of a holder is the highest of their credentials that were not revoked', 'press.holders'),
    ('rows', 'a holder without a subject was forgotten, and nobody else was', 'press.holders'),
    ('entries', 'places run from 0 without a gap, and the head counts them', 'press.ledger_entries'),
    ('entries', 'an entry tells what the rows say, once', 'press.ledger_entries'),
    ('entries', 'what the rows say happened has its entry', 'every row'),
    ('tree', 'the hash of an entry is computed from it', 'press.ledger_entries'),
    ('tree', 'a node is computed from the entries below it, and every complete subtree has one', 'press_private.ledger_nodes'),
    ('checkpoints', 'a checkpoint has the root of the tree of its size', 'press.checkpoints'),
    ('checkpoints', 'the note of a checkpoint says its size and root, by a key for checkpoints, under a name of the ledger', 'press.checkpoints'),
    ('replay', 'the entries alone tell editions that keep within their caps and limits', 'press.ledger_entries'),
    ('replay', 'the entries alone tell how many tickets each holder has', 'press.holders'),
    ('notes', 'the key of a checkpoint signed it', 'press.checkpoints'),
    ('signatures', 'the key of an envelope signed it', 'press.tickets'),
    ('signatures', 'the key of a credential, or of a status list, signed it', 'press.credentials');
end;
comment on function press_private.audit_checks is 'What press.audit checks, in its order, and where.';
revoke all on function press_private.audit_checks from public;
