/* What somebody else has committed while the edition's lock was waited for: as if it came a moment before, when an operator who is new becomes a holder. */
select plan(4);
select tests.make_edition('golden-ticket', 3);
select press.issue_tickets('golden-ticket', 3, recipient => 'alice') is not null;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
create temp table them as select t.ticket_number as n, t.envelope, press.tickets_timechain_proof(t) as proof from press.tickets t;
grant all on them to public;
create function pg_temp.key(n integer) returns uuid language sql as $$ select format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid $$;
create function pg_temp.redeem(n integer, request_key uuid) returns press.tickets language sql as $$
  select press.redeem_ticket(envelope, proof, redeem.request_key) from them where them.n = redeem.n $$;
-- For otto the first ticket is redeemed meanwhile, for others the second, always under the first key.
create function pg_temp.redeem_meanwhile() returns trigger language plpgsql as $$
begin
  perform press_private.record_redemption(t, 'operator:' || NEW.subject, 'operator:' || NEW.id, '00000000-0000-4000-8000-000000000001')
  from press.tickets t where t.ticket_number = case NEW.subject when 'otto' then 1 else 2 end;
  return null;
end $$;
create trigger _999_redeem_meanwhile after insert on press.holders for each row execute function pg_temp.redeem_meanwhile();

select tests.as_gateway('press_operator', 'otto');
select results_eq('select (r).ticket_number, (r).status::text from pg_temp.redeem(1, pg_temp.key(1)) r', $$values (1, 'redeemed')$$, 'the same request was granted meanwhile: that is the answer');
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select pg_temp.redeem(3, pg_temp.key(1))', 'PRIDM', null, 'REQUEST_KEY_REUSED for a key under which another ticket was redeemed meanwhile');
select throws_ok('select pg_temp.redeem(2, pg_temp.key(2))', 'PRRED', null, 'ALREADY_REDEEMED for a ticket that was redeemed meanwhile under another key');
select is((select count(*) from press.redemptions), 1::bigint, 'one was redeemed, once');
select * from finish();
