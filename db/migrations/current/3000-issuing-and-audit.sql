/* What an edition demands of its holders, people who are forgotten and return, and an audit of all that. */
drop function press_private.ticket_issued_leaf(press.tickets, text, timestamptz);
drop function press_private.told_tickets(integer, bigint);
drop function press.create_edition(text, text, integer, integer, press.draw_mode, timestamptz, timestamptz, integer, text);

alter table press_private.signing_claims add column is_doubtful boolean not null default false;
comment on column press_private.signing_claims.is_doubtful is 'Whether the recipient has changed since a worker was given the payload: a signature is verified then before it is stored.';

/* Whoever reads the planner's statistics reads samples of what was stored, also of people who were forgotten: no more are taken of what names people, and those
   that were taken go, as they do when a column is given its type. The functions that PostgreSQL holds against that (15 does more than 18) are made again below. */
drop function press_private.tickets_of_request(integer, uuid, text, uuid);
drop function press_private.recorded_label(text, uuid);
drop function press_private.signed_envelopes(text, uuid[], text[]);
drop function press_private.edition_closed_leaf(press.editions);
drop function press_private.ticket_redeemed_leaf(press.tickets, text, text, timestamptz);
drop function press_private.ticket_revoked_leaf(press.tickets, text, text, text, timestamptz);
alter table press.holders alter column subject type text, alter column subject set statistics 0, alter column deactivation_reason set statistics 0;
alter table press.tickets alter column envelope type text, alter column envelope set statistics 0;
alter table press.attestations alter column facts set statistics 0;
alter table press_private.attestation_work alter column evidence set statistics 0;

-- Whether somebody has acted as an operator is asked while signing waits, so it must not read every ticket.
create index tickets_issued_by_idx on press.tickets (issued_by) where issued_by is not null;
create index redemptions_redeemed_by_idx on press.redemptions (redeemed_by) where redeemed_by <> 'holder';

--! include press_private/entry_refusal.sql
--! include press_private/ledger_label.sql
--! include press_private/tickets_of_request.sql
--! include press_private/recorded_label.sql
--! include press_private/ticket_redeemed_leaf.sql
--! include press_private/ticket_revoked_leaf.sql
--! include press_private/lock_edition.sql
--! include press_private/eligibility_problems.sql
--! include press_private/ineligibility.sql
--! include press_private/issue_facts.sql
--! include press_private/judge_issue_request.sql
--! include press_private/issue_batch.sql
--! include press_private/doubt_claims.sql
--! include press_private/return_holders.sql
--! include press_private/insert_holders.sql
--! include press_private/ensure_holders.sql
--! include press_private/hold_operators.sql
--! include press_private/readmit_holders.sql
--! include press_private/issue_for_actors.sql
--! include press/issue_ticket.sql
--! include press/issue_tickets.sql
--! include press/eligibility.sql
--! include press_private/eligibility_terms.sql
--! include press_private/edition_opened_leaf.sql
--! include press/create_edition.sql
--! include press_private/tg_editions__guard_terms.sql

--! include press_private/envelope_recipient.sql
--! include press_private/signed_envelopes.sql
--! include press_private/is_envelope_genuine.sql
--! include press_private/tickets_envelope_hash.sql
--! include press_private/ticket_issued_leaf.sql
--! include press_private/edition_closed_leaf.sql
--! include press_worker/tickets_to_sign.sql
--! include press_worker/attach_signatures.sql
--! include press_worker/editions_to_record.sql
--! include press_worker/record_closed_edition.sql
--! include press/verify_ticket.sql
--! include press_private/proof_problem.sql
--! include press_private/redeemed_under.sql
--! include press/redeem_ticket.sql
--! include press_private/lock_holder.sql
--! include press/deactivate_holder.sql
--! include press/reactivate_holder.sql
--! include press_private/is_recorded_operator.sql
--! include press_private/is_forgotten_operator.sql
--! include press_private/erase_envelopes.sql
--! include press_private/erase_evidence.sql
--! include press/erase_holder.sql
--! include press_private/tg__refuse_change.sql
--! include press_private/tg_tickets__guard_identity.sql
--! include press_private/tg_holders__guard_identity.sql
--! include press_private/tg_erased_holders__guard_return.sql

--! include press_private/sealed_columns.sql
--! include press_private/tg__seal_rows.sql
--! include press_private/told_tickets.sql
--! include press_private/recomputed_draws.sql
--! include press/draw_winner.sql
--! include press/replace_winner.sql
--! include press/start_press.sql
--! include press/revoke_ticket.sql
--! include press_gateway/issue_tickets.sql
--! include press_private/audit_checks.sql
--! include press_private/audit_tickets.sql
--! include press_private/audit_envelopes.sql
--! include press_private/audit_credentials.sql
--! include press_private/replayed_violations.sql
--! include press_private/audit_attestations.sql
--! include press_private/audit_holders.sql
--! include press_private/audit_replay.sql
--! include press_private/audit_signatures.sql
--! include press_private/audit_findings.sql
--! include press_private/expected_entries.sql

/* What is sealed of editions has changed: the rows that have a seal over the list before get one over the list of today; one that was changed beside the
   press has none, and stays without. */
set local timezone = 'UTC';
set local datestyle = 'ISO';
insert into press_private.row_seals (hash)
select press_private.row_seal('press.editions', row(e.id, e.slug, e.title, e.cap, e.per_holder_limit, e.draw_mode, e.status, e.opens_at, e.closes_at,
  e.created_at, e.opened_at, e.closed_at, e.draw_commitment, e.draw_delay_seconds, e.beacon_chain_hash, e.required_trust_level, e.required_kind)::text)
from press.editions e
where exists (
  select from press_private.row_seals s
  where s.hash = press_private.row_seal('press.editions', row(e.id, e.slug, e.title, e.cap, e.per_holder_limit, e.draw_mode, e.status, e.opens_at,
    e.closes_at, e.created_at, e.opened_at, e.closed_at, e.draw_commitment, e.draw_delay_seconds, e.beacon_chain_hash)::text));
set local timezone = default;
set local datestyle = default;

-- Of the rules that the press came with, and of the key.
select press_private.seal_rows('press.rule_sets');
select press_private.seal_rows('press_private.hashing_key');
