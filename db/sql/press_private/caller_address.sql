/* The one place that says from where a request comes. The gateway's word counts, as with claims, because nobody else can make a session of its login; an
   operator at a desk names the address of whom they submit for. One household or server has a whole /64 of IPv6. */
create or replace function press_private.caller_address(client_address text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_text     text := coalesce(caller_address.client_address,
    case when session_user = 'press_gateway' then regexp_replace(nullif(current_setting('press.client_address', true), ''), '%.*$', '') end);
  v_address  inet;
begin
  if v_text is null then
    perform press_private.refuse('INVALID_INPUT', 'Name the network address that the evidence comes from, as client_address: nobody knows it here.');
  end if;
  v_address := v_text::inet;
  if masklen(v_address) <> (case family(v_address) when 4 then 32 else 128 end) then
    perform press_private.refuse('INVALID_INPUT', 'A network address is a single one, without a mask.');
  end if;
  if v_address <<= inet '::ffff:0.0.0.0/96' then
    return host(inet '0.0.0.0' + (v_address - inet '::ffff:0.0.0.0'));
  end if;
  return case family(v_address) when 4 then host(v_address) else network(set_masklen(v_address, 64))::text end;
exception
  when data_exception then
    perform press_private.refuse('INVALID_INPUT', 'A network address is one of IPv4 or IPv6, such as 192.0.2.1 or 2001:db8::1.');
    return null;  -- never reached, but plpgsql_check cannot know
end
$$;
comment on function press_private.caller_address is 'The network address that a request comes from, or that an operator names: IPv4 whole, also where it is mapped into IPv6; of IPv6 its /64. Refuses: INVALID_INPUT.';
revoke all on function press_private.caller_address from public;
