/* What holds for every table of ours. */
select plan(32);
create temp view ours as
select c.oid, c.relname, n.nspname, c.relrowsecurity, c.relforcerowsecurity, c.relowner
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('press', 'press_hidden', 'press_gateway', 'press_worker', 'press_private') and c.relkind in ('r', 'p');

select set_eq('select relname from ours', array['editions', 'holders', 'tickets', 'revocations', 'signing_keys', 'signing_claims', 'ed25519_combs', 'ed25519_comb_points',
  'redemptions', 'ledger_entries', 'ledger_inbox', 'ledger_nodes', 'ledger_head', 'ledger_adoptions', 'checkpoints', 'press_state', 'closings_to_record', 'event_stream', 'row_seals',
  'draws', 'draw_requests', 'beacon_chains', 'beacon_rounds', 'attestations', 'attestation_work', 'attestation_nonces', 'address_checks', 'hashing_key', 'rule_sets', 'rule_set_requests',
  'credentials', 'credential_payloads', 'status_lists', 'erased_holders', 'erased_envelopes',
  'chain_transactions', 'utxos', 'chain_inputs', 'chain_outputs', 'chain_tip', 'publishing_keys', 'publications', 'changed_rows', 'looked_rows', 'last_look', 'violations'], 'these tables, and no others');
select is_empty($$select relname from ours where relowner <> 'press_owner'::regrole$$, 'every table belongs to press_owner');
select is_empty($$select relname from ours where nspname = 'press' and not (relrowsecurity and relforcerowsecurity)$$, 'every table of press has row-level security, forced');
select is_empty($$select relname from ours where obj_description(oid, 'pg_class') is null$$, 'every table has a comment');
select is_empty($$select o.relname || '.' || a.attname from ours o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped where a.atttypid in ('timestamp'::regtype, 'timetz'::regtype, 'json'::regtype, 'varchar'::regtype, 'money'::regtype)$$,
  'no column has a type that loses something: timestamp without zone, varchar, money');
select is_empty($$select o.relname from ours o where nspname = 'press_private' and (has_table_privilege('press_anonymous', oid, 'select') or has_table_privilege('press_holder', oid, 'select') or has_table_privilege('press_operator', oid, 'select'))$$,
  'private tables are no client''s');

select is_empty($$
  select i.indexrelid::regclass from pg_index i join ours o on o.oid = i.indrelid
  join pg_attribute e on e.attrelid = o.oid and e.attname = 'edition_id'
  where i.indisunique and e.attnum <> all (i.indkey) and i.indexrelid <> all ('{press.tickets_pkey, press.redemptions_request_key}'::regclass[]) and o.relname not in ('ledger_entries', 'ledger_inbox')$$,
  'every unique key of an edition''s tables contains edition_id, tickets_pkey and redemptions_request_key excepted; the ledger is one for all editions');
select is_empty($$
  select k.conname from pg_constraint k join ours o on o.oid = k.conrelid
  join pg_attribute e on e.attrelid = o.oid and e.attname = 'edition_id'
  where k.contype = 'f' and e.attnum <> all (k.conkey)$$,
  'every foreign key of an edition''s tables contains edition_id');
select is_empty($$
  select t.tgrelid::regclass || '.' || t.tgname from pg_trigger t join ours o on o.oid = t.tgrelid
  where not t.tgisinternal and (t.tgenabled <> 'A' or t.tgname !~ '^_[1-9]00_[a-z_]+$')$$,
  'every trigger fires always, and is named _NNN_task for its turn');
select is_empty($$
  select o.relname || '.' || k.conname from pg_constraint k join ours o on o.oid = k.conrelid where not k.convalidated$$,
  'every constraint is validated');

select is_empty($$
  select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname ~ '^press(_|$)' and (c.relkind = 'm' or (c.relkind = 'v' and not coalesce('security_invoker=true' = any (c.reloptions), false)))$$,
  'every view reads as its caller, so that row-level security holds in it too');

select policies_are('press', 'editions', array['owner_all', 'select_opened', 'select_all']);
select policies_are('press', 'holders', array['owner_all', 'select_own', 'select_all']);
select policies_are('press', 'tickets', array['owner_all', 'select_own', 'select_all']);
select policies_are('press', 'revocations', array['owner_all', 'select_own', 'select_all']);
select policies_are('press', 'redemptions', array['owner_all', 'select_own', 'select_all']);
select policies_are('press', 'ledger_entries', array['owner_all', 'select_all']);
select policies_are('press', 'checkpoints', array['owner_all', 'select_all']);
select policies_are('press', 'signing_keys', array['owner_all', 'select_all']);
select policies_are('press', 'draws', array['owner_all', 'select_all']);
select policies_are('press', 'beacon_chains', array['owner_all', 'select_all']);
select policies_are('press', 'beacon_rounds', array['owner_all', 'select_all']);
select policies_are('press', 'attestations', array['owner_all', 'select_own', 'select_all']);
select policies_are('press', 'credentials', array['owner_all', 'select_own', 'select_all']);
select policies_are('press', 'rule_sets', array['owner_all', 'select_all']);
select policies_are('press', 'publishing_keys', array['owner_all', 'select_own', 'select_all']);
select policies_are('press', 'publications', array['owner_all', 'select_own', 'select_checkpoints', 'select_all']);
select is_empty($$select o.relname || '.' || a.attname from ours o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped where o.relname in ('publications', 'publishing_keys') and a.attname <> 'id' and col_description(o.oid, a.attnum) is null$$,
  'every column of records and their keys has a comment');
select policies_are('press', 'chain_transactions', array['owner_all', 'select_checkpoints', 'select_all']);
select policies_are('press', 'utxos', array['owner_all', 'select_all']);
select is_empty($$select o.relname || '.' || a.attname from ours o join pg_attribute a on a.attrelid = o.oid and a.attnum > 0 and not a.attisdropped where o.relname in ('chain_transactions', 'utxos') and a.attname <> 'id' and col_description(o.oid, a.attnum) is null$$,
  'every column of coins and transactions has a comment');
select is_empty($$select polrelid::regclass || '.' || polname from pg_policy where coalesce(pg_get_expr(polqual, polrelid), '') ~ 'press_hidden\.' and pg_get_expr(polqual, polrelid) !~ 'SELECT press_hidden\.'$$,
  'policies call helpers as (select …), once a query');
select * from finish();
