/* What the gateway serves of the ledger: only what a checkpoint covers, byte for byte as C2SP tlog-tiles has it. */
select plan(18);
select tests.make_edition('raffle', 300);
select count(*) from press.issue_tickets('raffle', 300, recipient => 'alice');
select tests.sign_pending();
select press_worker.register_signing_key(tests.public_key('c'), 'checkpoint') is not null;
select press_worker.integrate_ledger(1000) > 0;
create temp table ledger as select place::integer, leaf, leaf_hash from press.ledger_entries;
create temp table tree (size integer);
grant all on ledger, tree to public;

select tests.as_login('press_gateway');
select is_empty('select press_gateway.ledger_checkpoint()', 'no checkpoint before the first');
select is(press_gateway.ledger_tile(0, 0, 1), null, 'no tile before the first checkpoint');
select is(press_gateway.ledger_entries(0, 1), null, 'no entries before the first checkpoint');
select is(press_gateway.ledger_proof(0, null), null, 'no proof before the first checkpoint');
select tests.as_superuser();
insert into tree select tree_size from tests.publish_checkpoint();
-- These have places, and are under no checkpoint.
select tests.make_edition('unpublished', 1);
select press_worker.integrate_ledger(1000) > 0;

select tests.as_login('press_gateway');
select is((select count(*) from ledger), (select size::bigint from tree), 'the checkpoint covers what was there');
select is((select public_key || split_part(note, E'\n', 2) from press_gateway.ledger_checkpoint()),
  tests.public_key('c') || (select size from tree), 'the last checkpoint, and the key that signed it');
select is(press_gateway.ledger_tile(0, 0, 256), (select string_agg(leaf_hash, '' order by place) from ledger where place < 256), 'a full tile of leaves');
select is(press_gateway.ledger_tile(0, 1, 3), (select string_agg(leaf_hash, '' order by place) from ledger where place between 256 and 258), 'a partial tile of leaves');
select is(length(press_gateway.ledger_tile(1, 0, 1)), 32, 'the root of a full tile is in the level above');
select is(press_gateway.ledger_entries(0, 2),
  (select string_agg(decode(lpad(to_hex(octet_length(leaf)), 4, '0'), 'hex') || convert_to(leaf, 'UTF8'), '' order by place) from ledger where place < 2),
  'each entry after its length in two bytes');
select is(press_gateway.ledger_tile(0, 1, size - 255), null, 'nothing beyond the checkpoint: a tile') from tree;
select is(press_gateway.ledger_entries(1, size - 255), null, 'nothing beyond the checkpoint: entries') from tree;
select is(press_gateway.ledger_proof(size, null), null, 'nothing beyond the checkpoint: a proof') from tree;
select is(press_gateway.ledger_proof(0, 7), null, 'no proof under what is no checkpoint');
select is(press_gateway.ledger_proof(5, null), press_gateway.ledger_proof(5, size), 'the last checkpoint is the one of that size') from tree;
select ok(press_gateway.ledger_proof(5, null) like E'c2sp.org/tlog-proof@v1\nextra %\nindex 5\n%' || note, 'a proof is a document that ends with the checkpoint')
from press_gateway.ledger_checkpoint();
select is_empty($$
  select l, i, w from unnest(array[null, -1, 0, 2, 63, 64]) l, unnest(array[null, -1, 0, 9223372036854775807]) i, unnest(array[null, 0, 257, -2147483648]) w
  where press_gateway.ledger_tile(l, i, w) is not null or press_gateway.ledger_entries(i, w) is not null$$, 'what can be no tile is none, and no error');
select is_empty($$
  select p, s from unnest(array[null, -1, 9223372036854775807]) p, unnest(array[null, -1, 0, 9223372036854775807]) s where press_gateway.ledger_proof(p, s) is not null$$,
  'what can be no place is none, and no error');
select * from finish();
