select plan(34);
select tests.attest('alice') is not null, tests.attest('bob') is not null;
select tests.sign_credentials();
select tests.attest('carol') is not null;

select throws_ok('update press.credentials set ' || change || ' where status = ''pending''', 'PRDEN', null, 'cannot be changed before it is signed: ' || change)
from unnest(array['id = gen_random_uuid()', 'trust_level = 9', 'status_index = (status_index + 1) % 131072', 'valid_until = valid_until + interval ''1 day''', 'document = ''x''']) change;
select throws_ok('update press.credentials set status = ''signed'' where status = ''pending''', '23514', null, 'signed needs a document');
select throws_ok('update press.credentials set status = ''revoked'' where status = ''pending''', 'PRDEN', null, 'revoked needs to be told why');
select throws_ok('update press.credentials set status = ''revoked'', reason = ''because'' where status = ''pending''', '23514', null, 'when, and by whom');
select press.revoke_credential((select c.id from press.credentials c join press.holders h on h.id = c.holder_id and h.subject = 'bob'), 'Sold') is not null;
select throws_ok('update press.credentials set ' || change || ' where status = ''revoked''', 'PRDEN', null, 'cannot be changed when it is revoked: ' || change)
from unnest(array['reason = ''Bought''', 'reason = null', 'revoked_at = now()', 'revoked_by = ''operator:mallory''', 'reason = null, status = ''signed''']) change;
select throws_ok('update press.credentials set ' || change || ' where status = ''signed''', 'PRDEN', null, 'cannot be changed when it is signed: ' || change)
from unnest(array['document = document || '' ''', 'document = null', 'status = ''pending'', document = null', 'holder_id = gen_random_uuid()']) change;
select throws_ok('update press.credentials set reason = ''because'' where status = ''signed''', '23514', null, 'a reason comes with a revocation');
select throws_ok('delete from press.credentials', 'PRDEN', null, 'it is never deleted');
select throws_ok('truncate press.credentials cascade', 'PRDEN', null, 'nor truncated');
set local session_replication_role = replica;
select throws_ok('delete from press.credentials', 'PRDEN', null, 'also not in a session that plays replica');
select throws_ok('update press.credentials set trust_level = 9', 'PRDEN', null, 'where nothing changes either');
set local session_replication_role = origin;

-- Of what was not verified there is none, and of what was there is one.
select tests.submit('dave') is not null;
select throws_ok($$insert into press.credentials (attestation_id, holder_id, kind, trust_level, status_list, status_index, valid_from, valid_until)
  select a.id, a.holder_id, a.kind, 1, 1, 0, now(), now() + interval '1 year' from press.attestations a where a.status = 'submitted'$$, 'PRDEN', null, 'no credential of an attestation that was not verified');
create function pg_temp.mark_verified() returns void language plpgsql as $$
begin
  update press.attestations set status = 'verified', decided_at = now(), rule_set_id = 1, facts = '{}', violations = '{}', proof_digest = repeat('a', 64) where status = 'submitted';
  set constraints all immediate;
end
$$;
select throws_ok('select pg_temp.mark_verified()', 'PRDEN', null, 'no attestation is verified without a credential, when the transaction ends');
set local session_replication_role = replica;
select throws_ok('select pg_temp.mark_verified()', 'PRDEN', null, 'also not in a session that plays replica');
set local session_replication_role = origin;

-- Bad rows, by whoever forgets every function, and has removed the trigger.
alter table press.credentials disable trigger _200_guard_minting;
create temp table alices as select c.* from press.credentials c join press.holders h on h.id = c.holder_id where h.subject = 'alice';
create function pg_temp.insert_like(changes text) returns text language plpgsql as $$
begin
  execute format('insert into press.credentials (attestation_id, holder_id, kind, trust_level, status, status_list, status_index, valid_from, valid_until, document)
    select n.attestation_id, n.holder_id, n.kind, n.trust_level, n.status, n.status_list, n.status_index, n.valid_from, n.valid_until, n.document from (select %s from alices a) n', changes);
  return 'inserted';
exception when others then
  return coalesce((regexp_match(sqlerrm, '"([a-z0-9_]+)"$'))[1], sqlerrm);
end
$$;
select is(pg_temp.insert_like(format('%s', concat_ws(', ', coalesce(attestation_id, 'a.attestation_id'), coalesce(holder_id, 'a.holder_id') || ' as holder_id', coalesce(kind, 'a.kind') || ' as kind', coalesce(trust_level, '1::smallint') || ' as trust_level',
    coalesce(status, '''pending''::press.credential_status') || ' as status', coalesce(status_list, '1') || ' as status_list', coalesce(status_index, '(select min(i) from generate_series(0, 100) i where i not in (select c.status_index from press.credentials c))') || ' as status_index', 'a.valid_from',
    coalesce(valid_until, 'a.valid_until') || ' as valid_until', coalesce(document, 'null::text') || ' as document'))), refused_by, 'refused: ' || what)
from (values
  ('a second one of its attestation', 'credentials_one_an_attestation', null, null, null, null, null, null, null, null, null),
  ('one of an attestation that is not there', 'credentials_are_of_their_attestation', 'gen_random_uuid() as attestation_id', null, null, null, null, null, null, null, null),
  ('one of another holder', 'credentials_one_an_attestation', null, '(select h.id from press.holders h where h.subject = ''bob'')', null, null, null, null, null, null, null),
  ('a place in its list that is taken', 'credentials_status_index_key', 'gen_random_uuid() as attestation_id', null, null, null, null, null, 'a.status_index', null, null),
  ('a place that no list has', 'credentials_status_index_is_in_its_list', null, null, null, null, null, null, '131072', null, null),
  ('a list before the first', 'credentials_status_list_counts_from_1', null, null, null, null, null, '0', null, null, null),
  ('no trust', 'credentials_trust_level_is_positive', null, null, null, '0::smallint', null, null, null, null, null),
  ('a pending one with a document', 'credentials_document_goes_with_status', null, null, null, null, null, null, null, null, '''x''::text'),
  ('one that never was valid', 'credentials_validity_is_not_empty', null, null, null, null, null, null, null, 'a.valid_from', null)
) bad (what, refused_by, attestation_id, holder_id, kind, trust_level, status, status_list, status_index, valid_until, document);
select * from finish();
