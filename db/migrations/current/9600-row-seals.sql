/* The list of what is sealed of editions has changed. The rows that have a seal over the list before get one over the list of today; one that was
   changed beside the press has none, and stays without. */
set local timezone = 'UTC';
set local datestyle = 'ISO';
insert into press_private.row_seals (hash)
select press_private.row_seal('press.editions', row(e.id, e.slug, e.title, e.cap, e.per_holder_limit, e.draw_mode, e.status, e.opens_at, e.closes_at,
  e.created_at, e.opened_at, e.closed_at, e.draw_commitment, e.draw_delay_seconds, e.beacon_chain_hash)::text)
from press.editions e
where exists (
  select from press_private.row_seals s
  where s.hash = press_private.row_seal('press.editions', row(e.id, e.slug, e.title, e.cap, e.per_holder_limit, e.draw_mode, e.status, e.opens_at,
    e.closes_at, e.created_at, e.opened_at, e.closed_at)::text));
set local timezone = default;
set local datestyle = default;

-- Of the first chain.
select press_private.seal_rows('press.beacon_chains');
