select plan(30);
create function pg_temp.id_of(subject text, kind text default 'oidc') returns uuid language sql security definer as $$
  select c.id from press.credentials c join press.holders h on h.id = c.holder_id where h.subject = id_of.subject and c.kind::text = id_of.kind $$;
create function pg_temp.trust(subject text) returns smallint language sql security definer as $$ select h.trust_level from press.holders h where h.subject = trust.subject $$;
select tests.attest('alice') is not null, tests.attest('alice', 'repository') is not null, tests.attest('bob') is not null;
select tests.sign_credentials();

select tests.as_gateway('press_operator', 'olga');
create temp table revoked as select * from press.revoke_credential(pg_temp.id_of('alice', 'repository'), 'The account was sold');
grant select on revoked to public;
select is((status, revoked_by, reason)::text, '(revoked,operator:olga,"The account was sold")', 'an operator revokes, in their own name and for a reason') from revoked;
select isnt(document, null, 'the document stays') from revoked;
select is(pg_temp.trust('alice'), 1::smallint, 'its holder is trusted as what is left says');
select is((a.*)::text, (r.*)::text, 'a second time, nothing changes, whatever the reason') from press.revoke_credential(pg_temp.id_of('alice', 'repository'), 'Another reason') a, revoked r;
select throws_ok($$select press.revoke_credential(gen_random_uuid(), 'because')$$, 'PRINV', null, 'INVALID_INPUT for a credential that does not exist');
select throws_ok(format('select press.revoke_credential(pg_temp.id_of(''bob''), %L)', reason), 'PRINV', null, format('INVALID_INPUT for the reason %L', left(reason, 10)))
from unnest(array['', null, E'two\nlines', repeat('x', 501)]) reason;
select tests.as_login(tests.operator_login());
select is(revoked_by, 'login:' || session_user, 'a login revokes in its own name') from press.revoke_credential(pg_temp.id_of('alice'), 'because');
select is(pg_temp.trust('alice'), 0::smallint, 'whoever has none left is as at the beginning');
select is(pg_temp.trust('bob'), 1::smallint, 'nobody else is touched');
select tests.as_gateway('press_holder', 'alice');
select bag_eq('select reason from press.credentials', $$values ('because'), ('The account was sold')$$, 'the holder reads why');
select throws_ok($$select press.revoke_credential(pg_temp.id_of('alice'), 'because')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder, of their own too');
select tests.as_gateway('press_anonymous');
select throws_ok($$select press.revoke_credential(pg_temp.id_of('bob'), '')$$, 'PRANO', null, 'NOT_SIGNED_IN');

select tests.as_superuser();
select results_eq($$select leaf from press_private.ledger_inbox where type = 'credential.revoked' order by id$$, $$
  select format('{"at":"%s","credential_hash":"%s","credential_id":"%s","holder":"%s","type":"credential.revoked"}', press_private.rfc3339(c.revoked_at),
    encode(sha256(convert_to(c.document, 'UTF8')), 'hex'), c.id, c.holder_id) from press.credentials c where c.status = 'revoked' order by c.revoked_at$$,
  'the ledger has the fact, and no reason');

-- Its status list says so to everybody.
select results_eq('select * from press_worker.status_lists_to_make()', $$select 1, array_agg(status_index order by status_index) from press.credentials where status = 'revoked'$$, 'the list is to be made');
select press.revoke_credential(pg_temp.id_of('bob'), 'because') is not null;
select results_eq('select list, cardinality(revoked_indices) from press_worker.status_lists_to_make()', $$values (1, 3)$$, 'with all of them in it');

-- What never changes.
select throws_ok('update press.credentials set ' || change, 'PRDEN', null, 'cannot be changed: ' || change)
from unnest(array['id = gen_random_uuid()', 'attestation_id = gen_random_uuid()', 'holder_id = gen_random_uuid()', 'kind = ''repository''', 'trust_level = 9', 'status_list = 7', 'status_index = 7',
  'valid_from = ''2020-01-01''', 'valid_until = ''infinity''', 'status = ''signed''', 'document = null', 'reason = ''other''']) change;
select * from finish();
