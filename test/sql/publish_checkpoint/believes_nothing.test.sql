select plan(33);
select press_private.append_entry('edition.drawn', null, null, format('{"n":%s}', n)) from generate_series(1, 4) n;
select tests.as_login('press_worker');
select is((press_worker.latest_checkpoint()).tree_size, null, 'nulls before the first');
select is_empty('select * from press_worker.checkpoint_to_sign()', 'an empty tree has nothing to sign');
select press_worker.register_signing_key(tests.public_key('c'), 'checkpoint') is not null;
select press_worker.register_signing_key(tests.public_key('a'), 'ticket') is not null;
select press_worker.register_signing_key(tests.public_key('b'), 'checkpoint') is not null;
select press_worker.integrate_ledger(100);
select tests.as_superuser();
create temp table trees as select n as size, press_private.tree_root(n) as root from generate_series(0, 8) n;
create temp table it as select size, root, tests.checkpoint_note(size, root) as note from trees where size = 7;
grant all on trees, it to public;
-- One line for each note: what is wrong with it, and the arguments.
create temp table attempts (what text, code text, seed text, size bigint, root bytea, note text);
insert into attempts
select 'a size beyond the ledger', 'PRINV', 'c', t.size, t.root, tests.checkpoint_note(t.size, t.root) from trees t where t.size = 8
union all select 'the empty tree', 'PRINV', 'c', t.size, t.root, tests.checkpoint_note(t.size, t.root) from trees t where t.size = 0
union all select 'the root of another size', 'PRINV', 'c', 6, t.root, tests.checkpoint_note(6, t.root) from trees t where t.size = 7
union all select 'no root', 'PRINV', 'c', it.size, null, it.note from it
union all select 'no note', 'PRINV', 'c', it.size, it.root, null from it
union all select 'an empty note', 'PRINV', 'c', it.size, it.root, '' from it
union all select 'a note of another size', 'PRINV', 'c', it.size, it.root, tests.checkpoint_note(6, it.root) from it
union all select 'a note of another root', 'PRINV', 'c', it.size, it.root, tests.checkpoint_note(it.size, t.root) from it, trees t where t.size = 6
union all select 'an extension line', 'PRINV', 'c', it.size, it.root, replace(it.note, E'=\n\n', E'=\nmore\n\n') from it
union all select 'a line before', 'PRINV', 'c', it.size, it.root, E'\n' || it.note from it
union all select 'a line after', 'PRINV', 'c', it.size, it.root, it.note || E'\n' from it
union all select 'no newline at the end', 'PRINV', 'c', it.size, it.root, rtrim(it.note, E'\n') from it
union all select 'two signatures', 'PRINV', 'c', it.size, it.root, it.note || substring(it.note from E'—.*') from it
union all select 'a hyphen for the dash', 'PRINV', 'c', it.size, it.root, replace(it.note, '—', '-') from it
union all select 'another name under the note', 'PRINV', 'c', it.size, it.root, replace(it.note, '— press.test', '— pres.test') from it
union all select 'a signature by another key', 'PRINV', 'c', it.size, it.root, tests.checkpoint_note(it.size, it.root, 'b') from it
union all select 'a key that is for tickets', 'PRKEY', 'a', it.size, it.root, tests.checkpoint_note(it.size, it.root, 'a') from it
union all select 'a flipped signature', 'PRINV', 'c', it.size, it.root, overlay(it.note placing case substr(it.note, length(it.note) - 20, 1) when 'A' then 'B' else 'A' end from length(it.note) - 20) from it
union all select 'Base64 with bits left over', 'PRINV', 'c', it.size, it.root, overlay(it.note placing
    chr(ascii(substr(it.note, length(it.note) - 2, 1)) + 1) from length(it.note) - 2) from it
union all select 'a key id of another name', 'PRINV', 'c', it.size, it.root,
    replace(tests.checkpoint_note(it.size, it.root, 'c', 'press.test/ledges'), 'ledges', 'ledger') from it;
grant all on attempts to public;

select tests.as_login('press_worker');
select results_eq('select * from press_worker.checkpoint_to_sign()', 'select size::bigint, root from it', 'the tree has grown: it is to be signed');
select throws_ok(format('select press_worker.publish_checkpoint(%L, %L, %L, %L)', tests.key_id(seed), size, root, note), code, null, 'refused: ' || what) from attempts;
select is((press_worker.publish_checkpoint(tests.key_id('c'), size, root, note)).tree_size, 7::bigint, 'a good one is published') from it;
select is((press_worker.publish_checkpoint(tests.key_id('c'), size, root, note)).tree_size, 7::bigint, 'the same again is fine') from it;
select is_empty('select * from press_worker.checkpoint_to_sign()', 'it is not to be signed again');
select tests.as_superuser();
create temp table others as
select 'b' as seed, size, root, tests.checkpoint_note(size, root, 'b') as note, 'another of the same size' as what from it
union all select 'c', t.size, t.root, tests.checkpoint_note(t.size, t.root, 'c', 'press.test/other'), 'another origin' from trees t where t.size = 6
union all select 'c', t.size, t.root, tests.checkpoint_note(t.size, t.root), 'a smaller size' from trees t where t.size = 6;
grant all on others to public;
select tests.as_login('press_worker');
select throws_ok(format('select press_worker.publish_checkpoint(%L, %L, %L, %L)', tests.key_id(seed), size, root, note), 'PRINV', null, 'refused: ' || what)
from others where what like 'another%';
select is((press_worker.publish_checkpoint(tests.key_id('c'), size, root, note)).tree_size, 6::bigint, what || ', of a worker that was slow') from others where what like 'a smaller%';
select is((press_worker.latest_checkpoint()).note, note, 'the last is the one of the largest tree') from it;

-- The ledger goes on under another name, and with another key.
select press_worker.adopt_ledger('press.test/other', 'Restored from the backup of Monday.');
select press_worker.retire_signing_key(tests.key_id('c')) is not null;
select press_worker.integrate_ledger(10);
select tests.as_superuser();
create temp table next as
select seed, t.tree_size, t.root_hash, tests.checkpoint_note(t.tree_size, t.root_hash, seed, 'press.test/' || name) as note, name
from press_worker.checkpoint_to_sign() t, unnest(array['b', 'c']) seed, unnest(array['ledger', 'other']) name;
grant all on next to public;
select tests.as_login('press_worker');
select throws_ok(format('select press_worker.publish_checkpoint(%L, %L, %L, %L)', tests.key_id(seed), tree_size, root_hash, note), 'PRINV', null, 'the name that it had')
from next where seed = 'b' and name = 'ledger';
select throws_ok(format('select press_worker.publish_checkpoint(%L, %L, %L, %L)', tests.key_id(seed), tree_size, root_hash, note), 'PRKEY', null, 'a key that was retired')
from next where seed = 'c' and name = 'other';
select is((press_worker.publish_checkpoint(tests.key_id(seed), tree_size, root_hash, note)).tree_size, 8::bigint, 'the new name under the new key')
from next where seed = 'b' and name = 'other';
select * from finish();
