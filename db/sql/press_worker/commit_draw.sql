/* The first commitment stays: of two workers with different keys, one of them makes the draw. Locks: the edition. */
create or replace function press_worker.commit_draw(edition_id integer, commitment text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform press_private.require_running();
  if coalesce(commit_draw.commitment collate "C" !~ '^[0-9a-f]{64}$', true) then
    perform press_private.refuse('INVALID_INPUT', 'A commitment is 64 lower-case hex characters.');
  end if;
  if not exists (select from press.editions e where e.id = commit_draw.edition_id) then
    return false;
  end if;
  perform press_private.lock_edition(commit_draw.edition_id);
  perform press_private.require_running();

  update press.editions e set draw_commitment = commit_draw.commitment
  where e.id = commit_draw.edition_id and e.status = 'draft' and e.draw_mode::text = 'sealed' and e.draw_commitment is null;
  return found;
end
$$;
comment on function press_worker.commit_draw is 'Commits the sealed draw of a draft to a secret: commitment is SHA-256 of its 32 bytes, in lower-case hex. False: it has one, or is no such draft. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY.';
revoke all on function press_worker.commit_draw from public;
grant execute on function press_worker.commit_draw to press_worker;
