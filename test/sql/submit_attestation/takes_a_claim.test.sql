select plan(39);
create function pg_temp.submit(kind text, evidence text, request_key uuid default null, recipient text default null, client_address text default null) returns press.attestations
  language sql as $$ select press.submit_attestation(kind::press.attestation_kind, evidence, request_key, recipient, client_address) $$;

select tests.as_gateway('press_holder', 'alice');
select set_config('press.client_address', '192.0.2.1', true) is not null;
create temp table first as select * from pg_temp.submit('oidc', tests.id_token('alice'), '00000000-0000-4000-8000-000000000001');
grant select on first to public;
select is((status, kind::text, holder_id, submitted_by, address_checks, decided_at, facts, violations)::text,
  ('submitted', 'oidc', press_hidden.current_holder_id(), null, 1, null, null, null)::text, 'a claim is submitted, and nothing is decided') from first;
select is((a.*)::text, (f.*)::text, 'the same request under the same key has the same answer')
from first f, pg_temp.submit('oidc', tests.id_token('alice'), '00000000-0000-4000-8000-000000000001') a;
select results_eq('select id from press.attestations', 'select id from first', 'its holder sees it');
select tests.as_gateway('press_holder', 'bob');
select is_empty('select id from press.attestations', 'nobody else does');

-- What the address rule counts.
select is(address_checks, 2, 'the second from an address within an hour is the second') from pg_temp.submit('repository', 'bob/one');
select is(address_checks, 3, 'and the third is the third') from pg_temp.submit('repository', 'bob/two');
select set_config('press.client_address', '192.0.2.2', true) is not null;
select is(address_checks, 1, 'another IPv4 address is another') from pg_temp.submit('repository', 'bob/three');
select set_config('press.client_address', '::ffff:192.0.2.2', true) is not null;
select is(address_checks, 2, 'the same address mapped into IPv6 is the same') from pg_temp.submit('repository', 'bob/four');
select set_config('press.client_address', '2001:db8:0:1::1', true) is not null;
select is(address_checks, 1, 'an IPv6 address is another') from pg_temp.submit('repository', 'bob/five');
select tests.as_gateway('press_holder', 'carol');
select set_config('press.client_address', '2001:db8:0:1:ffff:ffff:ffff:ffff', true) is not null;
select is(address_checks, 2, 'another one of its /64 is the same') from pg_temp.submit('repository', 'carol/one');
select set_config('press.client_address', '2001:db8:0:2::1', true) is not null;
select is(address_checks, 1, 'one of the next /64 is another') from pg_temp.submit('repository', 'carol/two');
select set_config('press.client_address', 'fe80::1%eth0', true) is not null;
select is(address_checks, 1, 'the zone of a link-local address is no part of it') from pg_temp.submit('repository', 'carol/three');

-- And what follows from it.
select tests.as_superuser();
create function pg_temp.verdict(subject text, address text) returns text language plpgsql as $$
declare
  v_attestation  press.attestations;
begin
  perform press.begin_attestation('oidc', subject);
  v_attestation := press.submit_attestation('oidc', tests.id_token(subject), null, subject, address);
  v_attestation := press_worker.verify_attestation(v_attestation.id, tests.oidc_proof(subject), tests.nonce_of(subject, 'oidc'), '{}');
  return concat_ws(' ', v_attestation.status, v_attestation.violations::text);
end
$$;
select is(pg_temp.verdict(subject, address), verdict, what) from (values
  (1, 'v4-1', '203.0.113.1', 'verified {}', 'the first from an IPv4 address is verified'), (2, 'v4-2', '203.0.113.1', 'rejected {address_checked_too_often}', 'the second within an hour is rejected'),
  (3, 'v6-1', '2001:db8:ffff:1::1', 'verified {}', 'the first from an IPv6 address is verified'),
  (4, 'v6-2', '2001:db8:ffff:1:ffff:ffff:ffff:ffff', 'rejected {address_checked_too_often}', 'the second, from another address of its /64, is rejected'),
  (5, 'v6-3', '2001:db8:ffff:2::1', 'verified {}', 'one from the next /64 is verified')) c (n, subject, address, verdict, what);

select is_empty($$select address_hash from press_private.address_checks where length(address_hash) <> 32$$, 'addresses are kept as hashes');
update press_private.address_checks set checked_at = clock_timestamp() - interval '1 hour';
select is(address_checks, 1, 'an hour later the slot is free') from pg_temp.submit('repository', 'dave/one', null, 'dave', '192.0.2.1');
-- In one call: between two statements a busy machine lets more than the second pass. What comes later finds it as it was.
create function pg_temp.submit_a_second_before_the_hour() returns press.attestations language plpgsql as $$
declare
  v_attestation  press.attestations;
