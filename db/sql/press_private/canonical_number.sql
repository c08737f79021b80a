/* RFC 8785 writes a number as ECMAScript does: the fewest digits that are read as the same double, and an exponent only outside of 1e-6 to 1e21. PostgreSQL's digits
   are the fewest too, but for one case: it relies on no reader that rounds a tie to even, and ECMAScript does, so that there may be a digit less. */
create or replace function press_private.canonical_number(value numeric)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp set extra_float_digits = 1 as $$
declare
  v_double    double precision := value::double precision;
  v_mantissa  text := split_part(abs(v_double)::text, 'e', 1);
  -- The number is its digits, as one integer, times ten to the scale.
  v_scale     integer := coalesce(nullif(split_part(abs(v_double)::text, 'e', 2), ''), '0')::integer - length(split_part(v_mantissa, '.', 2));
  v_digits    text := ltrim(replace(v_mantissa, '.', ''), '0');
  v_shorter   text;
  v_point     integer;
begin
  if v_double = 0 then
    return '0';
  end if;
  if length(v_digits) >= 16 then
    v_shorter := (
      select c.digits::text from (values (left(v_digits, -1)::numeric), (left(v_digits, -1)::numeric + 1)) c (digits)
      -- Beyond the largest double is none to compare with.
      where case when (c.digits || 'e' || v_scale + 1)::numeric <= 1.7976931348623157e308 then (c.digits || 'e' || v_scale + 1)::double precision = abs(v_double) end
      limit 1);
    v_scale := v_scale + (v_shorter is not null)::integer;
    v_digits := coalesce(v_shorter, v_digits);
  end if;
  v_point := length(v_digits) + v_scale;
  v_digits := rtrim(v_digits, '0');

  return case when v_double < 0 then '-' else '' end || case
    when v_point between length(v_digits) and 21 then rpad(v_digits, v_point, '0')
    when v_point between 1 and 21 then left(v_digits, v_point) || '.' || substr(v_digits, v_point + 1)
    when v_point between -5 and 0 then '0.' || repeat('0', -v_point) || v_digits
    else left(v_digits, 1) || coalesce('.' || nullif(substr(v_digits, 2), ''), '')
      || case when v_point > 0 then 'e+' else 'e' end || v_point - 1 end;
end
$$;
comment on function press_private.canonical_number is 'The number as RFC 8785 writes it, rounded to a double first. One that is too large for a double, or too small, is an error (22003).';
revoke all on function press_private.canonical_number from public;
