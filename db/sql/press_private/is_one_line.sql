create or replace function press_private.is_one_line(value text, length_max integer)
  returns boolean
  language sql immutable
begin atomic
  select is_one_line.value is not null and length(is_one_line.value) between 1 and is_one_line.length_max
     and is_one_line.value collate "C" !~ '[[:cntrl:]]';
end;
comment on function press_private.is_one_line is 'Whether the value has 1 to length_max characters, none of them a control character.';
revoke all on function press_private.is_one_line from public;
