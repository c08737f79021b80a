/* The register of press.invariants: which promise each check belongs to. Those that the audit has too are its sentences, and its functions make them.
   Where no query can tell, looked_at_by says who does. I14 is about time: that something waits for long is no reason to stop those who do not. Nor is what
   the chain has twice: blocks that contradict each other bring it about, and whoever answers for the nodes could. */
create or replace function press_private.invariant_checks()
  returns table (invariant text, "check" text, subject text, is_stopping boolean, looked_at_by text, remedy text)
  language sql immutable
begin atomic
  select c.invariant, c."check", c.subject, c.is_stopping, c.looked_at_by, r.remedy
  from (values
    ('I1',  'tickets are numbered from 1 to their count, within the cap', 'press.tickets', true, null),
    ('I1',  'a ticket has the terms of its edition, and keeps within them', 'press.tickets', true, null),
    ('I2',  'the slots of a holder run from 1 to their count, within the limit', 'press.tickets', true, null),
    ('I3',  'a ticket is redeemed or revoked where a row says by whom, and nowhere else', 'press.tickets', true, null),
    ('I4',  'an attestation is verified if and only if it has its one credential', 'press.attestations', true, null),
    ('I4',  'a proof is one holder''s, and gives one valid credential at a time', 'press.attestations', true, null),
    ('I4',  'a credential says what its row says, and what was stored before it was signed', 'press.credentials', true, null),
    ('I5',  'a draw was asked for, and is decided where its edition is drawn, by the first checkpoint that covers the closing', 'press.draws', true, null),
    ('I5',  'the entries alone give every winner that was drawn', 'press.draws', true, null),
    ('I6',  'places run from 0 without a gap, and the head counts them', 'press.ledger_entries', true, null),
    ('I6',  'the hash of an entry is computed from it', 'press.ledger_entries', true, null),
    ('I6',  'a node is computed from the two below it', 'press_private.ledger_nodes', true, null),
    ('I6',  'a checkpoint has the root of the tree of its size', 'press.checkpoints', true, null),
    ('I7',  'what was acknowledged is there, and what was refused is not', 'clients', null,
     'Only who was answered knows the answer: test/crash compares what its clients wrote down with the rows, and request_outcome tells a client.'),
    ('I8',  'a request was answered once, whole, and for one holder', 'press.tickets', true, null),
    ('I9',  'the stream has no event that no checkpoint covers', 'press_private.event_stream', true, null),
    ('I9',  'the stream has every event once, in order', 'the broker', null,
     'Only the broker has the stream: the worker reads all of it again every hour and compares it with the ledger (worker/events/reconciler.ts), and test/events what consumers did.'),
    ('I10', 'a coin is spent by one transaction that is alive', 'press.utxos', true, null),
    ('I10', 'a stored transaction is what its rows say', 'press.chain_transactions', true, null),
    ('I10', 'what a transaction pays to the wallet is a coin once the nodes have it, and not before', 'press.chain_transactions', true, null),
    ('I10', 'a publication is as far as its transaction', 'press.publications', true, null),
    ('I10', 'a publication stands on the chain once', 'press.publications', false, null),
    ('I11', 'nobody but functions of the press changes its rows, and what holds them to the rules is in place', 'the catalogue', true, null),
    ('I11', 'every right is the declared one', 'the catalogue', null,
     'What is declared stands in test/sql/laws/rights.test.sql, which holds it against the catalogue; gateway and worker refuse to start with more (db/loginRights.ts).'),
    ('I12', 'a ticket has an envelope, or the hash of one that was removed, once it is signed, and not before', 'press.tickets', true, null),
    ('I12', 'what the rows say happened has its entry', 'press.tickets', true, null),
    ('I12', 'an entry tells what the rows say, once', 'press.ledger_entries', true, null),
    ('I12', 'what is stored can be read', 'every row', true, null),
    ('I13', 'an envelope says what the row of its ticket says', 'press.tickets', true, null),
    ('I13', 'an envelope names a key that signs tickets', 'press.tickets', true, null),
    ('I13', 'the key of an envelope signed it', 'press.tickets', true, null),
    ('I14', 'nothing waits for longer than it should', 'what waits', false, null)
  ) c (invariant, "check", subject, is_stopping, looked_at_by)
  join (values
    ('I1',  'Do not start the press. See which of the tickets were signed (press.audit, part tickets), revoke what was issued beyond the cap, and find who wrote to press.tickets beside the press.', true),
    ('I2',  'Do not start the press. Revoke what the holder has beyond the limit, and find who wrote to press.tickets beside the press.', true),
    ('I3',  'Do not start the press. Ask at the gate who was let in with the ticket, and find who wrote to press.redemptions beside the press.', true),
    ('I4',  'Do not start the press. Revoke the credential (press.revoke_credential), and find who wrote to press.attestations or press.credentials.', true),
    ('I5',  'Do not start the press, and announce no winner: compute the draw again (press.recompute_draw), here and from a copy of the ledger.', true),
    ('I6',  'Do not start the press. Compare with the checkpoints that others keep, run golden-press audit, and restore a backup whose ledger they confirm.', true),
    ('I7',  'Ask for the outcome of the request by its key (request_outcome).', true),
    ('I8',  'Do not start the press. See both answers to the key (request_outcome), and revoke the tickets of the second.', true),
    ('I9',  'Do not start the press before it is certain that this database is the latest: a restored backup is behind its stream.', true),
    ('I10', 'Do not start the press, and stop every worker with a wallet: run golden-press audit, and look at the coins on the chain before anything is sent.', true),
    ('I10', 'Look at both transactions on the chain: blocks have contradicted each other, or who answered for the nodes was wrong. Nothing has to be undone.', false),
    ('I11', 'Put back what the finding names; then run golden-press audit, because rows may have been changed meanwhile.', true),
    ('I12', 'Do not start the press. Run golden-press audit; if a worker''s key may have signed what is not here, retire it.', true),
    ('I13', 'Do not start the press. Run golden-press audit, and restore the row from a backup: the envelope that its holder has is the authority.', true),
    ('I14', 'See whether a worker runs, and what it says in its log; nothing is lost, and nothing has to be undone.', false)
  ) r (invariant, remedy, is_stopping) on r.invariant = c.invariant and r.is_stopping = coalesce(c.is_stopping, r.is_stopping);
end;
comment on function press_private.invariant_checks is 'What press.invariants checks, in its order: for which promise, where, whether the press is stopped when it does not hold, who looks where no query can (null: the press), and what to do.';
revoke all on function press_private.invariant_checks from public;
