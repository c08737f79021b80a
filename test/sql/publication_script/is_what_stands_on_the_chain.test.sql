select plan(13);
select is(encode(press_private.publication_script('{"a":1}', null, null), 'hex'), '006a' || '0c' || '676f6c64656e2d7072657373' || '07' || '7b2261223a317d', 'a checkpoint: OP_FALSE OP_RETURN, the name of the press, the text');
select is(encode(press_private.publication_script('{"a":1}', tests.record_signature(), tests.record_key()), 'hex'),
  '006a' || '0c' || '676f6c64656e2d7072657373' || '07' || '7b2261223a317d' || '08' || '3006020101020101' || '21' || tests.record_key(), 'a record: its signature and its key too');
select is(encode(substr(press_private.script_push(decode(repeat('00', n), 'hex')), 1, length(head) / 2), 'hex'), head, format('%s bytes are pushed behind %s', n, head))
from (values (75, '4b'), (76, '4c4c'), (255, '4cff'), (256, '4d0001'), (65535, '4dffff'), (65536, '4e00000100')) p (n, head);
select is(press_private.publication_script('{}', signature, key), null, format('none with the signature %L and the key %L', signature, left(key, 9)))
from (values ('x', tests.record_key()), ('MAYCAQECAQE', tests.record_key()), ('MAYCAQECAQE=', 'x'), ('MAYCAQECAQE=', null), ('', tests.record_key())) v (signature, key);
select * from finish();
