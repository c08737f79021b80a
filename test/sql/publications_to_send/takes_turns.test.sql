select plan(17);
create function pg_temp.handed(window_ms integer default 0, max_transactions integer default 100) returns text language sql as $$
  select string_agg(h.nonces, ' | ' order by h.transaction_id)
  from (select c.transaction_id, string_agg(p.nonce, ' ' order by e.n) as nonces
        from tests.claim(handed.window_ms, handed.max_transactions) c, jsonb_array_elements(c.publications) with ordinality e (p, n), press.publications p
        where p.id = (e.p ->> 'id')::uuid group by 1) h $$;
select tests.fund(100, 100000);
-- keys take turns
select tests.queue_record('flooder', 'f' || n, '1 hour') is not null from generate_series(1, 9) n;
select tests.queue_record('bob', 'b' || n, '1 minute') is not null from generate_series(1, 2) n;
select tests.queue_record('carol', 'c1', '1 second') is not null;
select is(pg_temp.handed(max_transactions => 6), 'f1 | b1 | c1 | f2 | b2', 'who floods the queue waits behind their own records');
select is(pg_temp.handed(max_transactions => 3), 'f3 | f4 | f5', 'when nobody else waits, nobody has to');
-- bundles
select tests.queue_record('dan', 'd' || n, '900 ms') is not null from generate_series(1, 2) n;
select is(pg_temp.handed(10000), 'f6 d1 f7 d2 f8 f9', 'what is collected goes when its oldest has waited for the window');
select tests.queue_record('dan', 'e' || n) is not null from generate_series(1, 2) n;
select is(pg_temp.handed(10000), null, 'and not before');
select is((select count(*) from press_worker.publications_to_send(tests.wallet(), 100, 10000, 20000, 10, 300)), 0::bigint, 'unless there is more than a transaction holds');
select tests.queue_record('dan', 'g' || n, byte_count => 10000) is not null from generate_series(1, 4) n;
create temp table full_ones as select * from press_worker.publications_to_send(tests.wallet(), 100, 10000, 21500, 10, 300);
select is((select string_agg(jsonb_array_length(publications)::text, ' ' order by transaction_id) from full_ones), '4', 'then as many as it holds, and the rest waits');
select ok(length(tests.build(row(f.*)::press_private.unsigned_transaction_record)) / 2 <= 21500, 'no transaction is larger') from (select (jsonb_populate_record(null::press_private.unsigned_transaction_record, to_jsonb(f))).* from full_ones f) f;
select is(pg_temp.handed(0), 'g3 | g4', 'a window of nothing waits for nothing');
-- halves
select tests.queue_record('erin', 'h' || n, '1 hour') is not null from generate_series(1, 5) n;
update press.publications set bundle_limit = 2 where nonce in ('h1', 'h2', 'h3');
select is(pg_temp.handed(1000), 'h1 h2 | h3 h4 | h5', 'one that was in a bundle that was refused shares with fewer');
-- what cannot go
select tests.queue_record('frank', 'i1', expires_in => '-1 ms') is not null;
select tests.queue_record('frank', 'i2', expires_in => '-1 ms') is not null, tests.queue_record('frank', 'i3') is not null;
update press.publications set after_transaction_id = (select max(id) from press.chain_transactions) where nonce = 'i2';
select is(pg_temp.handed(), 'i3', 'neither one whose time is over, nor one that waits for another transaction');
select is((select string_agg(nonce || ' ' || state || coalesce(' ' || error_code, ''), ', ' order by nonce) from press.publications where nonce ~ '^i'), 'i1 failed EXPIRED, i2 queued, i3 processing', 'the one has failed; the other one waits, also when its time is over, because it may be out');
select tests.queue_record('gina', 'j1') is not null;
alter table press.publishing_keys disable trigger user;
update press.publishing_keys set verified_at = null where id = tests.publishing_key('gina');
alter table press.publishing_keys enable trigger user;
select is(pg_temp.handed(), null, 'nor does anything of a key that no worker has verified');
-- a checkpoint
insert into press.publications (kind, payload, payload_hash, checkpoint_size) select 'checkpoint', note, encode(sha256(convert_to(note, 'UTF8')), 'hex'), 7 from tests.checkpoint_note(7, sha256('')) note;
create temp table checkpoint as select * from tests.claim();
select is((select publications -> 0 ->> 'kind' from checkpoint), 'checkpoint', 'a checkpoint goes the same way');
select is(tests.store((jsonb_populate_record(null::press_private.unsigned_transaction_record, to_jsonb(c)))), 'stored', 'without a signature of anybody') from checkpoint c;
select is((select has_checkpoint from press.chain_transactions order by id desc limit 1), true, 'and everybody sees its transaction');
-- a bundle larger than any coin
update press.utxos set depth = 20 where satoshis > 90000 and state = 'available';
select tests.fund(3, 200);
select tests.queue_record('hal', 'k' || n, '1 hour') is not null from generate_series(1, 40) n;
create temp table large as select * from tests.claim(1000);
select is((select string_agg(jsonb_array_length(publications) || ' for ' || jsonb_array_length(inputs), ', ' order by transaction_id) from large), '20 for 3', 'is paid by several, and where they do not suffice, half of it goes');
select is((select count(*) from press.publications where nonce ~ '^k' and error_code = 'POOL_EMPTY'), 20::bigint, 'the other half waits for coins');
select * from finish();