begin
  update press_private.address_checks set checked_at = clock_timestamp() - interval '59 minutes 59 seconds' where checked_at > clock_timestamp() - interval '1 minute';
  v_attestation := pg_temp.submit('repository', 'dave/two', null, 'dave', '192.0.2.1');
  update press_private.address_checks set checked_at = clock_timestamp() where checked_at > clock_timestamp() - interval '1 hour';
  return v_attestation;
end
$$;
select is(address_checks, 2, 'and a second before it is not') from pg_temp.submit_a_second_before_the_hour();
select press.set_rules(checks_per_hour => 3) is not null;
select is(address_checks, n, format('where three an hour are allowed, it is number %s', n)) from unnest(array[3, 4]) n, pg_temp.submit('repository', 'erin/' || n, null, 'erin', '192.0.2.1');

-- Over the limit it is a violation, to be heard with the others; far over it, whoever submits is refused.
select is(max(address_checks), 13, 'ten more than are allowed are taken')
from generate_series(5, 13) n, pg_temp.submit('repository', 'crowd/' || n, null, 'crowd ' || n, '192.0.2.1');
select throws_ok($$select pg_temp.submit('repository', 'crowd/14', '00000000-0000-4000-8000-000000000014', 'crowd 14', '192.0.2.1')$$, 'PRRAT', null, 'RATE_LIMITED beyond them, also a holder who was never here');
select throws_like($$select pg_temp.submit('repository', 'crowd/14', null, 'crowd 14', '192.0.2.1')$$, 'RATE_LIMITED: %', 'by its name');
select is_empty($$select a.id from press.attestations a join press.holders h on h.id = a.holder_id where h.subject = 'crowd 14'$$, 'nothing is left of it');
select is(address_checks, 1, 'from elsewhere they may') from pg_temp.submit('repository', 'crowd/14', '00000000-0000-4000-8000-000000000014', 'crowd 14', tests.fresh_address());
select lives_ok($$select pg_temp.submit('repository', 'crowd/14', '00000000-0000-4000-8000-000000000014', 'crowd 14', '192.0.2.1')$$, 'and an answer that was given is given again, from anywhere');
select tests.as_gateway('press_operator', 'olga');
select set_config('press.client_address', '198.51.100.7', true) is not null;
select is((submitted_by, address_checks)::text, '(operator:olga,1)', 'an operator submits for somebody, in their own name and from their own address') from pg_temp.submit('repository', 'dave/three', null, 'dave');
select is(address_checks, 1, 'or names the address') from pg_temp.submit('repository', 'dave/four', null, 'dave', '198.51.100.8');

select tests.as_superuser();
select is((select count(*) from press_private.attestation_work where tries = 0), (select count(*) from press.attestations where status = 'submitted'), 'all of it waits for a worker');
select is((select evidence from press_private.attestation_work join first f on f.id = attestation_id), tests.id_token('alice'), 'with its evidence, as it was written');
select is((select evidence_digest from first), encode(press_private.keyed_hash('evidence', (select holder_id from first) || E'\n' || 'oidc:' || (
    select string_agg(encode(convert_to(p, 'UTF8'), 'hex'), '.') from unnest(array['{"alg":"EdDSA"}', '{"sub":"alice"}', 'signature of alice']) p)), 'hex'),
  'the digest is a keyed hash of the holder and the bytes of the token');

-- Whoever submits the name of somebody's repository must not recognise in the ledger whose it is.
create temp table guessed as select subject, a.* from unnest(array['victim', 'mallory']) subject, tests.submit(subject, 'repository', 'victim/secret') a;
select press_worker.verify_attestation(id, case subject when 'victim' then tests.repository_proof(77) end, tests.nonce_of(subject, 'repository'),
  case subject when 'victim' then tests.repository_facts() else '{"problem":"Not theirs."}' end, case subject when 'mallory' then 'evidence_invalid' end) is not null from guessed order by subject desc;
select is(count(distinct leaf::jsonb ->> 'evidence_digest'), 2::bigint, 'the same repository, submitted by two, has two digests in the ledger')
from press_private.ledger_inbox join guessed g on leaf::jsonb ->> 'attestation_id' = g.id::text;
select is((select count(distinct evidence_digest) from guessed), 2::bigint, 'and two in what each may read');
select is(status, 'submitted', 'nor is anybody told that it was verified') from tests.submit('trudy', 'repository', 'victim/secret');
update press_private.address_checks set checked_at = clock_timestamp() - interval '1 hour';
select is(a.address_checks, 1, 'a slot that is an hour old is taken again, whatever the limit was then')
from pg_temp.submit('repository', 'frank/one', null, 'frank', '192.0.2.1') a;
select is((select count(*) from press_private.address_checks where checked_at > clock_timestamp() - interval '1 minute'), 1::bigint, 'by one row of one address');
select isnt(v.hash, w.hash, 'a purpose keeps hashes apart')
from press_private.keyed_hash('evidence', 'x') v (hash), press_private.keyed_hash('proof', 'x') w (hash);
select * from finish();
