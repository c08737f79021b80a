create or replace function press_private.key_leaf(key press.signing_keys, type text)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(case key_leaf.type when 'key.activated' then (key).activated_at else (key).retired_at end)
      || '","key_id":"' || (key).key_id
      || '","public_key":"' || (key).public_key
      || '","purpose":"' || (key).purpose
      || '","type":"' || key_leaf.type || '"}';
end;
comment on function press_private.key_leaf is 'The leaf of a key that came into use or went out of it. type: key.activated or key.retired.';
revoke all on function press_private.key_leaf from public;
