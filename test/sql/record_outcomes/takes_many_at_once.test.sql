select plan(15);
create temp table made (id bigint, epoch integer, raw text);
create function pg_temp.store(ids bigint[]) returns text language sql as $$
  select string_agg(r.outcome || coalesce(': ' || r.detail, ''), ', ')
  from press_worker.store_transactions(ids, array(select m.epoch from unnest(ids) with ordinality i (id, n) join made m using (id) order by n),
    array(select tests.txid(m.raw) from unnest(ids) with ordinality i (id, n) join made m using (id) order by n), array(select m.raw from unnest(ids) with ordinality i (id, n) join made m using (id) order by n), 60) r $$;
create function pg_temp.nth(n integer) returns bigint language sql as $$ select id from made order by id offset n - 1 limit 1 $$;
create function pg_temp.accepted(id bigint, attempt integer default 1) returns jsonb language sql as $$
  select jsonb_build_object('transaction_id', accepted.id, 'attempt', accepted.attempt, 'outcome', 'accepted') $$;
/* All that follows from a transaction, but for its name and the time. */
create function pg_temp.consequences(id bigint) returns text language sql as $$
  select concat(
    (select (to_jsonb(t) - '{id,txid,raw,fee_satoshis,change_satoshis,created_at,updated_at,stored_at,accepted_at,looked_at,reserved_until}'::text[])::text || (t.accepted_at is not null) || (t.looked_at is not null)
     from press.chain_transactions t where t.id = consequences.id),
    (select jsonb_agg(jsonb_build_array(u.state, u.satoshis, u.depth, u.transaction_id = t.id, u.from_transaction_id = t.id, u.spent_by_txid = t.txid, u.reserved_until, u.txid = t.txid, case when u.from_transaction_id = t.id then u.output_index end) order by u.id)
     from press.utxos u join press.chain_transactions t on t.id = consequences.id and t.id in (u.transaction_id, u.from_transaction_id)),
    (select jsonb_agg(jsonb_build_array(i.input_index, i.is_live)) from press_private.chain_inputs i where i.transaction_id = consequences.id),
    (select jsonb_agg(jsonb_build_array(p.state, p.output_index, p.error_code, o.output_index, o.sent_at = p.sent_at)) from press_private.chain_outputs o join press.publications p on p.id = o.publication_id where o.transaction_id = consequences.id),
    (select count(*) from press_private.ledger_inbox b join press.chain_transactions t on t.id = consequences.id where b.type = 'publication.sent' and b.leaf::jsonb ->> 'txid' = t.txid)) $$;

select tests.fund(8, 1000);
select tests.queue_record('alice', 'a' || n) is not null from generate_series(1, 8) n;
insert into made select c.transaction_id, c.epoch, tests.build(c) from tests.claim() c;
select is(pg_temp.store(array[pg_temp.nth(2), pg_temp.nth(1), pg_temp.nth(2)]), 'stored, stored, repeated', 'many are stored at once; what is brought twice is stored once');
select is(pg_temp.store(array(select id from made)), 'repeated, repeated, stored, stored, stored, stored, stored, stored', 'what is stored is not stored again');
select is(tests.coins(), 'unknown 8', 'their coins may be spent');

-- One alone, as the other way has it, and many.
select is(press_private.accept_transaction(t, false), true, 'one is accepted alone') from press.chain_transactions t where t.id = pg_temp.nth(1);
update press.chain_transactions set answered_attempt = 1 where id = pg_temp.nth(1);
select results_eq($$select transaction_id, state::text, effect from press_worker.record_outcomes(jsonb_build_array(
    pg_temp.accepted(pg_temp.nth(4)), pg_temp.accepted(pg_temp.nth(2)), pg_temp.accepted(pg_temp.nth(3)), pg_temp.accepted(pg_temp.nth(4)),
    pg_temp.accepted(pg_temp.nth(5)) || '{"outcome": "unknown", "detail": "Silence."}', pg_temp.accepted(pg_temp.nth(6)) || '{"outcome": "rejected", "detail": "No.", "is_seen": false}', pg_temp.accepted(0)))$$,
  $$values (null::bigint, null, 'ignored'), (pg_temp.nth(2), 'accepted', 'recorded'), (pg_temp.nth(3), 'accepted', 'recorded'), (pg_temp.nth(4), 'accepted', 'recorded'), (pg_temp.nth(4), 'accepted', 'recorded'),
    (pg_temp.nth(5), 'unknown', 'recorded'), (pg_temp.nth(6), 'rejected', 'recorded')$$, 'many at once, whatever is told of the others');
select is(pg_temp.consequences(pg_temp.nth(n)), pg_temp.consequences(pg_temp.nth(1)), format('what follows for number %s is what follows for one alone', n)) from generate_series(2, 4) n;
select results_eq($$select transaction_id, effect from press_worker.record_outcomes(jsonb_build_array(pg_temp.accepted(pg_temp.nth(4)), pg_temp.accepted(pg_temp.nth(5), 9)))$$,
  $$values (pg_temp.nth(4), 'recorded'), (pg_temp.nth(5), 'recorded')$$, 'that it was accepted counts again, and after silence');
select is((select answered_attempt from press.chain_transactions where id = pg_temp.nth(5)), 1, 'no attempt was answered that was not made');
select is((select count(*) from press_private.ledger_inbox where type = 'publication.sent'), 5::bigint, 'the ledger hears of each once');

-- A block has them: one alone, as the other way has it, and many.
select press_private.apply_sighting(t, jsonb_populate_record(null::press_private.sighting_record, jsonb_build_object('transaction_id', t.id, 'sighting', 'mined', 'block_hash', repeat('b', 64), 'block_height', 100, 'merkle_index', 1, 'merkle_hashes', jsonb_build_array(repeat('c', 64)))))
from press.chain_transactions t where t.id = pg_temp.nth(1);
select is((select string_agg(r.state::text, ' ') from press_worker.record_sightings((
  select jsonb_agg(jsonb_build_object('transaction_id', pg_temp.nth(n), 'sighting', 'mined', 'block_hash', repeat('b', 64), 'block_height', 100, 'merkle_index', 1, 'merkle_hashes', jsonb_build_array(repeat('c', 64)))) from generate_series(2, 4) n)) r),
  'mined mined mined', 'many are in a block');
update press.chain_transactions set mined_at = null;
select is(pg_temp.consequences(pg_temp.nth(n)), pg_temp.consequences(pg_temp.nth(1)), format('what follows for number %s is what follows for one alone', n)) from generate_series(4, 4) n;
select is((select string_agg(distinct depth::text, ' ') from press.chain_transactions where state = 'mined'), '0', 'nothing is before them any more');
select is_empty('select * from tests.pool_findings()', 'nothing is wrong');
select * from finish();
