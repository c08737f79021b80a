/* RFC 8785 sorts members by the UTF-16 code units of their names. That is the order of code points, as the collation "C" has it, but for one thing: what is beyond
   U+FFFF is two surrogates there, and comes before U+E000 to U+FFFF. So these get the last code point in front, and that one, to stay before them, U+0001 behind. */
create or replace function press_private.utf16_order(name text)
  returns text
  language sql immutable
begin atomic
  select regexp_replace(replace(utf16_order.name, U&'\+10FFFF', U&'\+10FFFF\0001'), U&'([\E000-\FFFF])', U&'\+10FFFF' || '\1', 'g') collate "C";
end;
comment on function press_private.utf16_order is 'What is sorted like the name by its UTF-16 code units, in the collation "C".';
revoke all on function press_private.utf16_order from public;
