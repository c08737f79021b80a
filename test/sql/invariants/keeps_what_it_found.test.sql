/* A finding is known until it holds again, whichever rows the next looks are about. */
select plan(8);
/* How many findings of the last look are those of the one before. */
create function tests.look_again() returns bigint
  language plpgsql volatile as $$
declare
  v_ids  bigint[] := array(select v.id from press_private.violations v);
begin
  perform from press.invariants();
  return (select count(*) from press_private.violations v where v.id = any (v_ids));
end
$$;
create temp view known as select "check", count(*) from press_private.violations group by 1;

-- Signatures are verified of a few tickets a look.
select tests.make_edition('forged', 300, 300);
select press.issue_tickets('forged', 300, recipient => 'alice') is not null;
select press_worker.register_signing_key(tests.public_key(), 'ticket') is not null;
select count(*) from (
  select array_agg(ticket_id) as ids, array_agg(tests.signature(ticket_id::text)) as signatures from press_worker.tickets_to_sign(tests.key_id(), 300, 60)) c,
  press_worker.attach_signatures(tests.key_id(), c.ids, c.signatures);
select is(tests.look_again(), 0::bigint, 'nothing was known before');
select results_eq('table known', $$values ('the key of an envelope signed it', 10::bigint)$$, 'ten of the signatures that nobody made are found');
select is(tests.look_again(), 10::bigint, 'they stay known');
select cmp_ok((select count from known), '>', 10::bigint, 'and others with them');
select matches(press.press_stop_reason(), '^I13 is broken: it does not hold that the key of an envelope signed it. press.tickets ', 'the press is stopped');

-- Whatever is known.
insert into press_private.violations ("check", subject, finding) select 'a drill', n::text, 'x' from generate_series(1, 2000) n;
select press.start_press('It is known.') is not null;
alter table press.tickets disable trigger _200_guard_identity;
select cmp_ok(tests.look_again(), '>', 10::bigint, 'what nobody finds any more is forgotten, and the rest is not');
select is_empty($$select from known where "check" = 'a drill'$$, 'all of it');
select is((select count(*) from known where "check" like 'nobody but functions%'), 1::bigint, 'and what is new is known');
select * from finish();
