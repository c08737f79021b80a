/* The policy of press.redemptions by an index: a holder's look must not read everybody's. */
select plan(3);
select tests.make_edition('golden-ticket', 2);
select press.issue_ticket('golden-ticket', recipient => 'alice') is not null;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
create temp table it as select t.envelope, press.tickets_timechain_proof(t) as proof from press.tickets t;
select press.redeem_ticket(envelope, proof) is not null from it;
create function pg_temp.plan_of(query text) returns setof text language plpgsql as $$ begin return query execute 'explain ' || query; end $$;
set local enable_seqscan = off;

select tests.as_gateway('press_holder', 'alice');
select is((select count(*) from press.redemptions), 1::bigint, 'its holder finds it');
select tests.as_gateway('press_holder', 'bob');
select is_empty('select from press.redemptions', 'nobody else does');
select isnt_empty($$select from pg_temp.plan_of('select * from press.redemptions') line where line ~ 'redemptions_holder_id_idx'$$, 'by the index of holders');
select * from finish();
