select plan(25);

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

select results_eq($$select slug, title, cap, per_holder_limit, draw_mode::text, status::text from press.create_edition('golden-ticket', 'The golden ticket ✨', 5)$$,
  $$values ('golden-ticket', 'The golden ticket ✨', 5, 5, 'none', 'draft')$$, 'it is a draft, and no limit per holder is the cap');
select throws_ok($$select press.create_edition('golden-ticket', 'Again', 6)$$, 'PRINV', null, 'INVALID_INPUT for a slug that is taken');
select * from finish();
