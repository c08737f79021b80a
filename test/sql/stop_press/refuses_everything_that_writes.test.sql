/* Every function that clients and the worker write with, called so that another refusal would apply as well: PRESS_STOPPED precedes them all. */
select plan(45);
select tests.make_edition('raffle', 10, 10);
select tests.make_edition('over', 10, 10);
select press.create_edition('draft', 'Draft', 1) is not null;
select press.issue_ticket('raffle', '00000000-0000-4000-8000-000000000001', 'alice') is not null;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
select tests.make_edition('later', 10);
select press.issue_ticket('raffle', recipient => 'bob') is not null;
select press.close_edition('over') is not null;
create temp table claimed as select * from press_worker.tickets_to_sign(tests.key_id(), 10, 60);
create temp table before as select (select count(*) from press_private.ledger_inbox) as waiting, (select count(*) from press.ledger_entries) as placed;
select press_worker.stop_press('Restored from a backup.');

-- What a client calls, as nobody.
create temp table calls (call text);
insert into calls values ($$press.issue_ticket('raffle', '00000000-0000-4000-8000-000000000001', 'alice')$$), ($$press.issue_tickets('nothing', 0)$$),
  ($$press.create_edition('', '', 0)$$), ($$press.open_edition('draft')$$), ($$press.close_edition('raffle')$$), ($$press.revoke_ticket(null, '')$$),
  ($$press.redeem_ticket('', '')$$), ($$press.draw_winner('nothing')$$), ($$press.replace_winner('nothing', '')$$), ($$press.void_draw('nothing', '')$$),
  ($$press.begin_attestation(null)$$), ($$press.submit_attestation(null, '')$$), ($$press.set_rules(-1)$$), ($$press.revoke_credential(null, '')$$),
  ($$press.deactivate_holder(null, '')$$), ($$press.reactivate_holder(null)$$), ($$press.erase_holder(null)$$),
  ($$press.register_public_key('', '')$$), ($$press.revoke_public_key('', '')$$), ($$press.set_publishing_quota('', 0)$$), ($$press.submit_record('', '', '')$$),
  ($$press.fund_pool('', -1, 0, '')$$), ($$press.release_utxo('', -1, '')$$);
grant all on calls to public;
-- A function of the schema that writes and is not in the list would not be tried.
select set_eq($$select p.proname::text from pg_proc p where p.pronamespace = 'press'::regnamespace and p.provolatile = 'v'$$,
  $$select substring(call from '^press\.(\w+)') from calls union values ('start_press'), ('invariants'), ('revoke_signing_key')$$, 'these are all the functions of press that write, but those that are for a press that was stopped');
select tests.as_gateway('press_anonymous');
select throws_ok('select ' || call, 'PRSTO', null, 'PRESS_STOPPED: ' || call) from calls;
select tests.as_login('press_gateway');
select throws_ok($$select press_gateway.issue_tickets('raffle', array[null]::text[], array[false], array[null]::text[], array[1], array[null]::uuid[])$$,
  'PRSTO', null, 'PRESS_STOPPED: a batch of the gateway');

select tests.as_superuser();
select throws_ok($$select press_private.issue_batch(1, '{}')$$, 'PRSTO', null, 'PRESS_STOPPED under the lock, for whoever was at the door in time');
select throws_ok($$select press_worker.tickets_to_sign('', 0, 0)$$, 'PRSTO', null, 'PRESS_STOPPED: nothing is handed out');
select throws_ok($$select press_worker.attach_signatures(tests.key_id(), array(select ticket_id from claimed), array[tests.signature('x')])$$,
  'PRSTO', null, 'PRESS_STOPPED: what was signed is not stored');
select throws_ok($$select press_worker.publish_checkpoint('', 0, '', '')$$, 'PRSTO', null, 'PRESS_STOPPED: no checkpoint is published');
select throws_ok($$select press_worker.anchor_checkpoint(0)$$, 'PRSTO', null, 'PRESS_STOPPED: none goes to the chain');
select throws_ok($$select press_worker.note_verified_key(null, null, null)$$, 'PRSTO', null, 'PRESS_STOPPED: no key is verified');
select throws_ok($$select press_worker.verify_attestation(null, null, null, null)$$, 'PRSTO', null, 'PRESS_STOPPED: nothing is decided');
select throws_ok($$select press_worker.publish_status_list('', 0, 0, '')$$, 'PRSTO', null, 'PRESS_STOPPED: no list is published');
select throws_ok($$select press_worker.commit_draw(null, '')$$, 'PRSTO', null, 'PRESS_STOPPED: no draft is committed to a secret');
select throws_ok($$select press_worker.archive_beacon_round('', 0, '')$$, 'PRSTO', null, 'PRESS_STOPPED: no round is archived');
select throws_ok($$select press_worker.record_draw(null, 0, null, null)$$, 'PRSTO', null, 'PRESS_STOPPED: no draw is decided');
select throws_ok($$select press_worker.split_to_make('', 0, 0, 0, 0, 0)$$, 'PRSTO', null, 'PRESS_STOPPED: no coin is split');
select is_empty('select * from press_worker.checkpoint_to_sign()', 'none is handed out to be signed');
select is(waiting, 1::bigint, 'an entry waits for its place') from before;
select is(press_worker.integrate_ledger(100), 0::bigint, 'and nothing gets one');
select is(tests.record_closings(), 0, 'no closing is to be recorded');
select is((select press_worker.record_closed_edition(id) from press.editions where slug = 'over'), false, 'nor is one recorded');
select is_empty('select * from press_private.audit_waiting(0)', 'and nothing waits for too long, because nobody works');
select lives_ok($$select press_worker.register_signing_key(tests.public_key(), 'ticket')$$, 'a worker starts all the same');
select results_eq('select (select count(*) from press_private.ledger_inbox), (select count(*) from press.ledger_entries)', 'table before', 'and nothing was written');
select * from finish();
