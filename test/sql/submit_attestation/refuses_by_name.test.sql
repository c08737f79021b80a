select plan(71);
create function pg_temp.submit(kind text, evidence text, request_key uuid default null, recipient text default null, client_address text default null) returns press.attestations
  language sql as $$ select press.submit_attestation(kind::press.attestation_kind, evidence, request_key, recipient, client_address) $$;
create function pg_temp.key(n integer) returns uuid language sql as $$ select format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid $$;
create temp table token as select tests.id_token('alice') as text;
grant select on token to public;

select tests.as_gateway('press_anonymous');
select throws_ok($$select pg_temp.submit('oidc', '', null, 'x')$$, 'PRANO', null, 'NOT_SIGNED_IN');
select tests.as_gateway('press_holder', 'alice');
select set_config('press.client_address', '192.0.2.1', true) is not null;
select throws_ok($$select pg_temp.submit('oidc', '', null, 'bob')$$, 'PRDEN', null, 'NOT_ALLOWED for another recipient');
select throws_ok($$select pg_temp.submit('oidc', '', null, null, '192.0.2.9')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder who names an address, even their own');

-- The evidence is judged as it is written, and never repaired.
select throws_ok(format('select pg_temp.submit(''oidc'', %L)', evidence), 'PRINV', null, 'INVALID_INPUT for a token ' || what)
from token t, lateral (values
  ('', 'of nothing'), (null, 'that is not there'), (t.text || '=', 'with padding'), (t.text || ' ', 'with a space at its end'), (E'\n' || t.text, 'with a line feed before it'),
  (replace(t.text, '.', '. '), 'with spaces in it'), (split_part(t.text, '.', 1) || '.' || split_part(t.text, '.', 2), 'of two parts'), (t.text || '.x', 'of four parts'),
  (split_part(t.text, '.', 1) || '..' || split_part(t.text, '.', 3), 'with an empty part'), ('a.' || t.text, 'whose first part encodes no bytes'),
  ('abcde.abcd.abcd', 'with a part of five characters'), ('ab+d.abcd.abcd', 'in the other alphabet'), ('ab/d.abcd.abcd', 'in the other alphabet, too'), ('äbcd.abcd.abcd', 'with a letter of another'),
  (repeat('abcd', 4997) || '.abcdef.abcdef', 'of 20002 characters')) e (evidence, what);
select throws_ok(format('select pg_temp.submit(''repository'', %L)', evidence), 'PRINV', null, format('INVALID_INPUT for the repository %L', left(evidence, 50)))
from unnest(array['', null, 'alice', '/', 'alice/', '/press', 'alice/press/', 'alice/press ', ' alice/press', 'alice/pre ss', 'alice/.', 'alice/..', '-alice/press', 'alice-/press', 'al--ice/press', 'al_ice/press',
  repeat('a', 40) || '/press', 'alice/' || repeat('p', 101), 'alice/press?x=1', 'alice/press#x', 'alice/%2e%2e', 'https://api.test/alice/press', E'alice/press\n', 'älice/press']) evidence;
select throws_ok($$select pg_temp.submit(null, 'alice/press')$$, 'PRINV', null, 'INVALID_INPUT without a kind');
select set_config('press.client_address', '', true) is not null;
select throws_ok($$select pg_temp.submit('repository', 'alice/press')$$, 'PRINV', null, 'INVALID_INPUT where the gateway did not say from where');
select is_empty('select press.current_holder() where (press.current_holder()).id is not null', 'whoever is refused does not become known');

select tests.as_login(tests.operator_login());
select set_config('press.client_address', '192.0.2.1', true) is not null;
select throws_ok($$select pg_temp.submit('repository', 'alice/press')$$, 'PRINV', null, 'INVALID_INPUT for a login that names nobody');
select throws_ok($$select pg_temp.submit('repository', 'alice/press', null, 'alice')$$, 'PRINV', null, 'INVALID_INPUT for a login that names no address: the setting is the gateway''s');
select throws_ok(format($$select pg_temp.submit('repository', 'alice/press', null, 'alice', %L)$$, address), 'PRINV', null, format('INVALID_INPUT for the address %L', address))
from unnest(array['', 'localhost', '192.0.2.0/24', '192.0.2.256', '2001:db8::/64', '2001:db8::g']) address;

-- Keys, and what is being checked.
select lives_ok($$select pg_temp.submit('repository', 'alice/' || n, pg_temp.key(n), 'alice', tests.fresh_address()) from generate_series(1, 4) n$$, 'four claims wait');
select throws_ok($$select pg_temp.submit('repository', 'alice/other', pg_temp.key(1), 'alice', tests.fresh_address())$$, 'PRIDM', null, 'REQUEST_KEY_REUSED for other evidence');
select throws_ok($$select pg_temp.submit('oidc', (select text from token), pg_temp.key(1), 'alice', tests.fresh_address())$$, 'PRIDM', null, 'REQUEST_KEY_REUSED for another kind');
select throws_ok($$select pg_temp.submit('repository', 'ALICE/1', null, 'alice', tests.fresh_address())$$, 'PRVRF', null, 'ALREADY_VERIFIED for what is being checked, whatever its spelling');
select lives_ok($$select pg_temp.submit('repository', 'alice/1', null, 'bob', tests.fresh_address())$$, 'somebody else may claim the same: it is not decided');
select lives_ok($$select pg_temp.submit('repository', 'alice/5', pg_temp.key(5), 'alice', tests.fresh_address())$$, 'a fifth claim');
select throws_ok($$select pg_temp.submit('repository', 'alice/6', pg_temp.key(6), 'alice', tests.fresh_address())$$, 'PRRAT', null, 'RATE_LIMITED: a sixth');
select throws_ok($$select pg_temp.submit('repository', 'alice/1', pg_temp.key(6), 'alice', tests.fresh_address())$$, 'PRRAT', null, 'which is said before ALREADY_VERIFIED');
select lives_ok($$select pg_temp.submit('repository', 'alice/5', pg_temp.key(5), 'alice', tests.fresh_address())$$, 'and after an answer that was given before');

select tests.as_superuser();
select count(press_worker.verify_attestation(a.id, null, null, '{"problem":"x"}', 'evidence_invalid')) from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'alice';
select count(press_worker.verify_attestation(s.id, null, null, '{"problem":"x"}', 'evidence_invalid')) from generate_series(6, 10) n, tests.submit('alice', 'repository', 'alice/' || n) s;
select throws_ok($$select pg_temp.submit('repository', 'alice/11', null, 'alice', tests.fresh_address())$$, 'PRRAT', null, 'RATE_LIMITED: an eleventh within an hour, although none waits');
alter table press.attestations disable trigger _200_guard_decision;
update press.attestations set submitted_at = clock_timestamp() - interval '1 hour' where evidence_digest = (select min(evidence_digest) from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'alice');
alter table press.attestations enable always trigger _200_guard_decision;
select lives_ok($$select pg_temp.submit('repository', 'alice/11', null, 'alice', tests.fresh_address())$$, 'an hour after the first there is room for one');
select throws_ok($$select pg_temp.submit('repository', 'alice/12', null, 'alice', tests.fresh_address())$$, 'PRRAT', null, 'and for no other');
select tests.attest('carol') is not null;
select lives_ok($$select pg_temp.submit('oidc', tests.id_token('carol'), null, 'dave', tests.fresh_address())$$, 'of what was verified for somebody, nobody else is told so');
select throws_ok($$select pg_temp.submit('oidc', tests.id_token('carol'), null, 'carol', tests.fresh_address())$$, 'PRVRF', null, 'ALREADY_VERIFIED: its holder is');
select is((select count(*) from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'carol'), 1::bigint, 'a refusal leaves no claim');
update press.holders set is_active = false where subject = 'alice';
select throws_ok($$select pg_temp.submit('repository', '', pg_temp.key(5), 'alice', '')$$, 'PRINA', null, 'HOLDER_INACTIVE, before what is wrong with the request');
select throws_ok($$select pg_temp.submit('repository', 'alice/5', pg_temp.key(5), 'alice', tests.fresh_address())$$, 'PRINA', null, 'and before an answer that was given');
select press_worker.stop_press('test') is not null;
select tests.as_gateway('press_anonymous');
select throws_ok($$select pg_temp.submit('repository', '')$$, 'PRSTO', null, 'PRESS_STOPPED, before all others');
select * from finish();
