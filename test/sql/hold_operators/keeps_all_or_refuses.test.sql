select plan(4);
select lives_ok($$select press_private.hold_operators(array['olga', 'otto'])$$, 'operators who are new here');
select results_eq('select subject from press.holders order by 1', $$values ('olga'), ('otto')$$, 'become holders');

-- At a higher isolation level somebody else may have made one of them known: there is a row that nothing is inserted beside, and it is not seen.
create function pg_temp.insert_nothing() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger _000_insert_nothing before insert on press.holders for each row execute function pg_temp.insert_nothing();
select throws_ok($$select press_private.hold_operators(array['olga', 'oscar'])$$, '40001', null, 'RETRY where one of them could not be held, for they might be forgotten');
select lives_ok($$select press_private.hold_operators(array['olga', 'otto'])$$, 'those who are known are held all the same');
select * from finish();
