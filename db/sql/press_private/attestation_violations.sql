/* The register of reasons for which evidence is rejected, in the order in which they are given. Of a rule: the fact that it judges. */
create or replace function press_private.attestation_violations()
  returns table (name text, fact text, sentence text, hint text)
  language sql immutable
begin atomic
  values
    ('evidence_invalid',          null, 'The evidence does not hold.',
     'The fact "problem" says why; submit evidence that holds.'),
    ('nonce_invalid',             null, 'The evidence does not name the number that this holder was given, or named it too late.',
     'Begin again, put the new number where it belongs, and submit before it expires.'),
    ('proof_already_used',        null, 'This account has given a credential already.',
     'An account counts once, for one holder; when its credential has ended, the same holder proves it again.'),
    ('holder_inactive',           null, 'The holder has been deactivated.',
     'An operator can tell why.'),
    ('holder_erased',             null, 'The holder was forgotten before the evidence was checked.',
     'Begin again, if you are here again.'),
    ('repository_too_young',      'repository_created_at', 'The repository is too young.',
     'Wait until it is old enough, or take an older one.'),
    ('repository_too_small',      'repository_size_kb', 'The repository is too small.',
     'Take a larger one; the hosting service may need an hour to see that one has grown.'),
    ('account_too_young',         'account_created_at', 'The account that the repository belongs to is too young.',
     'Wait until it is old enough.'),
    ('address_checked_too_often', 'address_checks', 'Too many attestations were submitted from this network address within an hour.',
     'Submit it again after an hour, or from elsewhere.');
end;
comment on function press_private.attestation_violations is 'Every reason for which evidence is rejected: its name, the fact that it judges, a sentence for people, and what to do next.';
revoke all on function press_private.attestation_violations from public;
