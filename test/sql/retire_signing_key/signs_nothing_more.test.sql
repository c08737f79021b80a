select plan(10);
select tests.make_edition('raffle', 5);
select press.issue_ticket('raffle', recipient => 'alice') is not null;
create temp table claimed (ticket_id uuid, payload text);
grant all on claimed to public;

select tests.as_login('press_worker');
select press_worker.register_signing_key(tests.public_key(), 'ticket') is not null;
insert into claimed select * from press_worker.tickets_to_sign(tests.key_id(), 10, 60);
select throws_ok($$select press_worker.retire_signing_key('0000000000000000')$$, 'PRKEY', null, 'UNKNOWN_KEY for one that was never there');
select isnt((press_worker.retire_signing_key(tests.key_id())).retired_at, null, 'it is retired');
select lives_ok($$select press_worker.retire_signing_key(tests.key_id())$$, 'retired again it stays as it is');
select throws_ok($$select press_worker.register_signing_key(tests.public_key(), 'ticket')$$, 'PRKEY', null, 'UNKNOWN_KEY: it does not come back');
select throws_ok($$select press_worker.tickets_to_sign(tests.key_id(), 10, 60)$$, 'PRKEY', null, 'UNKNOWN_KEY: it claims nothing');
select throws_ok($$select press_worker.attach_signatures(tests.key_id(), array(select ticket_id from claimed), array[tests.signature('a')])$$, 'PRKEY', null, 'UNKNOWN_KEY: what it had claimed it does not sign');

select tests.as_superuser();
update press_private.signing_claims set claimed_until = now() - interval '1 second';
select tests.as_login('press_worker');
select press_worker.register_signing_key(tests.public_key('b'), 'ticket') is not null;
select is((select count(*) from press_worker.tickets_to_sign(tests.key_id('b'), 10, 60)), 1::bigint, 'another key takes over when the claim has run out');
select is((select outcome from press_worker.attach_signatures(tests.key_id('b'), array(select ticket_id from claimed), array[tests.signature('b')])), 'attached', 'and signs');
select tests.as_superuser();
select is((select envelope::json ->> 'key_id' from press.tickets), tests.key_id('b'), 'the envelope names the key that signed');

insert into press.signing_keys (key_id, public_key, activated_at) values (tests.key_id('c'), tests.public_key('c'), '2100-01-01');
select is((press_worker.retire_signing_key(tests.key_id('c'))).retired_at, '2100-01-01', 'a clock that was set back keeps no key in use');
select * from finish();
