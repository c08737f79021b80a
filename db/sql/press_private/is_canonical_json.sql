create or replace function press_private.is_canonical_json(text text)
  returns boolean
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce(press_private.canonical_json(press_private.read_json(is_canonical_json.text)) = is_canonical_json.text, false);
exception
  when numeric_value_out_of_range then
    return false;
end
$$;
comment on function press_private.is_canonical_json is 'Whether the text is JSON, to the byte as RFC 8785 writes it, nesting 100 deep at most.';
revoke all on function press_private.is_canonical_json from public;
