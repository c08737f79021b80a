select plan(21);
select is(press_worker.anchor_checkpoint(60), null, 'nothing before there is a checkpoint');
select throws_ok(format('select press_worker.anchor_checkpoint(%s)', seconds), 'PRINV', null, format('INVALID_INPUT for an interval of %s', seconds)) from unnest(array['null', '0', '-1']) seconds;
select tests.make_edition('one', 5);
create temp table published as select * from tests.publish_checkpoint();
create temp table anchor as select * from press_worker.anchor_checkpoint(60);
select is((a.kind, a.state, a.payload, a.checkpoint_size, a.key_id)::text, ('checkpoint', 'queued', p.note, p.tree_size, null)::text, 'the last checkpoint is queued, as it was signed') from anchor a, published p;
select is(payload_hash, encode(sha256(convert_to(payload, 'UTF8')), 'hex'), 'with its hash') from anchor;

create function pg_temp.age(seconds integer) returns void language plpgsql as $$
begin
  alter table press.publications disable trigger _200_guard_identity;
  update press.publications set submitted_at = submitted_at - make_interval(secs => seconds);
  alter table press.publications enable always trigger _200_guard_identity;
end $$;
select tests.make_edition('two', 5);
select tests.publish_checkpoint() is not null;
select pg_temp.age(59) is null;
select is(press_worker.anchor_checkpoint(60), null, 'not another one within the interval');
select pg_temp.age(10) is null;
select is(press_worker.anchor_checkpoint(60), null, 'nor while the last one is not out');
select tests.put_on_chain(id) is not null from anchor;
select isnt((press_worker.anchor_checkpoint(60)).id, null, 'then the next one');
select is((select count(*) from press.publications where state = 'queued'), 1::bigint, 'which waits');

-- The record of what was published is no reason to publish.
select tests.put_on_chain(id) is not null from press.publications where state = 'queued';
select tests.publish_checkpoint() is not null;
select pg_temp.age(100) is null;
select is(press_worker.anchor_checkpoint(60), null, 'nothing when the ledger has grown by publication.sent alone');
select tests.make_edition('three', 5);
select is(press_worker.anchor_checkpoint(60), null, 'nor before a checkpoint covers what happened since');
select tests.publish_checkpoint() is not null;
select isnt((press_worker.anchor_checkpoint(60)).id, null, 'then one of all of it');
update press.publications set state = 'failed', error_code = 'BROADCAST_REJECTED' where state = 'queued';
select tests.make_edition('four', 5);
select tests.publish_checkpoint() is not null;
select is(press_worker.anchor_checkpoint(60), null, 'after one that failed, not at once');
select pg_temp.age(100) is null;
select isnt((press_worker.anchor_checkpoint(60)).id, null, 'but after the interval');

select tests.as_gateway('press_anonymous');
select ok(count(*) = 4 and bool_and(kind = 'checkpoint'), 'everybody sees them') from press.publications;
select tests.as_superuser();
select ok(bool_and(c.note = p.payload), 'each is a checkpoint of the ledger') from press.publications p join press.checkpoints c on c.tree_size = p.checkpoint_size;
select is(press_private.read_json(i.leaf) ->> 'payload_hash', (select payload_hash from anchor), 'the ledger says what was published') from press.ledger_entries i where i.type = 'publication.sent' order by place limit 1;
select is((select count(*) from press_private.audit_findings('rows')) + (select count(*) from press_private.audit_findings('entries')), 0::bigint, 'the audit finds nothing');
select press_worker.stop_press('test') is not null;
select throws_ok('select press_worker.anchor_checkpoint(60)', 'PRSTO', null, 'PRESS_STOPPED');
select tests.as_gateway('press_holder', 'alice');
select throws_ok('select press_worker.anchor_checkpoint(60)', '42501', null, 'no client calls it');
select * from finish();
