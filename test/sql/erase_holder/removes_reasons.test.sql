/* Reasons that operators wrote, and that only the press has, go with the person; what is in the ledger is everybody's, and stays. */
select plan(20);
select tests.make_edition('golden-ticket', 9, 3);
select press.issue_tickets('golden-ticket', 2, null, subject) is not null from unnest(array['alice', 'bob']) subject;
select tests.sign_pending();
create temp table alice as select id from press.holders where subject = 'alice';
select tests.attest(subject) is not null from unnest(array['alice', 'bob']) subject;
select press.revoke_credential(c.id, 'Sold by the one with the hat') is not null from press.credentials c;
-- One ticket of each was revoked before there was a ledger.
select press.revoke_ticket(t.id, 'Lost') is not null from press.tickets t where t.ticket_number in (1, 3);
insert into press.revocations (edition_id, ticket_number, reason, revoked_by, is_reason_published)
select t.edition_id, t.ticket_number, 'Lost by the one with the hat', 'login:postgres', false from press.tickets t where t.ticket_number in (2, 4);
update press.tickets t set status = 'revoked' where t.ticket_number in (2, 4);
select press_private.append_entry('ticket.revoked', t.edition_id, t.ticket_number, press_private.ticket_revoked_leaf(t, 'golden-ticket', v.revoked_by, null, v.revoked_at))
from press.tickets t join press.revocations v using (edition_id, ticket_number) where t.ticket_number in (2, 4);
select is_empty('select "check", subject, finding from press.audit() where not is_ok', 'the audit finds nothing');

-- Nothing is removed of somebody who is here.
select throws_ok(statement, 'PRDEN', null, 'refused: ' || statement)
from unnest(array['update press.revocations set reason = null where not is_reason_published', 'update press.credentials set reason = null',
  'update press.revocations set reason = ''Found'' where is_reason_published', 'update press.revocations set revoked_by = ''operator:mallory''']) statement;
create temp table before as select v.edition_id, v.ticket_number, v.is_reason_published, v.revoked_by, v.revoked_at from press.revocations v;
select (press.erase_holder(id)).subject is null from alice;
select results_eq('select h.subject, c.status::text, c.revoked_at is not null, c.revoked_by is not null, c.reason from press.credentials c join press.holders h on h.id = c.holder_id order by h.subject', $$
  values ('bob', 'revoked', true, true, 'Sold by the one with the hat'), (null, 'revoked', true, true, null)$$, 'the reason of her credential is gone, and nobody else''s; it stays revoked');
select results_eq('select ticket_number, reason from press.revocations order by ticket_number', $$
  values (1, 'Lost'), (2, null), (3, 'Lost'), (4, 'Lost by the one with the hat')$$, 'of her tickets, the one that is not in the ledger');
select bag_eq('select v.edition_id, v.ticket_number, v.is_reason_published, v.revoked_by, v.revoked_at from press.revocations v', 'select * from before', 'and nothing else of them');
select throws_ok(statement, 'PRDEN', null, 'refused, also of somebody who was forgotten: ' || statement)
from unnest(array['update press.credentials set reason = ''Another'' where reason is null', 'update press.revocations set reason = ''Another'' where reason is null',
  'update press.revocations set reason = null where ticket_number = 1', 'update press.revocations set is_reason_published = false where ticket_number = 1',
  'delete from press.revocations', 'truncate press.revocations']) statement;
set local session_replication_role = replica;
select throws_ok('update press.revocations set reason = null where ticket_number = 4', 'PRDEN', null, 'also in a session that plays replica');
set local session_replication_role = origin;
select is_empty('select "check", subject, finding from press.audit() where not is_ok', 'the audit finds nothing');

-- Seals of what is gone open nothing without the key.
create function pg_temp.sealed(relation text, content text) returns bigint language sql set timezone = 'UTC' set datestyle = 'ISO' as $$
  select count(*) from press_private.row_seals s where s.hash = press_private.row_seal(relation, content) $$;
select is(pg_temp.sealed('press.revocations', row(v.edition_id, v.ticket_number, press_private.keyed_hash('reason', 'Lost by the one with the hat'), v.is_reason_published, v.revoked_by, v.revoked_at)::text), 1::bigint, 'it was sealed by its keyed hash')
from press.revocations v where v.ticket_number = 2;
select is(pg_temp.sealed('press.revocations', row(v.edition_id, v.ticket_number, 'Lost by the one with the hat', v.is_reason_published, v.revoked_by, v.revoked_at)::text), 0::bigint, 'and by no other')
from press.revocations v where v.ticket_number = 2;
select press.issue_ticket('golden-ticket', null, 'alice') is not null;
select is((select count(*) from press.credentials c join alice a on a.id = c.holder_id join press.holders h on h.id = a.id and h.subject = 'alice' where c.reason is null), 1::bigint, 'when she returns, it stays gone');
select is_empty('select "check", subject, finding from press.audit() where not is_ok', 'and the audit finds nothing');
select * from finish();
