/* Prepares an edition. Everything is checked here by name, so that no constraint has to speak to people. */
create or replace function press.create_edition(
    slug text, title text, cap integer, per_holder_limit integer default null, draw_mode press.draw_mode default 'none',
    opens_at timestamptz default null, closes_at timestamptz default null,
    draw_delay_seconds integer default null, beacon_chain_hash text default null,
    required_trust_level integer default null, required_kind press.attestation_kind default null)
  returns press.editions
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_draw_mode  press.draw_mode := coalesce(create_edition.draw_mode, 'none');
  v_is_beacon  boolean := v_draw_mode::text = 'beacon';
  v_edition    press.editions;
begin
  perform press_private.require_running();
  perform press_private.require_operator();
  perform press_private.refuse('INVALID_INPUT', p.problem)
  from coalesce(
    press_private.edition_problem(
      create_edition.slug, create_edition.title, create_edition.cap, create_edition.per_holder_limit,
      create_edition.opens_at, create_edition.closes_at),
    press_private.draw_terms_problem(
      v_draw_mode::text, create_edition.closes_at, create_edition.draw_delay_seconds, create_edition.beacon_chain_hash),
    (select format('Trust levels are 0 for everybody, and %s: nobody would ever have another.', string_agg(format('%s by %s', l.level, l.kind), ', ' order by l.level, l.kind))
     from (select press_private.trust_level_of(k) as level, k as kind from unnest(enum_range(null::press.attestation_kind)) k) l
     having create_edition.required_trust_level <> 0 and bool_and(l.level <> create_edition.required_trust_level))) p (problem)
  where p.problem is not null;

  insert into press.editions (
    slug, title, cap, per_holder_limit, draw_mode, opens_at, closes_at, draw_delay_seconds, beacon_chain_hash,
    required_trust_level, required_kind)
  values (
    create_edition.slug, create_edition.title, create_edition.cap, coalesce(create_edition.per_holder_limit, create_edition.cap),
    v_draw_mode, create_edition.opens_at, create_edition.closes_at,
    coalesce(create_edition.draw_delay_seconds, case when v_is_beacon then 60 end),
    -- drand's quicknet, which the migration brought.
    coalesce(create_edition.beacon_chain_hash, case when v_is_beacon then '52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971' end),
    coalesce(create_edition.required_trust_level, 0), create_edition.required_kind)
  on conflict on constraint editions_slug_key do nothing
  returning * into v_edition;

  if v_edition.id is null then
    perform press_private.refuse('INVALID_INPUT', 'There is an edition of this slug already.');
  end if;
  return v_edition;
exception
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press.create_edition is 'Prepares an edition as a draft. cap: how many tickets there can ever be; per_holder_limit: how many one holder can have (null: no limit but the cap); draw_mode: how its winner is chosen; opens_at, closes_at: the window in which it issues, once opened (null: no bound; a draw by beacon needs closes_at). Of a draw by beacon alone: draw_delay_seconds, how long after the closing is recorded its round is due, at least (1 to 604800; null: 60); beacon_chain_hash, which chain (null: drand''s quicknet). What it demands of a holder: required_trust_level, 0, or one that a credential gives, 1 or 2 (null: 0, nothing); required_kind, the kind of attestation that a credential of theirs was minted from (null: none in particular). Refuses: PRESS_STOPPED, NOT_SIGNED_IN, NOT_ALLOWED, INVALID_INPUT, RETRY.';
revoke all on function press.create_edition from public;
grant execute on function press.create_edition to press_anonymous, press_holder, press_operator;
