/* press_worker.drafts_to_commit and press_worker.commit_draw: what the worker promises before an edition can open. */
select plan(18);
select press.create_edition('sealed', 'Sealed', 5, null, 'sealed') is not null, press.create_edition('random', 'Random', 5, null, 'random_int') is not null;
create function pg_temp.id_of(slug text) returns integer language sql security definer as $$ select id from press.editions e where e.slug = id_of.slug $$;
select throws_ok($$select press.open_edition('sealed')$$, 'PRNDR', null, 'DRAW_NOT_READY: it does not open before there is a commitment');

select tests.as_login('press_worker');
select results_eq('select edition_id, edition from press_worker.drafts_to_commit()', $$select pg_temp.id_of('sealed'), 'sealed'$$, 'the worker is told of it');
select throws_ok(format('select press_worker.commit_draw(pg_temp.id_of(''sealed''), %L)', commitment), 'PRINV', null, format('INVALID_INPUT for %L', commitment))
from unnest(array['', repeat('A', 64), repeat('a', 63), null]) commitment;
select is(press_worker.commit_draw(pg_temp.id_of('random'), repeat('a', 64)), false, 'another mode has none');
select is(press_worker.commit_draw(-1, repeat('a', 64)), false, 'nor an edition that is not there');
select is_empty($$select from pg_locks where locktype = 'advisory' and classid = 42 and objid = 4294967295::oid and pid = pg_backend_pid()$$, 'which is not locked either');
select is(press_worker.commit_draw(null, repeat('a', 64)), false, 'nor none');
select is(press_worker.commit_draw(pg_temp.id_of('sealed'), repeat('a', 64)), true, 'it commits');
select is(press_worker.commit_draw(pg_temp.id_of('sealed'), repeat('b', 64)), false, 'once');
select is_empty('select from press_worker.drafts_to_commit()', 'nothing is left to commit');

select tests.as_superuser();
select is((press.open_edition('sealed')).draw_commitment, repeat('a', 64), 'now it opens');
select is(leaf::jsonb - 'at', '{"cap": 5, "closes_at": null, "draw_commitment": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "draw_mode": "sealed", "edition": "sealed",
  "opens_at": null, "per_holder_limit": 5, "rule_set_hash": null, "type": "edition.opened"}', 'and the ledger has the commitment')
from press_private.ledger_inbox where type = 'edition.opened';
select throws_ok($$update press.editions set draw_commitment = repeat('c', 64) where slug = 'sealed'$$, 'PRDEN', null, 'which nobody changes any more');
select press.create_edition('later', 'Later', 5, null, 'sealed') is not null;
select press_worker.stop_press('a test');
select is_empty('select from press_worker.drafts_to_commit()', 'none while the press is stopped');
select throws_ok($$select press_worker.commit_draw(pg_temp.id_of('later'), repeat('a', 64))$$, 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
