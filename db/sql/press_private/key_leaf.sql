create or replace function press_private.key_leaf(key press.signing_keys, type text)
  returns text
  language sql stable
begin atomic
  select '{"at":"' || press_private.rfc3339(
           case key_leaf.type when 'key.activated' then (key).activated_at when 'key.retired' then (key).retired_at else (key).revoked_at end)
      || case when key_leaf.type = 'key.revoked' then '","by":' || to_json((key).revoked_by) || ',"key_id":"' else '","key_id":"' end || (key).key_id
      || '","public_key":"' || (key).public_key
      || '","purpose":"' || (key).purpose
      || case when key_leaf.type = 'key.revoked' then '","reason":' || to_json((key).revocation_reason) || ',"type":"' else '","type":"' end
      || key_leaf.type || '"}';
end;
comment on function press_private.key_leaf is 'The leaf of a key that came into use, went out of it, or is in the hands of somebody else. type: key.activated, key.retired or key.revoked.';
revoke all on function press_private.key_leaf from public;
