/* What holds for every function of ours, read from the catalogue: db/CONVENTIONS.md names these laws. */
select plan(18);
create temp view ours as
select p.oid, p.pronamespace, p.proname, n.nspname || '.' || p.proname as name, p.prosrc, p.prosecdef, p.proconfig, p.proacl, p.proowner, p.proisstrict,
       l.lanname, coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), '') as source
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
where n.nspname in ('press', 'press_hidden', 'press_gateway', 'press_worker', 'press_private');

select cmp_ok((select count(*) from ours), '>', 30::bigint, 'there are functions to judge');
select is_empty($$select name from ours where not coalesce('search_path=pg_catalog, pg_temp' = any (proconfig), false) and not (lanname = 'sql' and prosrc = '' and not prosecdef)$$,
  'every function pins search_path to pg_catalog, pg_temp; only invoker SQL functions with parsed bodies need not');
select is_empty($$select name from ours where lanname not in ('plpgsql', 'sql')$$, 'every function is PL/pgSQL or SQL');
select is_empty($$select name from ours where lanname = 'sql' and prosrc <> ''$$, 'every SQL function has a body that is parsed when it is made (begin atomic)');
select is_empty($$select name from ours where has_function_privilege('public', oid, 'execute')$$, 'PUBLIC executes nothing');
select is_empty($$select name from ours group by name having count(*) > 1$$, 'no function is overloaded: PostGraphile would drop both');
select is_empty($$select name from ours where obj_description(oid, 'pg_proc') is null$$, 'every function has a comment');
select is_empty($$select name from ours where array_length(string_to_array(source, E'\n'), 1) > 70$$, 'no function has more than 70 lines');
select is_empty($$select name from ours where proisstrict$$, 'no function is STRICT: a null argument gets a refusal, not a null');
select is_empty($$select name from ours where proowner <> 'press_owner'::regrole$$, 'every function belongs to press_owner');
select is((select string_agg(name, ', ') from ours where source ~ 'pg_(try_)?advisory'), 'press_private.lock_edition', 'one function takes an advisory lock');
select is_empty($$select name from ours where source ~ 'advisory_xact_lock|for ((no key )?update|(key )?share)' and source !~ 'skip locked' and not coalesce('lock_timeout=5s' = any (proconfig), false)$$,
  'whoever waits for a lock waits five seconds at most');
select is_empty($$select name from ours where 'enable_seqscan=off' = any (proconfig) and not 'jit=off' = any (proconfig)$$,
  'whoever plans without sequential scans compiles nothing: before PostgreSQL 18 the scan of a table of one row costs ten thousand million then, and is compiled at every call');
select is_empty($$select name from ours where prosecdef and name !~ '^press(_hidden|_gateway|_worker)?\.'$$, 'only front doors and helpers of policies are SECURITY DEFINER');
select is_empty($$select name from ours where name ~ '^press(_gateway|_worker)\.' and not prosecdef$$, 'what gateway and worker call runs as the owner');
select is_empty($$
  select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prosecdef and n.nspname !~ '^pg_' and p.oid not in (select oid from ours)$$,
  'nothing outside the schemas of the press runs as somebody else');
select is_empty($$select name from ours where regexp_replace(source, 'pg_notify\(''[a-z_]+'', ''''\)', '', 'g') ~* 'notify *\(|execute +''?notify'$$,
  'whoever listens hears that something has happened, and nothing of it: every payload is empty');
select is_empty($$select name || ': ' || arg from ours join pg_proc p using (oid), unnest(p.proargnames) arg where arg ~ '^(_|p_)'$$, 'parameters have plain names: they are the API');
select * from finish();
