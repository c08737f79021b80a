/* The guard: what the key has signed under this nonce before. The hash tells, since the text of a holder who was forgotten may be gone. */
create or replace function press_private.submitted_record(key_id uuid, nonce text)
  returns press.publications
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_publication  press.publications;
begin
  select p.* into v_publication from press.publications p where p.key_id = submitted_record.key_id and p.nonce = submitted_record.nonce;
  return v_publication;
end
$$;
comment on function press_private.submitted_record is 'The record of the key that has the nonce; nulls when none has. To be called under the key''s lock.';
revoke all on function press_private.submitted_record from public;
