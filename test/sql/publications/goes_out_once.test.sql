select plan(16);
select tests.register_key('alice') is not null;
create temp table records as select * from tests.submit_record('waits') union all select * from tests.submit_record('sent') union all select * from tests.submit_record('failed');
create temp table sent as select * from tests.put_on_chain((select id from records where nonce = 'sent'));
update press.publications set state = 'failed', error_code = 'EXPIRED' where nonce = 'failed';

-- What was submitted never changes, whoever asks.
select throws_ok(format('update press.publications set %s where nonce = ''waits''', change), 'PRDEN', null, 'never: ' || change)
from unnest(array['nonce = ''x''', 'payload = null', 'expires_at = now()', 'signature = ''x''', 'submitted_by = ''x''', 'submitted_at = now()']) change;
select throws_ok($$update press.publications set state = 'queued', error_code = null where nonce = 'failed'$$, 'PRDEN', null, 'what failed stays failed');
select throws_ok($$update press.publications set state = 'sent', sent_at = now() where nonce = 'waits'$$, '23514', null, 'what is in no transaction is not sent');
select throws_ok($$truncate press.publications cascade$$, 'PRDEN', null, 'nothing is removed');
select ok(updated_at > submitted_at, 'a change is stamped') from press.publications where nonce = 'failed';

-- What is in a transaction that may be out leaves it only when that can never be mined. Judged at the commit: here, when it is asked for.
alter table press.chain_transactions disable trigger user;
create function pg_temp.move(state text) returns text language plpgsql as $$
begin
  update press.publications p set state = 'queued', transaction_id = null, output_index = null where p.nonce = 'sent';
  update press.chain_transactions t set state = move.state::press.chain_transaction_state from sent s where t.id = s.id;
  set constraints all immediate;
  raise exception 'it may leave' using errcode = 'ZZ000';
end $$;
select throws_ok(format('select pg_temp.move(%L)', state), code, null, format('from a transaction that is %s: %s', state, code))
from (values ('accepted', 'PRDEN'), ('unknown', 'PRDEN'), ('sending', 'PRDEN'), ('conflicted', 'ZZ000'), ('replaced', 'ZZ000'), ('rejected', 'ZZ000')) s (state, code);
select * from finish();
