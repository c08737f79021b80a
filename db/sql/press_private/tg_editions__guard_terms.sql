/* Once an edition has opened, its terms are a promise. */
create or replace function press_private.tg_editions__guard_terms()
  returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if OLD.status <> 'draft'
     and (NEW.id, NEW.slug, NEW.title, NEW.cap, NEW.per_holder_limit, NEW.draw_mode, NEW.opens_at, NEW.closes_at, NEW.created_at, NEW.opened_at,
          NEW.draw_commitment, NEW.draw_delay_seconds, NEW.beacon_chain_hash, NEW.required_trust_level, NEW.required_kind)
       is distinct from
         (OLD.id, OLD.slug, OLD.title, OLD.cap, OLD.per_holder_limit, OLD.draw_mode, OLD.opens_at, OLD.closes_at, OLD.created_at, OLD.opened_at,
          OLD.draw_commitment, OLD.draw_delay_seconds, OLD.beacon_chain_hash, OLD.required_trust_level, OLD.required_kind) then
    perform press_private.refuse('NOT_ALLOWED', 'The terms of an edition never change once it has opened.');
  end if;

  if NEW.status <> OLD.status and (OLD.status, NEW.status) not in (('draft', 'open'), ('open', 'closed'), ('closed', 'drawn')) then
    perform press_private.refuse('NOT_ALLOWED', 'An edition goes from draft to open to closed to drawn, never back.');
  end if;

  return NEW;
end
$$;
comment on function press_private.tg_editions__guard_terms is 'Refuses a change of terms after opening, and a status that goes back. Refuses: NOT_ALLOWED.';
revoke all on function press_private.tg_editions__guard_terms from public;

create or replace trigger _200_guard_terms before update on press.editions
  for each row execute function press_private.tg_editions__guard_terms();
alter table press.editions enable always trigger _200_guard_terms;
