select plan(19);
select tests.register_key('alice') is not null;
select tests.as_gateway('press_holder', 'alice');
-- In one statement, so that it has not expired by then.
create temp table submitted as
with request as materialized (select tests.record('nonce-1', '5 seconds') as payload, tests.record_signature() as signature, tests.record_key() as pubkey)
select r.payload as request_payload, r.signature, r.pubkey, s as first from request r, press.submit_record(r.payload, r.signature, r.pubkey) s;
create temp table request as select request_payload as payload, signature, pubkey from submitted;
create temp table first as select (first).* from submitted;
grant select on request, first to public;
select is((kind::text, state::text, nonce, submitted_by, payload, transaction_id, error_code, sent_at)::text, ('record', 'queued', 'nonce-1', null, (select payload from request), null, null, null)::text,
  'a record is queued, as it was signed') from first;
select is(payload_hash, encode(sha256(convert_to(payload, 'UTF8')), 'hex'), 'with the hash that the ledger will have') from first;
select is(expires_at, (payload::jsonb ->> 'expires_at')::timestamptz, 'until it expires') from first;
select is((s.*)::text, (f.*)::text, 'the same again has the same answer') from first f, request r, press.submit_record(r.payload, r.signature, r.pubkey) s;
select is(s.id, f.id, 'also under another signature of the same bytes') from first f, request r, press.submit_record(r.payload, tests.record_signature(2), r.pubkey) s;
select is((select count(*) from press.publications), 1::bigint, 'its holder sees it, once');
select tests.as_gateway('press_holder', 'bob');
select is_empty('select id from press.publications', 'nobody else does');
select tests.as_gateway('press_operator', 'olga');
select is(submitted_by, 'operator:olga', 'an operator submits what a holder has signed, in their own name') from tests.submit_record('nonce-2');

-- Forms of a moment and of a nonce.
select tests.as_superuser();
select lives_ok(format('select press.submit_record(%L, tests.record_signature(), tests.record_key())', format('{"expires_at":"%s","nonce":"n%s"}', written, n)), 'taken is ' || what)
from (select to_char((now() + interval '1 day') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') as day) d,
  lateral (values (1, d.day || 'Z', 'a moment in seconds'), (2, d.day || '.5Z', 'in tenths'), (3, d.day || '.123Z', 'in milliseconds')) m (n, written, what);
select lives_ok(format('select press.submit_record(tests.record(%L), tests.record_signature(), tests.record_key())', nonce), 'the nonce ' || left(nonce, 20)) from unnest(array[repeat('x', 128), 'a.B_c:d-9']) nonce;
select is(octet_length(payload), 10000, 'as many bytes as there may be') from press.submit_record(
  tests.record('long', value => repeat('x', 10000 - octet_length(tests.record('long', value => '')))), tests.record_signature(), tests.record_key());

-- For ever: also when it has expired, whoever asks, whatever came of it.
select pg_sleep(greatest(0, extract(epoch from expires_at - clock_timestamp()))) is not null from first;
select tests.as_gateway('press_holder', 'alice');
select is((s.*)::text, (f.*)::text, 'what has expired since has the answer that it had') from first f, request r, press.submit_record(r.payload, r.signature, r.pubkey) s;
select tests.as_superuser();
select tests.put_on_chain(id) is not null from first;
select is((s.id, s.state)::text, (f.id, 'sent')::text, 'and what was sent is sent') from first f, request r, press.submit_record(r.payload, r.signature, r.pubkey) s;
select throws_ok($$update press.publications set nonce = 'other' where nonce = 'nonce-1'$$, 'PRDEN', null, 'what was submitted never changes');
select throws_ok($$delete from press.publications$$, 'PRDEN', null, 'and is never removed');
select is((select count(*) from press_private.audit_findings('rows')) + (select count(*) from press_private.audit_findings('entries')), 0::bigint, 'the audit finds nothing');
select * from finish();
