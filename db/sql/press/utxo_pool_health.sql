/* All five states, also those that no coin is in: what is looked for is a number, and a missing row reads as nothing wrong. The rights are those of who asks. */
create or replace view press.utxo_pool_health with (security_invoker = true) as
select s.state, count(u.id) as utxo_count, coalesce(sum(u.satoshis), 0)::bigint as satoshis
from unnest(enum_range(null::press.utxo_state)) s (state)
left join press.utxos u on u.state = s.state
group by s.state;
comment on view press.utxo_pool_health is 'How many coins are in each state, and how many satoshis they have together.';
comment on column press.utxo_pool_health.state is 'What the coins are.';
comment on column press.utxo_pool_health.utxo_count is 'How many they are.';
comment on column press.utxo_pool_health.satoshis is 'What they have together.';
revoke all on press.utxo_pool_health from public, press_anonymous, press_holder, press_operator, press_worker, press_gateway, press_auditor;
grant select on press.utxo_pool_health to press_operator, press_auditor;
