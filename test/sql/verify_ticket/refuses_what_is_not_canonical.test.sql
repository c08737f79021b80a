/* What is not to the byte the canonical text of an envelope is NOT_CANONICAL, whatever it is, and never an error. test/race and test/verifier try
   thousands more. */
select no_plan();
select tests.make_edition('golden-ticket', 5, 1);
select press.issue_ticket('golden-ticket', recipient => E'al"ice\\ 😀') is not null;
select tests.sign_pending();
create temp table it as select envelope from press.tickets;
grant all on it to public;
create function pg_temp.changed(what text, instead text) returns text language sql as $$ select replace(envelope, what, instead) from it $$;

select tests.as_gateway('press_anonymous');
select is((select refusal from press.verify_ticket((select envelope from it))), null, 'the envelope itself is canonical');
select is(v.is_canonical, false, 'not canonical: ' || what)
from (values
  ('null', null), ('nothing', ''), ('a word', 'envelope'), ('a number', '1'), ('null', 'null'), ('a string', '"x"'), ('a list', '[]'), ('no members', '{}'),
  ('a list of it', (select '[' || envelope || ']' from it)),
  ('a space', pg_temp.changed('{"edition":', '{ "edition":')), ('a final line feed', (select envelope || E'\n' from it)),
  ('a byte order mark', (select E'\ufeff' || envelope from it)),
  ('half of it', (select left(envelope, 200) from it)), ('it twice', (select envelope || envelope from it)),
  ('another order', pg_temp.changed('"type":"golden-press/ticket/v1"}', '"type":"golden-press/ticket/v1","a":1}')),
  ('a member too many', pg_temp.changed('"type":', '"typf":null,"type":')),
  ('a member twice', pg_temp.changed('"edition":"golden-ticket"', '"edition":"golden-ticket","edition":"golden-ticket"')),
  ('a member twice, the last one right', pg_temp.changed('"edition":"golden-ticket"', '"edition":"other","edition":"golden-ticket"')),
  ('no signature', (select regexp_replace(envelope, ',"signature":"[0-9a-f]*"', '') from it)),
  ('a signature of another length', (select regexp_replace(envelope, ',"signature":"[0-9a-f]{2}', ',"signature":"') from it)),
  ('a signature in capitals', (select regexp_replace(envelope, '"signature":"[0-9a-f]{128}"', '"signature":"' || repeat('A', 128) || '"') from it)),
  ('another type', pg_temp.changed('ticket/v1', 'ticket/v2')),
  ('an escape that is not needed', pg_temp.changed('golden-ticket', 'g\u006flden-ticket')),
  ('an escape that no character needs', pg_temp.changed(' 😀', '\u0020😀')), ('a tab that is not escaped', pg_temp.changed(' 😀', E'\t')),
  ('a tab that is escaped with its number', pg_temp.changed(' 😀', '\u0009')), ('an escape in capitals', pg_temp.changed(' 😀', '\u001F')),
  ('a slash that is escaped', pg_temp.changed('golden-press/ticket', 'golden-press\/ticket')),
  ('half a surrogate pair', pg_temp.changed('al\"ice', '\ud83d')), ('the other half', pg_temp.changed('al\"ice', '\ude00')),
  ('an escaped pair', pg_temp.changed('😀', '\ud83d\ude00')), ('U+0000', pg_temp.changed('al\"ice', '\u0000')),
  ('a number in quotes', pg_temp.changed('"ticket_number":1', '"ticket_number":"1"')),
  ('a number with a fraction', pg_temp.changed('"ticket_number":1', '"ticket_number":1.0')),
  ('a number with an exponent', pg_temp.changed('"ticket_number":1', '"ticket_number":1e0')),
  ('a number with a zero before it', pg_temp.changed('"ticket_number":1', '"ticket_number":01')),
  ('number zero', pg_temp.changed('"ticket_number":1', '"ticket_number":0')), ('minus zero', pg_temp.changed('"ticket_number":1', '"ticket_number":-0')),
  ('a negative number', pg_temp.changed('"ticket_number":1', '"ticket_number":-1')),
  ('2^53', pg_temp.changed('"ticket_number":1', '"ticket_number":9007199254740992')),
  ('a number of 400 digits', pg_temp.changed('"ticket_number":1', '"ticket_number":' || repeat('9', 400))),
  ('1e400', pg_temp.changed('"ticket_number":1', '"ticket_number":1e400')),
  ('a list for a number', pg_temp.changed('"ticket_number":1', '"ticket_number":[1]')), ('null for a number', pg_temp.changed('"ticket_number":1', '"ticket_number":null')),
  ('an object for an edition', pg_temp.changed('"golden-ticket"', '{"a":"golden-ticket"}')), ('no edition', pg_temp.changed('"golden-ticket"', '""')),
  ('an edition that is no slug', pg_temp.changed('"golden-ticket"', '"Golden Ticket"')),
  ('no recipient', (select regexp_replace(envelope, '"recipient":"(?:[^"\\]|\\.)*"', '"recipient":""') from it)),
  ('a ticket id in capitals', (select regexp_replace(envelope, '"ticket_id":"[^"]*"', '"ticket_id":"0D0F8F3C-6C1F-4B5E-9A53-1F8F5D7B2C11"') from it)),
  ('a ticket id in braces', (select regexp_replace(envelope, '"ticket_id":"([^"]*)"', '"ticket_id":"{\1}"') from it)),
  ('no ticket id', (select regexp_replace(envelope, '"ticket_id":"[^"]*"', '"ticket_id":"x"') from it)),
  ('a key id of other characters', (select regexp_replace(envelope, '"key_id":"[^"]*"', '"key_id":"0123456789abcdeg"') from it)),
  ('a day that does not exist', (select regexp_replace(envelope, '"timestamp":"[^"]*"', '"timestamp":"2026-02-30T12:00:00.000Z"') from it)),
  ('the hour 24', (select regexp_replace(envelope, '"timestamp":"[^"]*"', '"timestamp":"2026-02-20T24:00:00.000Z"') from it)),
  ('a leap second', (select regexp_replace(envelope, '"timestamp":"[^"]*"', '"timestamp":"2016-12-31T23:59:60.000Z"') from it)),
  ('a year of five digits', (select regexp_replace(envelope, '"timestamp":"[^"]*"', '"timestamp":"10000-01-01T00:00:00.000Z"') from it)),
  ('another time zone', (select regexp_replace(envelope, '"timestamp":"([^"]*)Z"', '"timestamp":"\1+00:00"') from it)),
  ('microseconds', (select regexp_replace(envelope, '"timestamp":"([^"]*)Z"', '"timestamp":"\1000Z"') from it)),
  ('now', (select regexp_replace(envelope, '"timestamp":"[^"]*"', '"timestamp":"now"') from it)),
  ('infinity', (select regexp_replace(envelope, '"timestamp":"[^"]*"', '"timestamp":"infinity"') from it)),
  ('ten thousand lists', repeat('[', 10000)), ('ten thousand objects', repeat('{"a":', 10000)), ('sixty thousand lists, closed', repeat('[', 30000) || repeat(']', 30000)),
  ('a megabyte of braces', repeat('{', 1048576)), ('a megabyte of x', repeat('x', 1048576)), ('a recipient of a megabyte', pg_temp.changed('al\"ice', repeat('a', 1048576)))
) c (what, envelope), press.verify_ticket(c.envelope) v;
select * from finish();
