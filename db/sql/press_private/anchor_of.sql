/* The earliest that a block has, because the most stands on it; else the earliest that the nodes have. */
create or replace function press_private.anchor_of(place bigint)
  returns press.publications
  language plpgsql stable set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off as $$
declare
  v_anchor  press.publications;
begin
  select p.* into v_anchor
  from press.publications p join press.chain_transactions t on t.id = p.transaction_id
  where p.checkpoint_size > anchor_of.place and p.state = 'sent' and t.state = 'mined'
  order by p.checkpoint_size limit 1;
  if v_anchor.id is null then
    select p.* into v_anchor
    from press.publications p join press.chain_transactions t on t.id = p.transaction_id
    where p.checkpoint_size > anchor_of.place and p.state = 'sent' and t.state = 'accepted'
    order by p.checkpoint_size limit 1;
  end if;
  return v_anchor;
end
$$;
comment on function press_private.anchor_of is 'The publication of a checkpoint that covers the place and that the chain has; nulls when there is none yet.';
revoke all on function press_private.anchor_of from public;
