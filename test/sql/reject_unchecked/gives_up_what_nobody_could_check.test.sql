/* A week after it was submitted, and not before it was tried ten times; what has been due and no worker asked for, after thirty days. */
select plan(21);
create function pg_temp.look(days integer, tries integer, due_days integer default 0, is_active boolean default true, kind text default 'oidc') returns text language plpgsql as $$
declare
  v_subject  text := format('waiter-%s-%s-%s-%s-%s', days, tries, due_days, is_active, kind);
  v_id       uuid := (tests.submit(v_subject, kind)).id;
  v_count    integer;
begin
  update press_private.attestation_work w set tries = look.tries, try_at = clock_timestamp() - make_interval(days => look.due_days) where w.attestation_id = v_id;
  alter table press.attestations disable trigger _200_guard_decision;
  -- It is kept to the millisecond, and may be rounded up.
  update press.attestations a set submitted_at = clock_timestamp() - make_interval(days => look.days, secs => 0.001) where a.id = v_id;
  alter table press.attestations enable always trigger _200_guard_decision;
  update press.holders h set is_active = look.is_active where h.subject = v_subject;
  v_count := press_worker.reject_unchecked();
  return format('%s: %s', v_count, (select concat_ws(' ', a.status, a.violations::text) from press.attestations a where a.id = v_id));
end
$$;
select is(pg_temp.look(days, tries, due_days), answer, format('%s days old, after %s tries, due for %s days', days, tries, due_days))
from (values (6, 1000, 0, '0: submitted'), (7, 9, 7, '0: submitted'), (7, 10, 0, '1: rejected {evidence_invalid}'), (29, 0, 29, '0: submitted'), (30, 0, 30, '1: rejected {evidence_invalid}'),
  (31, 3, 0, '0: submitted'), (31, 3, 30, '1: rejected {evidence_invalid}')) c (days, tries, due_days, answer);
select is(pg_temp.look(7, 10, kind => 'repository'), '1: rejected {evidence_invalid}', 'of a repository nothing is judged that is not known');
select is(pg_temp.look(7, 10, is_active => false), '1: rejected {evidence_invalid,holder_inactive}', 'what is known is');
create temp table given_up as select a.* from press.attestations a where a.status = 'rejected';
select bag_eq($$select facts ->> 'problem', count(*) from given_up group by 1$$, $$values ('It could not be checked within a week, because whoever was to be asked did not answer.', 3::bigint),
  ('It was not checked, because for thirty days no worker of this press has asked anybody.', 2)$$, 'why is told: who did not answer, or did not ask');
select is((select count(*) from press_private.ledger_inbox i, given_up g where i.leaf::jsonb ->> 'attestation_id' = g.id::text), 5::bigint, 'each is in the ledger');
select is_empty('select w.evidence from press_private.attestation_work w join given_up g on g.id = w.attestation_id', 'the evidence is gone');
select is((select count(*) from press_private.attestation_nonces n join given_up g on g.holder_id = n.holder_id), 5::bigint, 'the numbers are not: nothing named them');
select is_empty('select r.* from given_up g, press.replay_decision(g.id) r where not r.agrees', 'the decisions can be made again');
select is_empty($$select a.check, a.finding from press.audit(part => 'rows') a where not a.is_ok and a.check <> 'a row is as the press wrote it'$$, 'and the audit finds nothing but what was dated back here');
select throws_ok(format('select press_worker.verify_attestation(%L, tests.oidc_proof(''x''), null, ''{}'')', id), 'PREVD', null, 'EVIDENCE_REJECTED for a worker that comes with an answer later') from given_up where violations = '{evidence_invalid}' and kind = 'oidc' limit 1;

-- What somebody planted a credential for is not decided here: the audit names it, and a decision would hide it.
select is(pg_temp.look(6, 10, kind => 'repository'), '0: submitted', 'one more waits');
alter table press.credentials disable trigger _200_guard_minting;
insert into press.credentials (attestation_id, holder_id, kind, trust_level, status_list, status_index, valid_from, valid_until)
select a.id, a.holder_id, a.kind, 2, 1, 0, now(), now() + interval '1 year' from press.attestations a join press.holders h on h.id = a.holder_id and h.subject = 'waiter-6-10-0-t-repository';
alter table press.credentials enable always trigger _200_guard_minting;
alter table press.attestations disable trigger _200_guard_decision;
update press.attestations a set submitted_at = clock_timestamp() - interval '8 days' from press.holders h where h.id = a.holder_id and h.subject = 'waiter-6-10-0-t-repository';
alter table press.attestations enable always trigger _200_guard_decision;
select is(press_worker.reject_unchecked(), 0, 'a planted half-state is left for the audit');

select press_worker.stop_press('test') is not null;
alter table press.attestations disable trigger _200_guard_decision;
update press.attestations set submitted_at = clock_timestamp() - interval '31 days' where status = 'submitted';
alter table press.attestations enable always trigger _200_guard_decision;
update press_private.attestation_work set try_at = clock_timestamp() - interval '31 days';
select throws_ok('select press_worker.reject_unchecked()', 'PRSTO', null, 'PRESS_STOPPED: nothing is decided then');
select is((select count(*) from press.attestations where status = 'submitted'), 5::bigint, 'what waits goes on waiting');
select tests.as_gateway('press_operator', 'olga');
select throws_ok('select press_worker.reject_unchecked()', '42501', null, 'nobody but the worker does it');
select * from finish();
