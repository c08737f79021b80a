/* Who may do what: the whole declared matrix, held against the catalogue. A right that is not written here is a failure, and so is one that is missing.
   What is declared here (each view declared_…) test/rights tries out, cell by cell: for every relation, column, function and schema that there is, as everybody.
   Whatever nothing is said of, nobody may. */
select plan(14);
create temp view roles as select unnest(array['press_anonymous', 'press_holder', 'press_operator', 'press_gateway', 'press_worker', 'press_auditor']) as role;
create temp view schemas as select oid, nspname from pg_namespace where nspname in ('press', 'press_hidden', 'press_gateway', 'press_worker', 'press_private');

-- Only what was granted to the role itself counts: press_gateway is NOINHERIT, the other roles are members of nothing.
create temp view table_rights as
select g.grantee::regrole::text as role, c.relname::text as object, string_agg(lower(g.privilege_type), ',' order by g.privilege_type) as rights
from pg_class c join schemas s on s.oid = c.relnamespace, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g
where c.relkind in ('r', 'v', 'm', 'S') and g.grantee <> 'press_owner'::text::regrole group by 1, 2;
create temp view declared_table_rights as
  select r as role, o as object, 'select' as rights from (values
    ('press_anonymous', array['editions', 'draws', 'beacon_chains', 'beacon_rounds', 'signing_keys', 'ledger_entries', 'checkpoints', 'rule_sets', 'chain_transactions', 'publications']),
    ('press_holder',    array['editions', 'draws', 'beacon_chains', 'beacon_rounds', 'signing_keys', 'ledger_entries', 'checkpoints', 'rule_sets', 'holders', 'tickets', 'revocations', 'redemptions', 'attestations', 'credentials', 'chain_transactions', 'publications', 'publishing_keys']),
    ('press_operator',  array['editions', 'draws', 'beacon_chains', 'beacon_rounds', 'signing_keys', 'ledger_entries', 'checkpoints', 'rule_sets', 'holders', 'tickets', 'revocations', 'redemptions', 'attestations', 'credentials', 'chain_transactions', 'publications', 'publishing_keys', 'utxos', 'utxo_pool_health']),
    ('press_auditor',   array['editions', 'draws', 'beacon_chains', 'beacon_rounds', 'signing_keys', 'ledger_entries', 'checkpoints', 'rule_sets', 'holders', 'tickets', 'revocations', 'redemptions', 'attestations', 'credentials',
                              'signing_claims', 'ed25519_combs', 'ed25519_comb_points', 'ledger_inbox', 'ledger_nodes', 'ledger_head',
                              'ledger_adoptions', 'press_state', 'closings_to_record', 'draw_requests', 'rule_set_requests', 'event_stream', 'row_seals',
                              'credential_payloads', 'status_lists', 'erased_holders', 'erased_envelopes', 'changed_rows', 'looked_rows', 'last_look', 'violations',
                              'chain_transactions', 'publications', 'publishing_keys', 'utxos', 'utxo_pool_health', 'chain_inputs', 'chain_outputs', 'chain_tip'])) m (r, objects), unnest(objects) o;
select bag_eq('select * from table_rights', 'select * from declared_table_rights',
  'tables: these roles read these; nobody writes');

-- Of the tables with row-level security: which rows. me: the caller's own row of press.holders.
create temp view declared_row_rights as
  select r as role, o as object, c as condition from (values
    (array['press_anonymous', 'press_holder'], array['draws', 'beacon_chains', 'beacon_rounds', 'signing_keys', 'ledger_entries', 'checkpoints', 'rule_sets'], 'true'),
    (array['press_anonymous', 'press_holder'], array['editions'],           'status <> ''draft'''),
    (array['press_anonymous', 'press_holder'], array['chain_transactions'], 'has_checkpoint and accepted_at is not null'),
    (array['press_anonymous'],                 array['publications'],       'kind = ''checkpoint'''),
    (array['press_holder'],                    array['publications'],       'kind = ''checkpoint'' or holder_id = me.id'),
    (array['press_holder'],                    array['holders'],            'id = me.id'),
    (array['press_holder'],                    array['tickets', 'redemptions', 'attestations', 'credentials', 'publishing_keys'], 'holder_id = me.id'),
    (array['press_holder'],                    array['revocations'],        '(edition_id, ticket_number) in (select t.edition_id, t.ticket_number from press.tickets t where t.holder_id = me.id)'),
    (array['press_operator', 'press_auditor'], array['draws', 'beacon_chains', 'beacon_rounds', 'signing_keys', 'ledger_entries', 'checkpoints', 'rule_sets', 'editions', 'chain_transactions',
                                                     'publications', 'holders', 'tickets', 'redemptions', 'attestations', 'credentials', 'publishing_keys', 'revocations', 'utxos'], 'true'))
    m (roles, objects, c), unnest(roles) r, unnest(objects) o;
