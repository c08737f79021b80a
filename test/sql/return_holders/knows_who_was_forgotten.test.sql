/* Who was forgotten is known again as who they were, on whatever way they come; and who was not keeps no worker waiting, although somebody was. */
select plan(7);
select press_private.ensure_holders(array['alice', 'bob']);
create temp table alice as select id from press.holders where subject = 'alice';
-- As press.erase_holder leaves it, without the locks that it takes.
insert into press_private.erased_holders (holder_id, subject_hash) select id, press_private.keyed_hash('subject', 'alice') from alice;
update press.holders set subject = null where id = (select id from alice);
create function pg_temp.locks_claims() returns boolean language sql as $$
  select exists (
    select from pg_locks l where l.pid = pg_backend_pid() and l.relation = 'press_private.signing_claims'::regclass and l.mode = 'ShareRowExclusiveLock') $$;

select is(press_private.return_holders(array['bob', 'carol']), false, 'nobody returns who was not forgotten');
select press_private.ensure_holders(array['carol']);
select is(pg_temp.locks_claims(), false, 'and what is being signed is not locked for them');
select throws_ok($$select press_private.insert_holders(array['alice'])$$, '40001', null, 'RETRY for whoever was forgotten while a row of their name was waited for');
select is_empty($$select from press.holders where subject = 'alice'$$, 'and there is no second person of that name');
select is(press_private.ledger_label(row('holder', 'alice')::press_hidden.actor_record), (select 'holder:' || id from alice), 'a holder who was forgotten while they redeem is named as who they were');
select is_empty('select from press_private.erased_holders', 'nobody is forgotten any more');
select is(pg_temp.locks_claims(), true, 'what is being signed for who returns is doubted, under the lock');
select * from finish();
