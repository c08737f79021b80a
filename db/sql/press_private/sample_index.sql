/* Rejection sampling: of the 2^bits words as many are thrown away as do not fill a whole round of count, and those that are left give each index equally
   often. A remainder alone would give the first indexes once more than the last. */
create or replace function press_private.sample_index(count integer, bits integer, word numeric)
  returns integer
  language sql immutable
begin atomic
  select case when sample_index.word < div(2::numeric ^ sample_index.bits, sample_index.count) * sample_index.count
              then mod(sample_index.word, sample_index.count)::integer end;
end;
comment on function press_private.sample_index is 'The index, from 0 to below count (at least 1), that a word of so many bits chooses; null: none, take the next word.';
revoke all on function press_private.sample_index from public;
