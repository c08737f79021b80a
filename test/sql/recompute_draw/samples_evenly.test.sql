/* The sampler, fed with every word of a small width: each index comes equally often. A remainder in its place would not do that, and these tests say so. */
select plan(33);
create function pg_temp.spread(count integer, sampler text) returns integer language plpgsql as $$
declare v_spread integer;
begin
  execute format('select max(c.count) - min(c.count) from (select count(i.index) as count from generate_series(0, $1 - 1) n (index)
    left join (select %s as index from generate_series(0, 4095) w (word)) i using (index) group by n.index) c', sampler) into v_spread using count;
  return v_spread;
end $$;
select is(pg_temp.spread(n, 'press_private.sample_index($1, 12, word)'), 0, format('%s: exactly even over all 4096 words', n)) from unnest(array[1, 2, 3, 7, 100, 101]) n;
select is(pg_temp.spread(n, '(word % $1)::integer'), case when 4096 % n = 0 then 0 else 1 end, format('%s: by a remainder it is even only where n divides', n)) from unnest(array[1, 2, 3, 7, 100, 101]) n;
select is((select count(*)::integer from generate_series(0, 4095) w where press_private.sample_index(n, 12, w) is null), 4096 % n, format('%s: no more words are thrown away than must be', n))
from unnest(array[1, 2, 3, 7, 100, 101]) n;
select is((select max(press_private.sample_index(n, 12, w)) from generate_series(0, 4095) w), n - 1, format('%s: the last index is reached', n)) from unnest(array[1, 2, 3, 7, 100, 101]) n;

-- Words of 64 bits, at their ends.
select is(press_private.sample_index(1, 64, 18446744073709551615), 0, 'the largest word');
select is(press_private.sample_index(3, 64, 18446744073709551614), 2, 'the last that counts for 3');
select is(press_private.sample_index(3, 64, 18446744073709551615), null, 'the one after it does not');
select is(press_private.sample_index(2147483647, 64, 18446744073709551615), null, 'for the largest count neither');
select is(press_private.draw_word('\x00', 0), ('x' || encode(substr(sha256('\x000000000000000000'), 2, 7), 'hex'))::bit(56)::bigint + get_byte(sha256('\x000000000000000000'), 0) * 72057594037927936::numeric,
  'a word is the first 8 bytes of the hash, most significant first');
select is(press_private.drawn_index('\x00', 0), null, 'over nothing there is no index');
select is(press_private.drawn_index(null, 7), null, 'nor without a seed');
select is((select count(distinct press_private.drawn_index(int4send(n), 7)) from generate_series(1, 200) n), 7::bigint, 'every index can be drawn');
-- Where the first word is thrown away the second decides: a count above half of all words does that often.
select is((select count(*) from generate_series(1, 50) n where press_private.sample_index(2147483647, 32, floor(press_private.draw_word(int4send(n), 0) / 4294967296)) is null) <= 1, true,
  'and hardly a word is thrown away');
select * from finish();
