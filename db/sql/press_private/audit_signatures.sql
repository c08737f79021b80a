/* A thousand a second at best: what takes the time of an audit. */
create or replace function press_private.audit_signatures(ids uuid[] default null)
  returns setof press_private.audit_finding_record
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select 'the key of an envelope signed it', format('press.tickets (%s,%s)', t.edition_id, t.ticket_number),
    format('The key %s did not.', p.key_id)
  from press.tickets t
  cross join lateral press_private.envelope_parts(t.envelope) p
  left join press.signing_keys k on k.key_id = p.key_id and k.public_key collate "C" ~ '^[0-9a-f]{64}$'
  where (audit_signatures.ids is null or t.id = any (audit_signatures.ids)) and t.envelope is not null
    and not press.ed25519_verify(
      decode(k.public_key, 'hex'), convert_to(p.message, 'UTF8'),
      case when p.signature collate "C" ~ '^([0-9a-f]{2})*$' then decode(p.signature, 'hex') end);

  return query
  select 'the key of a credential, or of a status list, signed it', d.subject, 'The key that it names did not.'
  from (
    select format('press.credentials (%s)', c.id), c.document from press.credentials c where c.document is not null and audit_signatures.ids is null
    union all
    select format('press_private.status_lists (%s)', s.list), s.document from press_private.status_lists s where audit_signatures.ids is null
  ) d (subject, document)
  where not press_private.is_credential_genuine(d.document);
end
$$;
comment on function press_private.audit_signatures is 'The envelopes, credentials and status lists that the keys that they name did not sign; or the envelopes of the tickets with the ids.';
revoke all on function press_private.audit_signatures from public;
