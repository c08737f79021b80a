/* Whoever may call a function is let into all that it calls in turn: it may refuse, but never for want of a right to its own parts. Each is called with nulls by each role that may. */
select plan(4);
create temp table caller (role text, login text);
insert into caller values ('press_anonymous', 'press_gateway'), ('press_holder', 'press_gateway'), ('press_operator', 'press_gateway'), ('press_gateway', 'press_gateway'), ('press_worker', 'press_worker'), ('press_auditor', 'press_auditor');
create temp table call as
select c.role, c.login, n.nspname || '.' || p.proname as function,
       format('select from %I.%I(%s)', n.nspname, p.proname, array_to_string(array_fill('null'::text, array[p.pronargs::integer]), ', ')) as text
from pg_proc p join pg_namespace n on n.oid = p.pronamespace and n.nspname in ('press', 'press_hidden', 'press_gateway', 'press_worker') cross join caller c
where has_function_privilege(c.role, p.oid, 'execute') and has_schema_privilege(c.role, n.oid, 'usage');
create function pg_temp.answer(call call) returns text language plpgsql as $$
begin
  if call.role in ('press_anonymous', 'press_holder', 'press_operator') then
    perform tests.as_gateway(call.role, case when call.role <> 'press_anonymous' then 'somebody' end);
  else
    perform tests.as_login(call.login);
  end if;
  execute call.text;
  raise exception using errcode = 'P0099', message = 'answered';
exception
  when others then return sqlstate || ' ' || sqlerrm;
end $$;
create temp table answer as select c.role, c.function, pg_temp.answer(c) as answer from call c;

select cmp_ok((select count(*) from answer), '>', 200::bigint, 'every front door, by everybody who may');
select is((select count(distinct role) from answer), 6::bigint, 'six roles may call something');
select is_empty($$select * from answer where answer like '42501%'$$, 'nobody who may call a function is told that a part of it is not theirs');
select is_empty($$select * from answer where answer like '42%' or answer like '0A%' or answer like 'XX%'$$, 'nor of anything that the function does wrong');
select * from finish();
