create or replace function press_private.draw_seed(mode text, edition text, entries_hash text, entropy text, attempt integer)
  returns bytea
  language sql immutable
begin atomic
  select sha256(convert_to(
    E'golden-press/draw/v1\n' || draw_seed.mode || E'\n' || draw_seed.edition || E'\n' || draw_seed.entries_hash || E'\n'
      || draw_seed.entropy || E'\n' || draw_seed.attempt || E'\n', 'UTF8'));
end;
comment on function press_private.draw_seed is 'The 32 bytes that decide a draw that is sealed or by beacon. edition: its slug; entropy: the secret or the signature of the round, in hex.';
revoke all on function press_private.draw_seed from public;
