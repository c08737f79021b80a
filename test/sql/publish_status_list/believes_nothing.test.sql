select plan(40);
create temp table documents as
select what, document from (values ('first', tests.sign_credential(tests.status_list(1))), ('second', tests.sign_credential(tests.status_list(1, 'uu'))), ('list 2', tests.sign_credential(tests.status_list(2))), ('by c', tests.sign_credential(tests.status_list(1), 'c')),
  ('of a ticket key', tests.sign_credential(tests.status_list(1), 'a')), ('no list', tests.sign_credential(tests.status_list(1, 'u', 'AttestationCredential'))),
  ('signed six minutes ago', tests.sign_credential(tests.status_list(1, valid_from => clock_timestamp() - interval '6 minutes'))), ('signed four minutes ago', tests.sign_credential(tests.status_list(1, valid_from => clock_timestamp() - interval '4 minutes'))),
  ('of in six minutes', tests.sign_credential(tests.status_list(1, valid_from => clock_timestamp() + interval '6 minutes'))), ('of two days', tests.sign_credential(tests.status_list(1, valid_for => '48 hours'))),
  ('of an hour', tests.sign_credential(tests.status_list(1, valid_for => '1 hour'))), ('of no day', tests.sign_credential(regexp_replace(tests.status_list(1), '"validFrom":"[^T]*T', '"validFrom":"2026-02-30T'))),
  ('of no time', tests.sign_credential(regexp_replace(tests.status_list(1), '"validFrom":"[^"]*"', '"validFrom":"now"')))) d (what, document);
grant select on documents to public;
create function pg_temp.publish(what text, revoked_count integer default 0, list integer default 1, seed text default 'b') returns boolean language sql as $$
  select press_worker.publish_status_list(tests.key_id(seed), publish.list, publish.revoked_count, (select document from documents d where d.what = publish.what)) $$;
create function pg_temp.to_make() returns setof integer language sql as $$ select list from press_worker.status_lists_to_make() $$;
select press_worker.register_signing_key(tests.public_key(seed), purpose) is not null from (values ('a', 'ticket'), ('b', 'credential'), ('c', 'credential')) k (seed, purpose);

select tests.as_login('press_worker');
select is_empty('select pg_temp.to_make()', 'there is no list before the first credential');
select throws_ok($$select pg_temp.publish('first')$$, 'PRINV', null, 'INVALID_INPUT for a list that there is not');
select tests.as_login('press_gateway');
select is(press_gateway.status_list(n), null, format('nothing is served as list %L', n)) from unnest(array[1, 0, null]) n;
select tests.as_superuser();
select tests.attest('alice') is not null, tests.attest('bob') is not null;
select tests.as_login('press_worker');
select results_eq('select * from press_worker.status_lists_to_make()', $$values (1, '{}'::integer[])$$, 'there is one from the first credential on, with nothing in it');
select throws_ok(format('select pg_temp.publish(%L, %L, %L, %L)', what, revoked_count, list, seed), code, null, format('%s for %L with %L revoked, as list %L, under the key %s', name, what, revoked_count, list, seed))
from (values ('first', 1, 1, 'b', 'PRINV', 'INVALID_INPUT'), ('first', -1, 1, 'b', 'PRINV', 'INVALID_INPUT'), ('first', null, 1, 'b', 'PRINV', 'INVALID_INPUT'), ('first', 0, 2, 'b', 'PRINV', 'INVALID_INPUT'), ('first', 0, null, 'b', 'PRINV', 'INVALID_INPUT'),
  ('list 2', 0, 1, 'b', 'PRINV', 'INVALID_INPUT'), ('by c', 0, 1, 'b', 'PRINV', 'INVALID_INPUT'), ('no list', 0, 1, 'b', 'PRINV', 'INVALID_INPUT'), ('none', 0, 1, 'b', 'PRINV', 'INVALID_INPUT'),
  ('of a ticket key', 0, 1, 'a', 'PRKEY', 'UNKNOWN_KEY')) bad (what, revoked_count, list, seed, code, name);
select throws_ok(format('select press_worker.publish_status_list(tests.key_id(''b''), 1, 0, %L)', replace(document, '"u"', '"uuu"')), 'PRINV', null, 'INVALID_INPUT for a list that was changed after it was signed') from documents where what = 'first';
-- It is made anew half a day after it was published, so it has to be good until then.
select throws_ok(format('select pg_temp.publish(%L)', what), 'PRINV', null, 'INVALID_INPUT for a list ' || what)
from unnest(array['signed six minutes ago', 'of in six minutes', 'of two days', 'of an hour', 'of no day', 'of no time']) what;
select is(pg_temp.publish('signed four minutes ago'), true, 'clocks may differ by less than that');
select is(pg_temp.publish('first'), true, 'a signed one is published');
select is_empty('select pg_temp.to_make()', 'and is not to be made');
select tests.as_login('press_gateway');
select is(press_gateway.status_list(1), document, 'it is served') from documents where what = 'first';

select tests.as_superuser();
update press_private.status_lists set made_at = now() - interval '11 hours 59 minutes';
select is_empty('select pg_temp.to_make()', 'for almost half a day it is good enough');
update press_private.status_lists set made_at = now() - interval '12 hours';
select results_eq('select pg_temp.to_make()', 'values (1)', 'then it is made anew');
select is(pg_temp.publish('first'), true, 'the same again is fine, and newer');
select is_empty('select pg_temp.to_make()', 'for half a day more');
select press.revoke_credential((select c.id from press.credentials c order by valid_from limit 1), 'because') is not null;
select results_eq('select * from press_worker.status_lists_to_make()', $$select 1, array[status_index] from press.credentials where status = 'revoked'$$, 'a revocation has it made at once');
select is(pg_temp.publish('second', 1), true, 'that is published');
select is(pg_temp.publish('first', 0), false, 'and never replaced by one with less in it, of a worker that was slow');
select tests.as_login('press_gateway');
select is(press_gateway.status_list(1), document, 'what is served is the one with more') from documents where what = 'second';
select tests.as_superuser();
select press_worker.retire_signing_key(tests.key_id('b')) is not null;
select results_eq('select pg_temp.to_make()', 'values (1)', 'when its key was retired, it is made anew under another');
select is(pg_temp.publish('by c', 1, 1, 'c'), true, 'as it is');
select press_worker.stop_press('test') is not null;
select is_empty('select pg_temp.to_make()', 'none is made while the press is stopped');
select throws_ok($$select pg_temp.publish('by c', 1, 1, 'c')$$, 'PRSTO', null, 'PRESS_STOPPED');
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select press_worker.status_lists_to_make()', '42501', null, 'nobody but the worker makes lists');
select * from finish();