select bag_eq('select role, object from declared_row_rights', $$
  select t.role, t.object from table_rights t join pg_class c on c.relname = t.object and c.relrowsecurity$$,
  'rows: of every table with row-level security, and of everybody who reads it, it is declared which');

create temp view function_rights as
select case when g.grantee = 0 then 'public' else g.grantee::regrole::text end as role, s.nspname || '.' || p.proname as object
from pg_proc p join schemas s on s.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
where g.grantee <> 'press_owner'::text::regrole;
create temp view declared_function_rights as
  select r as role, o as object from (values
    (array['press_anonymous', 'press_holder', 'press_operator'],
     array['press.issue_ticket', 'press.issue_tickets', 'press.request_outcome', 'press.create_edition', 'press.open_edition', 'press.close_edition',
           'press.revoke_ticket', 'press.revoke_signing_key', 'press.redeem_ticket', 'press.start_press', 'press.current_holder', 'press.draw_winner', 'press.replace_winner', 'press.void_draw',
           'press.sales_over_time', 'press.eligibility', 'press.deactivate_holder', 'press.reactivate_holder', 'press.erase_holder',
           'press.begin_attestation', 'press.submit_attestation', 'press.revoke_credential', 'press.set_rules',
           'press.key_registration_text', 'press.register_public_key', 'press.revoke_public_key', 'press.set_publishing_quota', 'press.submit_record',
           'press.fund_pool', 'press.release_utxo']),
    (array['press_anonymous', 'press_holder', 'press_operator', 'press_auditor'],
     array['press.editions_remaining_count', 'press.editions_is_open', 'press.ed25519_verify', 'press.press_stop_reason',
           'press.verify_ticket', 'press.timechain_proof', 'press.tickets_timechain_proof', 'press.tickets_ledger_place',
           'press.anchored_proof', 'press.publications_txid', 'press.publications_confirmations',
           'press.audit', 'press.invariants', 'press.recompute_draw', 'press.anti_gaming_violations', 'press.replay_decision',
           'press.ledger_inclusion_proof', 'press.ledger_consistency_proof', 'press_hidden.current_actor', 'press_hidden.current_holder_id']),
    (array['press_gateway', 'press_worker', 'press_operator', 'press_auditor'],
     array['press_hidden.schema_version']),
    (array['press_gateway'],
     array['press_gateway.issue_tickets', 'press_gateway.request_signing', 'press_gateway.read_envelopes', 'press_gateway.ledger_checkpoint',
           'press_gateway.ledger_tile', 'press_gateway.ledger_entries', 'press_gateway.ledger_proof', 'press_gateway.changed_editions',
           'press_gateway.changed_tickets', 'press_gateway.press_metrics', 'press_gateway.status_list',
           'press_gateway.changed_publications']),
    (array['press_worker'],
     array['press_worker.register_signing_key', 'press_worker.retire_signing_key', 'press_worker.tickets_to_sign', 'press_worker.attach_signatures',
           'press_worker.due_editions', 'press_worker.close_due_edition', 'press_worker.editions_to_record', 'press_worker.record_closed_edition', 'press_worker.integrate_ledger',
           'press_worker.ledger_root', 'press_worker.consistency_path', 'press_worker.latest_checkpoint', 'press_worker.checkpoint_to_sign', 'press_worker.publish_checkpoint',
           'press_worker.stop_press', 'press_worker.adopt_ledger', 'press_worker.ledger_events', 'press_worker.hold_event_stream', 'press_worker.note_event_stream',
           'press_worker.release_event_stream', 'press_worker.event_stream',
           'press_worker.drafts_to_commit', 'press_worker.commit_draw', 'press_worker.draws_to_make', 'press_worker.rounds_to_fetch', 'press_worker.archive_beacon_round', 'press_worker.record_draw',
           'press_worker.attestations_to_verify', 'press_worker.postpone_attestation', 'press_worker.verify_attestation', 'press_worker.forget_addresses', 'press_worker.reject_unchecked',
           'press_worker.credentials_to_sign', 'press_worker.attach_credential_signatures', 'press_worker.status_lists_to_make', 'press_worker.publish_status_list',
           'press_worker.keys_to_verify', 'press_worker.note_verified_key', 'press_worker.anchor_checkpoint',
           'press_worker.publications_to_send', 'press_worker.fail_publications', 'press_worker.store_transactions', 'press_worker.split_to_make', 'press_worker.transactions_to_send',
           'press_worker.record_outcomes', 'press_worker.transactions_to_look_at', 'press_worker.record_sightings', 'press_worker.record_tip', 'press_worker.release_expired', 'press_worker.pool_shortage', 'press_worker.watch_invariants', 'press_worker.await_standbys'])) m (roles, objects), unnest(roles) r, unnest(objects) o;
