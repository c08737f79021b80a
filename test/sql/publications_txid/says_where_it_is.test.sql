select plan(13);
select tests.register_key('alice') is not null;
create function pg_temp.made_up(s press.chain_transactions) returns press.publications
  language sql as $$ select jsonb_populate_record(null::press.publications, jsonb_build_object('id', gen_random_uuid(), 'transaction_id', s.id, 'kind', 'checkpoint', 'state', 'sent')) $$;
create temp table records (r press.publications);
insert into records select tests.submit_record(nonce) from unnest(array['waits', 'sent']) nonce;
grant select on records to public;
select is((select publications_txid(r) from records where (r).nonce = 'sent'), null, 'null while it waits');
create temp table sent as select t, t.txid from tests.put_on_chain((select (r).id from records where (r).nonce = 'sent')) t;
grant select on sent to public;
select tests.as_gateway('press_holder', 'alice');
select is((select publications_txid(p) from press.publications p where nonce = 'sent'), (select txid from sent), 'its holder reads in which transaction it is');
select is((select publications_txid(p) from press.publications p where nonce = 'waits'), null, 'and of what waits nothing');
select is((select publications_confirmations(p) from press.publications p where nonce = 'sent'), 0, 'and that no block has it');

-- Whoever makes up a row, or has one from somebody else, reads nothing by it.
select tests.as_gateway('press_holder', 'bob');
select is((select publications_txid(r) from records where (r).nonce = 'sent'), null, 'another holder reads nothing of it');
select is((select publications_confirmations(r) from records where (r).nonce = 'sent'), null, 'nor its confirmations');
select is((select publications_txid(pg_temp.made_up(t)) from sent), null,
  'a row that is made up gives nothing');
select tests.as_gateway('press_anonymous');
select is((select publications_txid(r) from records where (r).nonce = 'sent'), null, 'nor does anybody without a token');
select tests.as_gateway('press_operator', 'olga');
select is((select publications_txid(r) from records where (r).nonce = 'sent'), (select txid from sent), 'an operator reads all');
select tests.as_login('press_auditor');
select is((select publications_txid(r) from records where (r).nonce = 'sent'), (select txid from sent), 'so does an auditor');

-- A checkpoint is everybody's.
select tests.as_superuser();
create temp table anchor as select a from press_worker.anchor_checkpoint(3600) a;
grant select on anchor to public;
select tests.put_on_chain((a).id) is not null from anchor;
select tests.as_gateway('press_anonymous');
select is((select count(*) from press.publications), 1::bigint, 'everybody sees the checkpoint');
select isnt((select publications_txid(p) from press.publications p), null, 'and its transaction');
select tests.as_gateway('press_holder', 'bob');
select isnt((select publications_txid(a) from anchor), null, 'so does a holder');
select * from finish();
