/* Some of what agreement.test.ts compares. */
select plan(7);
select is(press_private.canonical_json('[0,-0,0.00,0e9]'), '[0,0,0,0]', 'zero is written in one way');
select is(press_private.is_canonical_json(repeat(opening, levels - 1) || innermost || repeat(closing, levels - 1)), levels <= 100, format('%s levels of %s', levels, innermost))
from (values ('[', '[]', ']'), ('{"a":', '{}', '}')) f (opening, innermost, closing), unnest(array[100, 101]) levels;
select is(press_private.is_canonical_json(text), false, 'a number that no double can hold: ' || text) from unnest(array['1e400', '1e-400']) text;
select * from finish();