select bag_eq('select * from function_rights', 'select * from declared_function_rights',
  'functions: these roles call these; the public functions refuse by themselves, so everybody may call them');

-- Of the functions that everybody calls, because they refuse by themselves: whom each serves. Everybody else is told NOT_SIGNED_IN or NOT_ALLOWED.
create temp view declared_callers as
  select o as function, c as callers from (values
    ('operators', array['create_edition', 'open_edition', 'close_edition', 'revoke_ticket', 'revoke_signing_key', 'start_press', 'draw_winner', 'replace_winner', 'void_draw', 'sales_over_time',
                        'deactivate_holder', 'reactivate_holder', 'erase_holder', 'revoke_credential', 'set_rules', 'set_publishing_quota', 'fund_pool', 'release_utxo',
                        'audit', 'invariants']),
    ('signed in', array['issue_ticket', 'issue_tickets', 'request_outcome', 'redeem_ticket', 'eligibility', 'begin_attestation', 'submit_attestation', 'replay_decision',
                        'key_registration_text', 'register_public_key', 'revoke_public_key', 'submit_record']),
    ('everybody', array['current_holder', 'editions_remaining_count', 'editions_is_open', 'ed25519_verify', 'press_stop_reason', 'verify_ticket', 'timechain_proof', 'tickets_timechain_proof',
                        'tickets_ledger_place', 'anchored_proof', 'publications_txid', 'publications_confirmations', 'recompute_draw', 'anti_gaming_violations',
                        'ledger_inclusion_proof', 'ledger_consistency_proof'])) m (c, objects), unnest(objects) o;
select bag_eq('select function from declared_callers', $$
  select p.proname from pg_proc p where p.pronamespace = 'press'::regnamespace$$,
  'functions: of each that people call it is declared whom it serves');

create temp view schema_rights as
select g.grantee::regrole::text as role, n.nspname::text as object, string_agg(lower(g.privilege_type), ',') as rights
from pg_namespace n join schemas s using (oid), aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g
where g.grantee <> 'press_owner'::text::regrole group by 1, 2;
create temp view declared_schema_rights as
  select r as role, o as object, 'usage' as rights from (values
    ('press_anonymous', array['press', 'press_hidden']), ('press_holder', array['press', 'press_hidden']), ('press_operator', array['press', 'press_hidden']),
    ('press_auditor', array['press', 'press_hidden', 'press_private']), ('press_gateway', array['press_gateway', 'press_hidden']), ('press_worker', array['press_worker', 'press_hidden'])) m (r, objects), unnest(objects) o;
select bag_eq('select * from schema_rights', 'select * from declared_schema_rights',
  'schemas: nobody makes objects in them');

create temp view declared_memberships (member, role) as
  values ('press_gateway', 'press_anonymous'), ('press_gateway', 'press_holder'), ('press_gateway', 'press_operator');
