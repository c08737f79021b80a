/* What an edition demands of its holders, people who are forgotten and return, and an audit of all that. */
drop function press.create_edition(text, text, integer, integer, press.draw_mode, timestamptz, timestamptz, integer, text);

alter table press_private.signing_claims add column is_doubtful boolean not null default false;
comment on column press_private.signing_claims.is_doubtful is 'Whether the recipient has changed since a worker was given the payload: a signature is verified then before it is stored.';

--! include press_private/eligibility_problems.sql
--! include press_private/ineligibility.sql
--! include press_private/issue_facts.sql
--! include press_private/judge_issue_request.sql
--! include press_private/issue_batch.sql
--! include press_private/doubt_claims.sql
--! include press_private/return_holders.sql
--! include press_private/ensure_holders.sql
--! include press_private/issue_for_actors.sql
--! include press/issue_ticket.sql
--! include press/issue_tickets.sql
--! include press/eligibility.sql
--! include press_private/eligibility_terms.sql
--! include press_private/edition_opened_leaf.sql
--! include press/create_edition.sql
--! include press_private/tg_editions__guard_terms.sql
