/* The cluster's roles: who may log in, and who may become whom. Run by db/install.ts before the migrations; may be run again at any time.
   It needs CREATEROLE and no more, so it works on managed servers. It sets no passwords: whoever installs does.
   What each role may do with each table and function is said in db/sql/access and at the foot of each function's file. */

do $$
declare
  v_role record;
begin
  for v_role in
    select * from (values
      ('press_owner',     'nologin',           'Golden Press: owns every object; nobody logs in as it.'),
      ('press_anonymous', 'nologin',           'Golden Press: a caller without a token.'),
      ('press_holder',    'nologin',           'Golden Press: a caller whose token names a subject.'),
      ('press_operator',  'nologin',           'Golden Press: a caller who runs editions; grant it to a login of your own to work at a psql prompt.'),
      ('press_gateway',   'login noinherit',   'Golden Press: the login of the gateway; may become anonymous, holder or operator.'),
      ('press_worker',    'login',             'Golden Press: the login of the worker; runs jobs and stores signatures.'),
      ('press_auditor',   'login',             'Golden Press: a login that reads everything and changes nothing.')
    ) as r (name, attributes, comment)
  loop
    if not exists (select from pg_catalog.pg_roles where rolname = v_role.name) then
      execute format('create role %I %s', v_role.name, v_role.attributes);
      execute format('comment on role %I is %L', v_role.name, v_role.comment);
    end if;
  end loop;
end
$$;

grant press_anonymous, press_holder, press_operator to press_gateway;

-- Whoever installs acts as the owner while migrations run.
grant press_owner to current_user;

-- A request that stalls must not keep what it holds: these are floors, the pools of gateway and worker set their own.
alter role press_gateway set idle_in_transaction_session_timeout = '10s';
alter role press_gateway set statement_timeout = '15s';
alter role press_worker set idle_in_transaction_session_timeout = '30s';
alter role press_auditor set default_transaction_read_only = on;