select bag_eq($$
  select m.member::regrole::text, m.roleid::regrole::text from pg_auth_members m
  where m.member::regrole::text in (select role from roles union select 'press_owner')$$, 'select * from declared_memberships',
  'memberships: the gateway may become three roles, nobody else becomes anybody');
select bag_eq($$
  select rolname::text, rolcanlogin, rolinherit, rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls from pg_roles where rolname like 'press\_%' and rolname in (select role from roles union select 'press_owner')$$, $$
  values ('press_owner', false, true, false), ('press_anonymous', false, true, false), ('press_holder', false, true, false), ('press_operator', false, true, false),
         ('press_gateway', true, false, false), ('press_worker', true, true, false), ('press_auditor', true, true, false)$$,
  'roles: three log in, and none has an attribute of power');
select is_empty($$
  select d.defaclrole from pg_default_acl d, aclexplode(d.defaclacl) g where d.defaclrole = 'press_owner'::text::regrole and d.defaclobjtype = 'f' and g.grantee = 0$$,
  'a function made tomorrow is not PUBLIC''s either');
-- A function of the owner, or an installer, that touches what a login owns would run that login's code with its own rights.
select is_empty($$
  select d.classid::regclass, d.objid from pg_shdepend d join pg_roles r on r.oid = d.refobjid
  where d.dbid = (select oid from pg_database where datname = current_database()) and d.deptype = 'o' and d.refclassid = 'pg_authid'::regclass
    and (r.rolname in ('press_gateway', 'press_worker', 'press_auditor', 'press_anonymous', 'press_holder', 'press_operator'))$$,
  'no login and no client role owns anything, the job tables included');
create temp view declared_job_rights (role, relkind, rights) as
  values ('press_worker', 'r', 'select,insert,update,delete'), ('press_worker', 'v', 'select,insert,update,delete'), ('press_worker', 'S', 'usage,select');
select is_empty($$
  select c.oid::regclass, g.privilege_type from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'graphile_worker', aclexplode(c.relacl) g
  where g.grantee <> 'press_owner'::text::regrole
    and not exists (select from declared_job_rights d where d.role = g.grantee::regrole::text and d.relkind::"char" = c.relkind and lower(g.privilege_type) = any (string_to_array(d.rights, ',')))$$,
  'the worker reads and writes jobs, and makes no triggers on them; nobody else does anything');
select bag_eq($$
  select rolname::text, setting from pg_db_role_setting s join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) setting
  where s.setdatabase = 0 and rolname like 'press\_%' and rolname in (select role from roles)$$, $$
  values ('press_auditor', 'default_transaction_read_only=on'), ('press_gateway', 'idle_in_transaction_session_timeout=10s'),
         ('press_gateway', 'statement_timeout=15s'), ('press_worker', 'idle_in_transaction_session_timeout=30s')$$,
  'logins that stall are ended, and the auditor writes nothing');
/* What PostgreSQL lets everybody do unless told, and what it lets nobody: tried by test/rights as everybody. roles: who may; public: everybody may, because PostgreSQL has no right that
   could be taken. of_own_database: only where the press has the database to itself; in one that is shared everybody may. */
