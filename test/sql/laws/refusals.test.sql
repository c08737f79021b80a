/* The register of refusals against the functions that raise them. test/sql/laws/errorsPage.test.ts holds db/ERRORS.md and gateway/refusals.ts to it. */
select plan(7);
create temp view sources as
select p.oid, n.nspname, n.nspname || '.' || p.proname as name,
       coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), '') as source, coalesce(obj_description(p.oid, 'pg_proc'), '') as comment
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname in ('press', 'press_hidden', 'press_gateway', 'press_worker', 'press_private') and p.proname <> 'refusals';
-- What befalls a publication or a transaction is no refusal of a request: its row says so.
create temp view raised as
select r.name from (select distinct (regexp_matches(source, '''([A-Z]{3,}(?:_[A-Z]+)+|RETRY|EXPIRED)''', 'g'))[1] as name from sources) r
where r.name not in ('BROADCAST_REJECTED', 'POOL_EMPTY', 'MISSING_INPUTS', 'FEE_TOO_LOW');
create temp view documented as
select s.name as function, trim(regexp_replace(r, '\(.*', '')) as name
from sources s, unnest(string_to_array(rtrim(regexp_replace(substring(s.comment from 'Refuses: (.*)$'), '\([^)]*\)', '', 'g'), '.'), ',')) r;

select set_eq('select name from raised', 'select name from press_private.refusals()', 'every refusal in the register is raised somewhere, and none is raised that is not there');
select is_empty('select d.* from documented d where d.name not in (select name from press_private.refusals())', 'comments name refusals of the register only');
select is_empty('select code from press_private.refusals() group by code having count(*) > 1', 'codes are unique');
select is_empty($$select name from press_private.refusals() where code !~ '^PR[A-OQ-Z][A-Z]{2}$' and not (name = 'RETRY' and code = '40001')$$,
  'codes are of class PR, and none can be one of PostgreSQL''s');
select is_empty($$select name from press_private.refusals() where sentence !~ '^[A-Z].*\.$' or hint !~ '^[A-Z].*\.$'$$, 'each has a sentence, and says what to do next');
select is_empty($$select function from (select name as function, comment from sources where nspname = 'press') f where comment !~ 'Refuses: ' and function !~ '^press\.(editions_|tickets_|publications_|current_|ed25519_verify$|press_stop_reason$|verify_ticket$)'$$,
  'every public function that can refuse says how');
select is_empty($$
  select d.function, string_agg(d.name, ', ') from documented d join press_private.refusals() with ordinality r on r.name = d.name
  join sources s on s.name = d.function where s.nspname = 'press'
  group by d.function, s.comment
  having string_agg(d.name, ', ' order by position(d.name in s.comment)) <> string_agg(d.name, ', ' order by r.ordinality)$$,
  'and names them in order of precedence');
select * from finish();
