select plan(49);

select tests.as_gateway('press_anonymous');
select throws_ok($$select press.create_edition('a', 'A', 1)$$, 'PRANO', null, 'NOT_SIGNED_IN without a token');
select tests.as_gateway('press_holder', 'alice');
select throws_ok($$select press.create_edition('a', 'A', 1)$$, 'PRDEN', null, 'NOT_ALLOWED for a holder');
select throws_ok($$select press.create_edition('', '', -1)$$, 'PRDEN', null, 'NOT_ALLOWED comes before INVALID_INPUT');

select tests.as_gateway('press_operator', 'olga');
select throws_ok(format('select press.create_edition(%L, ''A'', 1)', slug), 'PRINV', null, format('INVALID_INPUT for the slug %L', left(slug, 20)))
from unnest(array['', ' ', 'Golden', 'golden_ticket', '-golden', 'golden-', 'golden--ticket', 'gölden', E'golden\n', repeat('a', 64), null]) slug;
select throws_ok(format('select press.create_edition(''a'', %L, 1)', title), 'PRINV', null, format('INVALID_INPUT for a title of %s characters', coalesce(length(title), -1)))
from unnest(array['', E'two\nlines', repeat('x', 201), null]) title;
select throws_ok($$select press.create_edition('a', 'A', 0)$$, 'PRINV', null, 'INVALID_INPUT for a cap of none');
select throws_ok($$select press.create_edition('a', 'A', 5, 6)$$, 'PRINV', null, 'INVALID_INPUT for a limit beyond the cap');
select throws_ok($$select press.create_edition('a', 'A', 5, 1, 'none', now() + interval '2 hours', now() + interval '1 hour')$$, 'PRINV', null, 'INVALID_INPUT for a window that ends before it begins');
select throws_ok($$select press.create_edition('a', 'A', 5, 1, 'none', null, now() - interval '1 hour')$$, 'PRINV', null, 'INVALID_INPUT for a window in the past');
select throws_ok($$select press.create_edition('a', 'A', 5, 1, 'none', 'infinity')$$, 'PRINV', null, 'INVALID_INPUT for a window that never opens');
select throws_ok(format('select press.create_edition(''a'', ''A'', 5, 1, ''none'', %L, %L)', opens, closes), 'PRINV', null, format('INVALID_INPUT for a window from %s to %s, whose years have not four digits', opens, closes))
from (values ('-infinity', null), ('0001-12-31 23:59:59Z BC', null), (null, '10000-01-01T00:00:00Z'), (null, 'infinity')) t (opens, closes);
select lives_ok($$select press.create_edition('as-long-as-can-be', 'A', 5, 1, 'none', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999Z')$$, 'from the first year to the last');

select throws_ok(format('select press.create_edition(''a'', ''A'', 5, 1, %L, null, %s, %L, %L)', mode, closes, delay, chain), 'PRINV', null,
  format('INVALID_INPUT for %s, closing at %s, a delay of %s, the chain %s', mode, closes, delay, left(chain, 4)))
from (values ('beacon', 'null', null, null), ('beacon', 'now() + interval ''1 hour''', 0, null), ('beacon', 'now() + interval ''1 hour''', 604801, null),
  ('beacon', 'now() + interval ''1 hour''', 60, repeat('00', 32)), ('sealed', 'null', 60, null), ('random_int', 'null', null, repeat('00', 32)), ('none', 'null', 1, null), (null, 'null', 1, null)) t (mode, closes, delay, chain);
select results_eq($$select draw_delay_seconds, beacon_chain_hash from press.create_edition('by-beacon', 'B', 5, 1, 'beacon', null, now() + interval '1 hour')$$,
  $$select 60, chain_hash from press.beacon_chains$$, 'a draw by beacon has a minute''s delay and drand''s quicknet, unless told otherwise');
select results_eq($$select draw_delay_seconds, draw_commitment from press.create_edition('slow-beacon', 'B', 5, 1, 'beacon', null, now() + interval '1 hour', 604800)$$,
  $$values (604800, null::text)$$, 'a week at most');
select results_eq($$select draw_mode::text, draw_delay_seconds, beacon_chain_hash, draw_commitment from press.create_edition('by-secret', 'S', 5, 1, 'sealed')$$,
  $$values ('sealed', null::integer, null::text, null::text)$$, 'a sealed draw waits for the worker''s commitment');

select throws_ok(format('select press.create_edition(''a'', ''A'', 5, required_trust_level => %s)', level), 'PRINV', null, format('INVALID_INPUT for a trust level of %s', level))
from unnest(array[-1, 3, 9, 10]) level;
select throws_like($$select press.create_edition('a', 'A', 5, required_trust_level => 3)$$, '%INVALID_INPUT%', 'INVALID_INPUT for one that nobody can have');
select results_eq($$select required_trust_level, required_kind::text from press.create_edition('for-everybody', 'E', 5)$$, $$values (0::smallint, null)$$, 'it demands nothing, unless told otherwise');
select results_eq($$select required_trust_level, required_kind::text from press.create_edition('for-programmers', 'P', 5, required_trust_level => 2, required_kind => 'repository')$$,
  $$values (2::smallint, 'repository')$$, 'it demands a trust level and a kind');
select results_eq($$select required_trust_level, required_kind::text from press.create_edition('for-the-known', 'K', 5, required_kind => 'oidc')$$, $$values (0::smallint, 'oidc')$$, 'or a kind alone');

select results_eq($$select slug, title, cap, per_holder_limit, draw_mode::text, status::text from press.create_edition('golden-ticket', 'The golden ticket ✨', 5)$$,
  $$values ('golden-ticket', 'The golden ticket ✨', 5, 5, 'none', 'draft')$$, 'it is a draft, and no limit per holder is the cap');
select throws_ok($$select press.create_edition('golden-ticket', 'Again', 6)$$, 'PRINV', null, 'INVALID_INPUT for a slug that is taken');
select * from finish();
