select plan(35);
create function pg_temp.begin(kind text, recipient text default null) returns text
  language sql as $$ select nonce from press.begin_attestation(kind::press.attestation_kind, recipient) $$;

select tests.as_gateway('press_holder', 'alice');
create temp table given as select 'alice' as subject, kind, pg_temp.begin(kind) as nonce from unnest(array['oidc', 'repository']) kind;
grant select on given to public;
select matches(nonce, '^[0-9a-f]{64}$', format('a number of 64 hex characters for %s', kind)) from given;
select is(pg_temp.begin('oidc'), (select nonce from given where kind = 'oidc'), 'the same again while it is valid');
select is((select count(distinct nonce) from given), 2::bigint, 'another one for the other kind');
select is((select subject from press.current_holder()), 'alice', 'asking makes a person known');
select tests.as_gateway('press_holder', 'bob');
select isnt(pg_temp.begin('oidc'), (select nonce from given where kind = 'oidc'), 'another one for another person');

select tests.as_superuser();
select bag_eq($$select kind::text, round(extract(epoch from expires_at - clock_timestamp()) / 60) from press_private.attestation_nonces join press.holders h on h.id = holder_id where subject = 'alice'$$,
  $$values ('oidc', 15::numeric), ('repository', 24 * 60)$$, 'for oidc it is valid for 15 minutes, for a repository for a day');
update press_private.attestation_nonces set expires_at = clock_timestamp() where nonce = (select nonce from given where kind = 'oidc');
select isnt(pg_temp.begin('oidc', 'alice'), (select nonce from given where kind = 'oidc'), 'another one when it has expired');
create function pg_temp.minutes_left(subject text) returns numeric language sql as $$
  select round(extract(epoch from n.expires_at - clock_timestamp()) / 60) from press_private.attestation_nonces n where n.nonce = tests.nonce_of(minutes_left.subject, 'oidc') $$;
update press_private.attestation_nonces set expires_at = clock_timestamp() + interval '1 minute' where nonce = tests.nonce_of('alice', 'oidc');
select is(pg_temp.begin('oidc', 'alice'), tests.nonce_of('alice', 'oidc'), 'one that is about to expire is given again');
select is(pg_temp.minutes_left('alice'), 15::numeric, 'and is valid for as long as a new one');

-- Evidence that waits names the number of before, which no question brings back to life.
create function pg_temp.submit(account text) returns uuid language sql as $$
  select (press.submit_attestation('oidc', tests.id_token(account), null, 'carl', tests.fresh_address())).id $$;
create temp table waiting as select pg_temp.begin('oidc', 'carl') as nonce, pg_temp.submit('carl') as id;
update press_private.attestation_nonces set expires_at = clock_timestamp() - interval '1 millisecond' where nonce = (select nonce from waiting);
create temp table late as select pg_temp.submit('carl too late') as id;
create temp table second as select pg_temp.begin('oidc', 'carl') as nonce, pg_temp.submit('carl at work') as id;
select isnt(s.nonce, w.nonce, 'one that has expired is given no more, also while evidence waits that names it') from second s, waiting w;
select is((press_worker.verify_attestation(l.id, tests.oidc_proof('carl too late'), w.nonce, '{}')).violations, '{nonce_invalid}', 'evidence that came when it had expired is too late') from late l, waiting w;
select is((press_worker.verify_attestation(id, tests.oidc_proof('carl'), nonce, '{}')).status, 'verified', 'evidence that came before is not') from waiting;
select is(tests.nonce_of('carl', 'oidc'), (select nonce from second), 'and a decision removes no number that it did not name');
select is((press_worker.verify_attestation(s.id, tests.oidc_proof('carl at work'), w.nonce, '{}')).violations, '{nonce_invalid}', 'what was submitted under the next has to name the next') from second s, waiting w;

-- Two are submitted under one number.
create function pg_temp.begin_and_submit(account text) returns table (nonce text, id uuid) language sql as $$ select pg_temp.begin('oidc', 'carl'), pg_temp.submit(account) $$;
create temp table twice as select account, s.* from unnest(array['one', 'two', 'three']) account, pg_temp.begin_and_submit('carl ' || account) s;
select is((press_worker.verify_attestation(id, null, nonce, '{"problem":"It is none."}', 'evidence_invalid')).violations, '{evidence_invalid}', 'the first is rejected') from twice where account = 'one';
select is(tests.nonce_of('carl', 'oidc'), null, 'which costs the number') from twice where account = 'one';
select is((press_worker.verify_attestation(id, tests.oidc_proof('carl two'), nonce, '{}')).status, 'verified', 'but not what was submitted under it before') from twice where account = 'two';
select is((press_worker.verify_attestation(id, tests.oidc_proof('carl three'), nonce, '{}')).violations, '{nonce_invalid}', 'a credential does: a number gives one') from twice where account = 'three';
select isnt(pg_temp.begin('repository', 'alice'), null, 'a login begins for whom it names');
select is(pg_temp.begin('repository', 'alice'), (select nonce from given where kind = 'repository'), 'and is given the same that they were');
select tests.as_gateway('press_operator', 'olga');
select is(pg_temp.begin('repository', 'alice'), (select nonce from given where kind = 'repository'), 'so is an operator by token');
select lives_ok($$select pg_temp.begin('oidc')$$, 'who may also begin for themselves');

select tests.as_gateway('press_anonymous');
select throws_ok($$select pg_temp.begin('oidc')$$, 'PRANO', null, 'NOT_SIGNED_IN');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select pg_temp.begin('oidc', 'bob')$$, 'PRDEN', null, 'NOT_ALLOWED for a holder who names another');
select throws_ok($$select pg_temp.begin(null)$$, 'PRINV', null, 'INVALID_INPUT without a kind');
select tests.as_login(tests.operator_login());
select throws_ok($$select pg_temp.begin('oidc')$$, 'PRINV', null, 'INVALID_INPUT for a login that names nobody');
select throws_ok($$select pg_temp.begin('oidc', E'a\nb')$$, 'PRINV', null, 'INVALID_INPUT for a recipient of two lines');
select tests.as_superuser();
select is_empty($$select subject from press.holders where subject not in ('alice', 'bob', 'carl', 'olga')$$, 'whoever is refused does not become known');
update press.holders set is_active = false where subject = 'bob';
select tests.as_gateway('press_holder', 'bob');
select throws_ok($$select pg_temp.begin('oidc')$$, 'PRINA', null, 'HOLDER_INACTIVE');
select throws_ok($$select pg_temp.begin(null)$$, 'PRINA', null, 'which is said before INVALID_INPUT');
select tests.as_login('press_worker');
select throws_ok($$select pg_temp.begin('oidc', 'alice')$$, '42501', null, 'the worker cannot begin anything');
select throws_ok('select * from press_private.attestation_nonces', '42501', null, 'nor read the numbers');
select tests.as_superuser();
select press_worker.stop_press('test') is not null;
select tests.as_gateway('press_anonymous');
select throws_ok($$select pg_temp.begin('oidc')$$, 'PRSTO', null, 'PRESS_STOPPED, before all others');
select tests.as_superuser();
select press.start_press('It goes on.');
create function pg_temp.vanish() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger _000_vanish before insert on press.holders for each row execute function pg_temp.vanish();
select tests.as_gateway('press_holder', 'a newcomer');
select throws_ok($$select press.begin_attestation('oidc')$$, '40001', null, 'RETRY for whoever was forgotten a moment after they became known');
select * from finish();