create temp view declared_powers (power, statement, roles, of_own_database) as values
  ('make a temporary table',             'create temp table probed ()', '{}'::text[], true),
  ('make a large object',                'select lo_create(0)', '{}', true),
  ('make a large object of bytes',       'select lo_from_bytea(0, ''x'')', '{}', true),
  ('make a large object by number',      'select lo_creat(-1)', '{}', true),
  ('make a large object of a file',      'select lo_import(''/etc/passwd'')', '{}', false),
  ('make a schema',                      'create schema probed', '{}', false),
  ('make an extension',                  'create extension lo', '{}', false),
  ('make a language',                    'create trusted language probed handler plpgsql_call_handler', '{}', false),
  ('make a database',                    'create database probed template template0', '{}', false),
  ('make a role',                        'create role probed', '{}', false),
  ('make a publication of all tables',   'create publication probed for all tables', '{}', false),
  ('make a publication',                 'create publication probed', '{}', false),
  ('make an event trigger',              'create event trigger probed on ddl_command_start execute function suppress_redundant_updates_trigger()', '{}', false),
  ('make a foreign data wrapper',        'create foreign data wrapper probed', '{}', false),
  ('make a tablespace',                  'create tablespace probed location ''/nowhere''', '{}', false),
  ('make a base type',                   'create type pg_temp.probed (input = int4in, output = int4out)', '{}', false),
  ('make a cast',                        'create cast (integer as press.edition_status) without function', '{}', false),
  ('make an access method',              'create access method probed type table handler heap_tableam_handler', '{}', false),
  ('change the server''s settings',      'alter system set work_mem = ''8MB''', '{}', false),
  ('change the database''s settings',    'do $do$ begin execute format(''alter database %I set work_mem = ''''8MB'''''', current_database()); end $do$', '{}', false),
  ('read a file',                        'select pg_read_file(''PG_VERSION'')', '{}', false),
  ('list files',                         'select pg_ls_dir(''.'')', '{}', false),
  ('load a file',                        'create temp table probed (a text); copy probed from ''/etc/passwd''', '{}', false),
  ('write a file',                       'copy (select 1) to ''/tmp/probed''', '{}', false),
  ('run a program',                      'copy (select 1) to program ''true''', '{}', false),
  ('load a library',                     'load ''auto_explain''', '{}', false),
  ('switch triggers off',                'set session_replication_role = replica', '{}', false),
  ('log nothing',                        'set log_statement = none', '{}', false),
  ('read passwords',                     'select rolpassword from pg_authid', '{}', false),
  ('read what the planner knows',        'select stavalues1 from pg_statistic', '{}', false),
  ('read subscriptions'' passwords',     'select subconninfo from pg_subscription', '{}', false),
  ('write the catalogue',                'update pg_proc set prosecdef = false where false', '{}', false),
  ('reload the settings',                'select pg_reload_conf()', '{}', false),
  ('switch the log',                     'select pg_switch_wal()', '{}', false),
  ('make a restore point',               'select pg_create_restore_point(''probed'')', '{}', false),
  ('make a replication slot',            'select pg_create_logical_replication_slot(''probed'', ''pgoutput'')', '{}', false),
  ('forget statistics',                  'select pg_stat_reset()', '{}', false),
  ('become a superuser''s session',      'set session authorization :superuser', '{}', false),
  ('become a superuser',                 'set role :superuser', '{}', false),
  ('become the owner',                   'set role press_owner', '{}', false),
  ('give itself the owner',              'grant press_owner to current_user', '{}', false),
  ('end the session of a superuser',     'select pg_terminate_backend(:superuser_pid)', '{}', false),
  ('stop a statement of a superuser',    'select pg_cancel_backend(:superuser_pid)', '{}', false),
  -- Nothing rests on these: payloads are empty, a notification is a hint, and whoever waits too long is ended by the pool that asks.
  ('listen',                             'listen press_signed', '{public}', false),
  ('notify',                             'notify press_signed, ''probed''', '{public}', false),
  ('wait as long as it likes',           'set statement_timeout = 0', '{public}', false),
  ('run an anonymous block',             'do $do$ begin null; end $do$', '{public}', false),
  ('use our types',                      'select null::press.edition_status', '{press_anonymous,press_holder,press_operator,press_auditor}', false);
select is_empty($$
  select a.attrelid::regclass, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid join schemas s on s.oid = c.relnamespace where a.attacl is not null$$,
  'columns: no right is given by column');
select is_empty($$
  select object from (
    select c.relname, g.is_grantable from pg_class c join schemas s on s.oid = c.relnamespace, aclexplode(c.relacl) g where g.grantee <> c.relowner
    union all select p.proname, g.is_grantable from pg_proc p join schemas s on s.oid = p.pronamespace, aclexplode(p.proacl) g where g.grantee <> p.proowner
    union all select n.nspname, g.is_grantable from pg_namespace n join schemas s using (oid), aclexplode(n.nspacl) g where g.grantee <> n.nspowner) a (object, is_grantable)
  where is_grantable$$,
  'nobody gives away what they may');
select is_empty($$select power from declared_powers group by power having count(*) > 1$$, 'powers: each is declared once');
select * from finish();
