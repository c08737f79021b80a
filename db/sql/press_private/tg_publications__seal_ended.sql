/* A publication goes through several states within a second, hundreds of them at once, and is sealed when it is sent or has failed. That is why this is no
   press_private.tg__seal_rows, which would seal each state; what the columns are press_private.sealed_columns says again, and test/audit holds the two together. */
create or replace function press_private.tg_publications__seal_ended()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp set timezone = 'UTC' set datestyle = 'ISO' as $$
begin
  insert into press_private.row_seals (hash)
  values (press_private.row_seal('press.publications', row(
    NEW.id, NEW.kind, NEW.state, NEW.key_id, NEW.holder_id, NEW.submitted_by, NEW.nonce, NEW.expires_at, NEW.payload_hash, NEW.payload is null,
    NEW.signature, NEW.checkpoint_size, NEW.transaction_id, NEW.output_index, NEW.error_code, NEW.error_detail, NEW.submitted_at, NEW.sent_at)::text));
  return null;
end
$$;
comment on function press_private.tg_publications__seal_ended is 'Makes the seal of a publication that was sent or has failed.';
revoke all on function press_private.tg_publications__seal_ended from public;

create or replace trigger _500_seal_ended after update on press.publications
  for each row when (NEW.state in ('sent', 'failed')) execute function press_private.tg_publications__seal_ended();
alter table press.publications enable always trigger _500_seal_ended;
