/* Two spellings of one thing are one thing: a token is its bytes, and the hosting service does not tell letters by their case. Judged and never
   repaired: white space, padding or another alphabet is not of the form. */
create or replace function press_private.canonical_evidence(kind press.attestation_kind, evidence text)
  returns text
  language sql immutable
begin atomic
  select case canonical_evidence.kind
    when 'oidc' then (
      select string_agg(encode(decode(translate(p.part, '-_', '+/') || repeat('=', (4 - length(p.part) % 4) % 4), 'base64'), 'hex'), '.' order by p.index)
      from string_to_table(canonical_evidence.evidence, '.') with ordinality p (part, index)
      where length(canonical_evidence.evidence) <= 20000
        and canonical_evidence.evidence collate "C" ~ '^([A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{2,4}\.([A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{2,4}\.([A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{2,4}$')
    when 'repository' then
      case when canonical_evidence.evidence collate "C" ~ '^[A-Za-z0-9](-?[A-Za-z0-9])*/[A-Za-z0-9._-]{1,100}$'
            and length(split_part(canonical_evidence.evidence, '/', 1)) <= 39 and split_part(canonical_evidence.evidence, '/', 2) not in ('.', '..')
           then lower(canonical_evidence.evidence collate "C") end
  end;
end;
comment on function press_private.canonical_evidence is 'The evidence without its spelling: of a token the bytes of its three parts, in hex; of a repository OWNER/NAME in lower case. Null: it is not of the form.';
revoke all on function press_private.canonical_evidence from public;
