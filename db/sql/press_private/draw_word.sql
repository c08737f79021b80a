create or replace function press_private.draw_word(seed bytea, index bigint)
  returns numeric
  language sql immutable
begin atomic
  select ('x' || encode(substr(h.hash, 1, 4), 'hex'))::bit(32)::bigint * 4294967296::numeric
       + ('x' || encode(substr(h.hash, 5, 4), 'hex'))::bit(32)::bigint
  from (select sha256(draw_word.seed || int8send(draw_word.index)) as hash) h;
end;
comment on function press_private.draw_word is 'The index-th word of a seed, from 0: the first 8 bytes of SHA-256 of the seed and the index (8 bytes), most significant first.';
revoke all on function press_private.draw_word from public;
