select plan(8);
select tests.make_edition('golden-ticket', 9, 3);
select press.issue_ticket('golden-ticket', null, 'alice') is not null;
select tests.sign_pending();
select tests.publish_checkpoint() is not null;
create temp table alice as select id from press.holders where subject = 'alice';
create temp table held as select t.envelope, press.timechain_proof(t.id) as proof from press.tickets t;
grant select on alice, held to public;
select press.deactivate_holder(id, 'Cheated') is not null from alice;
select results_eq('select is_active, deactivation_reason from press.erase_holder((select id from alice))', 'values (false, null::text)', 'forgotten, and still inactive');
select tests.as_gateway('press_holder', 'alice');
select set_config('press.client_address', '10.0.0.1', true) is not null;
select throws_ok($$select press.redeem_ticket(envelope, proof) from held$$, 'PRINA', null, 'HOLDER_INACTIVE when she redeems');
select throws_ok($$select press.submit_attestation('oidc', tests.id_token('alice'))$$, 'PRINA', null, 'HOLDER_INACTIVE when she submits something');
select throws_ok($$select press.issue_ticket('golden-ticket')$$, 'PRINA', null, 'HOLDER_INACTIVE when she asks for a ticket');
select tests.as_login('press_gateway');
select results_eq($$
  select request_index, refusal_code, (ticket).ticket_number
  from press_gateway.issue_tickets('golden-ticket', array['bob', 'alice', 'carol'], array[false, false, false], array[null, null, null], array[1, 1, 1], array[null, null, null]::uuid[])$$, $$
  values (1, null, 2), (2, 'PRINA', null), (3, null, 3)$$, 'among others she alone is refused');
select tests.as_superuser();
select results_eq('select h.subject, h.is_active from press.holders h join alice a on a.id = h.id', 'values (null::text, false)', 'and what is refused gives nobody their name back');
select lives_ok('select press.reactivate_holder(id) from alice', 'an operator may reconsider');
select results_eq($$select (press.issue_ticket('golden-ticket', null, 'alice')).holder_id$$, 'select id from alice', 'she is one person');
select * from finish();
