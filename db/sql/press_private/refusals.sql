/* The register of refusals, in order of precedence: when two apply, the earlier one is the answer. db/ERRORS.md is its page for people, and
   gateway/refusals.ts its copy for clients; test/sql/laws/refusals.test.sql and test/gateway/refusals.test.ts hold the three together. */
create or replace function press_private.refusals()
  returns table (name text, code text, is_retryable boolean, sentence text, hint text)
  language sql immutable
begin atomic
  values
    ('PRESS_STOPPED',        'PRSTO', false, 'The press is stopped: nothing is issued, signed or changed.',
     'An operator starts it again with start_press when what the detail says is settled.'),
    ('NOT_SIGNED_IN',        'PRANO', false, 'You are not signed in.',
     'Send a token in the Authorization header; at a psql prompt, use a login that was granted press_operator.'),
    ('NOT_ALLOWED',          'PRDEN', false, 'You may not do this.',
     'What only operators may do needs an operator''s token, or a login that was granted press_operator.'),
    ('HOLDER_INACTIVE',      'PRINA', false, 'This holder has been deactivated.',
     'An operator can tell why.'),
    ('INVALID_INPUT',        'PRINV', false, 'The request cannot be understood.',
     'Change the request as the detail says and send it again.'),
    ('EDITION_NOT_FOUND',    'PRNOE', false, 'There is no such edition.',
     'Check the slug; the list of editions has them all.'),
    ('REQUEST_KEY_REUSED',   'PRIDM', false, 'This request key was used for another request.',
     'Send the first request unchanged to have its answer again, or make a new key.'),
    ('EDITION_NOT_OPEN',     'PRCLS', false, 'The edition is not open.',
     'See its status and window.'),
    ('HOLDER_LIMIT_REACHED', 'PRLIM', false, 'The holder may not have so many tickets of this edition.',
     'Ask for fewer, if any are left to the holder.'),
    ('CAP_REACHED',          'PRCAP', false, 'There are not so many tickets left in this edition.',
     'Ask for fewer, if any remain.'),
    ('LOCK_TIMEOUT',         'PRBSY', true,  'The edition was busy for too long; nothing was done.',
     'Send the same request again, with the same request key.'),
    ('RETRY',                '40001', true,  'Others were at work on the same edition; nothing was done.',
     'Run the whole transaction again. At READ COMMITTED, with one call in a transaction, it is never needed.'),
    ('TICKET_NOT_FOUND',     'PRNOT', false, 'There is no such ticket.',
     'Check the ticket''s id; an envelope must be the one that the press issued.'),
    ('TICKET_NOT_SIGNED',    'PRUNS', false, 'The ticket awaits its signature.',
     'Try again in a moment; if it stays so, see whether a worker is running.'),
    ('NOT_CANONICAL',        'PRCAN', false, 'This is not the text of an envelope.',
     'Pass the envelope byte for byte as it was issued: not parsed, not written again, nothing added.'),
    ('UNKNOWN_KEY',          'PRKEY', false, 'The signing key is not known, or is not in use any more.',
     'To sign, register the key first; a retired key stays retired, so make a new one instead. An envelope must name a key of this press.'),
    ('SIGNATURE_INVALID',    'PRSIG', false, 'The envelope''s signature is not one of the key that it names.',
     'Ask the holder for the envelope as it was issued.'),
    ('PROOF_INVALID',        'PRMRK', false, 'This does not prove that the ticket is in the ledger.',
     'Fetch the ticket''s proof (timechain_proof) and pass it byte for byte.'),
    ('NOT_THE_HOLDER',       'PROWN', false, 'The ticket is another holder''s.',
     'Tickets are not transferable: its holder redeems it, or an operator who is shown the envelope.'),
    ('TICKET_REVOKED',       'PRREV', false, 'The ticket was revoked.',
     'Its revocation says why.'),
    ('ALREADY_REDEEMED',     'PRRED', false, 'The ticket was redeemed already.',
     'A ticket is redeemed once, and cannot be revoked afterwards.'),
    ('ALREADY_DRAWN',        'PRDRN', false, 'The edition was drawn already, or its draw was asked for.',
     'See its draws; a winner can be replaced (replace_winner), for a reason that everybody reads.'),
    ('DRAW_NOT_READY',       'PRNDR', false, 'It is too early for this draw.',
     'Try again when the time that the detail names has come; if nothing changes, see whether a worker is running.');
end;
comment on function press_private.refusals is 'Every refusal: its name, its SQLSTATE, whether the same request may succeed later, a sentence for people, and what to do next.';
revoke all on function press_private.refusals from public;
