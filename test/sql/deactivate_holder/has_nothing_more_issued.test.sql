select plan(16);
select tests.make_edition('golden-ticket', 9, 3);
select press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001', 'alice') is not null;
create temp table alice as select id from press.holders where subject = 'alice';
grant select on alice to public;
select tests.as_gateway('press_anonymous');
select throws_ok('select press.deactivate_holder(null, null)', 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok('select press.deactivate_holder(id, ''Me'') from alice', 'PRDEN', null, 'NOT_ALLOWED for a holder, for themselves too');
select tests.as_gateway('press_operator', 'olga');
select throws_ok(format('select press.deactivate_holder(id, %L) from alice', reason), 'PRINV', null, format('INVALID_INPUT for a reason of %s characters', coalesce(length(reason), -1)))
from unnest(array['', E'two\nlines', repeat('x', 501), null]) reason;
select throws_ok($$select press.deactivate_holder('00000000-0000-4000-8000-000000000001', 'Nobody')$$, 'PRINV', null, 'INVALID_INPUT for somebody who is not there');
select throws_ok($$select press.deactivate_holder(null, 'Nobody')$$, 'PRINV', null, 'INVALID_INPUT for nobody');

select results_eq($$select (press.deactivate_holder(id, 'Sold hers')).is_active from alice$$, 'values (false)', 'an operator deactivates a holder');
select results_eq($$select is_active, deactivation_reason from press.deactivate_holder((select id from alice), 'Another reason')$$, $$values (false, 'Sold hers')$$, 'one who was deactivated stays as they are');
select throws_ok($$select press.issue_ticket('golden-ticket', null, 'alice')$$, 'PRINA', null, 'HOLDER_INACTIVE for a ticket');
select throws_ok($$select press.issue_ticket('golden-ticket', '00000000-0000-4000-8000-000000000001', 'alice')$$, 'PRINA', null, 'also for one that was issued before');
select throws_ok($$select press.submit_attestation('oidc', tests.id_token('alice'), null, 'alice', '10.0.0.1')$$, 'PRINA', null, 'HOLDER_INACTIVE for an attestation');
select tests.as_gateway('press_holder', 'alice');
select results_eq('select is_active, deactivation_reason from press.current_holder()', $$values (false, 'Sold hers')$$, 'the holder sees why');
select lives_ok($$select press.eligibility('golden-ticket')$$, 'and may ask');
select tests.as_superuser();
select press_worker.stop_press('A drill.') is not null;
select throws_ok($$select press.deactivate_holder(id, 'Now') from alice$$, 'PRSTO', null, 'PRESS_STOPPED');
select * from finish();
