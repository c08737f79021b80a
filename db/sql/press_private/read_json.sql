/* Bad JSON is no error here, because what is wrong with a request is for the caller to say. */
create or replace function press_private.read_json(text text)
  returns jsonb
  language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  return read_json.text::jsonb;
exception
  when data_exception or program_limit_exceeded then
    return null;
end
$$;
comment on function press_private.read_json is 'The value that the text is as JSON; null when it is none, or names a character that PostgreSQL does not have (U+0000, half of a pair).';
revoke all on function press_private.read_json from public;
