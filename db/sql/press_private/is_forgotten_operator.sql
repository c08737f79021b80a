/* Nobody who is here by name has acted when they are forgotten, and acting makes known again: press_private.hold_operators. Rows that came from elsewhere, as when a part was
   restored, can say otherwise, and the name in them is what the person wanted forgotten. Names that an index has are read one by one, however many rows they have. */
create or replace function press_private.is_forgotten_operator(holder_id uuid)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
begin
  return exists (
    with recursive issuers (label) as (
      select min(t.issued_by) from press.tickets t where t.issued_by is not null
      union all
      select (select min(t.issued_by) from press.tickets t where t.issued_by > i.label) from issuers i where i.label is not null),
    redeemers (label) as (
      select min(r.redeemed_by) from press.redemptions r where r.redeemed_by <> 'holder'
      union all
      select (select min(n.redeemed_by) from press.redemptions n where n.redeemed_by <> 'holder' and n.redeemed_by > r.label) from redeemers r where r.label is not null)
    select from (
      select i.label from issuers i
      union select r.label from redeemers r
      union select r.revoked_by from press.revocations r
      union select r.requested_by from press_private.draw_requests r
      union select s.changed_by from press_private.press_state s
      union select r.requested_by from press_private.rule_set_requests r
      union select a.submitted_by from press.attestations a where a.submitted_by is not null
      union select c.revoked_by from press.credentials c where c.revoked_by is not null
      union select k.registered_by from press.publishing_keys k where k.registered_by is not null
      union select k.revoked_by from press.publishing_keys k where k.revoked_by is not null
      union select p.submitted_by from press.publications p where p.submitted_by is not null
      union select u.funded_by from press.utxos u where u.funded_by is not null
      union select u.released_by from press.utxos u where u.released_by is not null) o
    join press_private.erased_holders e on e.subject_hash = press_private.keyed_hash('subject', substr(o.label, 10))
    where starts_with(o.label, 'operator:') and e.holder_id = is_forgotten_operator.holder_id);
end
$$;
comment on function press_private.is_forgotten_operator is 'Whether any row says that this holder, who was forgotten, acted as an operator.';
revoke all on function press_private.is_forgotten_operator from public;
