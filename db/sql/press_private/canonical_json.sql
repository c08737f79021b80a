/* What RFC 8785 (JCS) makes of a value. That a text is canonical is judged by comparing: of a member that is there twice jsonb keeps one, and of a number that no double
   has this writes the nearest, so such a text differs from this one. jsonb itself refuses lone surrogates; U+0000, which JSON could name, no text of PostgreSQL has.
   For strings to_json writes the same as JSON.stringify for every character that a text can hold. */
create or replace function press_private.canonical_json(value jsonb, depth_max integer default 100)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  case jsonb_typeof(value)
    when 'object' then
      if depth_max < 1 then
        return null;
      end if;
      -- string_agg leaves out what is null, and what is too deep below is too deep here. "offset 0": each is written once, not once for each mention.
      return (
        select case when count(*) = count(m.text) then '{' || coalesce(string_agg(m.text, ',' order by press_private.utf16_order(m.key) collate "C"), '') || '}' end
        from (
          select e.key, to_json(e.key) || ':' || press_private.canonical_json(e.value, depth_max - 1) as text
          from jsonb_each(canonical_json.value) e
          offset 0) m);
    when 'array' then
      if depth_max < 1 then
        return null;
      end if;
      return (
        select case when count(*) = count(m.text) then '[' || coalesce(string_agg(m.text, ',' order by m.index), '') || ']' end
        from (
          select e.index, press_private.canonical_json(e.value, depth_max - 1) as text
          from jsonb_array_elements(canonical_json.value) with ordinality e (value, index)
          offset 0) m);
    when 'string' then
      return to_json(value #>> '{}')::text;
    when 'number' then
      return press_private.canonical_number(value::numeric);
    else
      return value::text;
  end case;
end
$$;
comment on function press_private.canonical_json is 'The canonical text (RFC 8785) of a value that nests depth_max objects and arrays at most; null when it nests deeper. A number that no double can hold is an error (22003).';
revoke all on function press_private.canonical_json from public;
