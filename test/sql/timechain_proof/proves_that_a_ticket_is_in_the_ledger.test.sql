select plan(14);
select tests.make_edition('golden-ticket', 5, 1);
create temp table it as select id from press.issue_ticket('golden-ticket', recipient => 'alice');
grant all on it to public;
create function pg_temp.detail_of(call text) returns text language plpgsql as $$
declare v_detail text;
begin
  execute 'select ' || call;
  return 'not refused';
exception when sqlstate 'PRUNS' then
  get stacked diagnostics v_detail = pg_exception_detail;
  return v_detail;
end $$;

select tests.as_gateway('press_anonymous');
select throws_ok('select press.timechain_proof(gen_random_uuid())', 'PRNOT', null, 'TICKET_NOT_FOUND');
select throws_ok('select press.timechain_proof(null)', 'PRNOT', null, 'TICKET_NOT_FOUND without an id');
select throws_ok('select press.timechain_proof(id) from it', 'PRUNS', null, 'TICKET_NOT_SIGNED while it is pending');
select is(pg_temp.detail_of('press.timechain_proof(id) from it'), '', 'and nothing is said of an envelope, which it has not');
select tests.as_superuser();
select tests.sign_pending();
select throws_ok('select press.timechain_proof(id) from it', 'PRUNS', null, 'TICKET_NOT_SIGNED while it waits in the inbox');
select press_worker.integrate_ledger(1000) > 0;
select throws_ok('select press.timechain_proof(id) from it', 'PRUNS', 'TICKET_NOT_SIGNED: The ticket awaits its signature.', 'TICKET_NOT_SIGNED while no checkpoint covers it');
select is(pg_temp.detail_of('press.timechain_proof(id) from it'), 'It has its envelope, and its entry in the ledger awaits the signature of a checkpoint.', 'and it is said what it waits for');
select tests.publish_checkpoint() is not null;

select tests.as_gateway('press_anonymous');
select is((select lines[1] from string_to_array((select press.timechain_proof(id) from it), E'\n') lines), 'c2sp.org/tlog-proof@v1', 'the form is C2SP''s');
select is((select convert_from(decode(substr(lines[2], 7), 'base64'), 'UTF8') from string_to_array((select press.timechain_proof(id) from it), E'\n') lines),
  (select leaf from press.ledger_entries where type = 'ticket.issued'), 'its extra line is the entry');
select is((select lines[3] from string_to_array((select press.timechain_proof(id) from it), E'\n') lines),
  (select 'index ' || place from press.ledger_entries where type = 'ticket.issued'), 'its index is the place');
select ok((select press.timechain_proof(id) like '%' || E'\n\n' || (select note from press.checkpoints) from it), 'it ends with the checkpoint');

select tests.as_superuser();
select is((select press_private.root_of_inclusion(e.leaf_hash, e.place, c.tree_size,
    array(select decode(h, 'base64') from unnest(lines[4:array_position(lines, '') - 1]) with ordinality p (h, n) order by n))
  from string_to_array((select press.timechain_proof(id) from it), E'\n') lines, press.ledger_entries e, press.checkpoints c where e.type = 'ticket.issued'),
  (select root_hash from press.checkpoints), 'its hashes lead to the root');

select press.issue_ticket('golden-ticket', recipient => 'bob') is not null;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
select ok((select press.timechain_proof(id) like '%' || E'\n\n' || (select note from press.checkpoints order by tree_size desc limit 1) from it), 'it is made for the last checkpoint');
select is((select press.timechain_proof(id) from it), (select press.tickets_timechain_proof(t) from press.tickets t join it using (id)), 'the field of the ticket is the same');
select * from finish();
