/* A press in which every call of locks.ts has something to do. Run by whoever installs; each statement is on its own, because what is issued must be committed before it is signed. */
select tests.make_edition('open', 30, 30);
select press.issue_tickets('open', 4, null, 'alice');
select tests.make_raffle('sealed', 'sealed', 9);
select tests.make_raffle('asked', 'random_int', 9);
select tests.make_raffle('drawn', 'random_int', 9);
select tests.make_raffle('withheld', 'sealed', 9);
select press.create_edition('draft', 'A draft', 5, 1, 'sealed');
select press.create_edition('plain-draft', 'A draft', 5, 1);
select tests.make_edition('due', 5, 1, null, clock_timestamp() + interval '2 s');
select tests.make_edition('closed', 5, 1);
select tests.make_chain();
select tests.make_raffle('by-beacon', 'beacon', 9, clock_timestamp() + interval '1 hour', 60, repeat('ab', 32));
select press.issue_ticket(e, recipient => p) from unnest(array['sealed', 'asked', 'drawn', 'withheld', 'closed']) e, unnest(array['alice', 'bob']) p;
select tests.record_all();
select press.draw_winner(e) from unnest(array['asked', 'drawn', 'withheld']) e;
select tests.record_all();
select press_worker.record_draw(d.edition_id, 1, 0, null) from press.draws d join press.editions e on e.id = d.edition_id where e.slug = 'drawn';
alter table press.draws disable trigger user;
update press.draws d set requested_at = now() - interval '2 days' from press.editions e where e.id = d.edition_id and e.slug = 'withheld';
alter table press.draws enable always trigger _200_guard_result;
select press.issue_tickets('open', 2, null, 'carol');
select press_private.ensure_holders(array['olga', 'dave', 'fay']);
select press.erase_holder(id) from press.holders where subject = 'fay';

select tests.attest('alice'), tests.attest('bob');
select tests.sign_credentials();
select tests.attest('carol');
select tests.submit('dave'), tests.submit('erin'), tests.submit('late'), tests.submit('ahead');
alter table press.attestations disable trigger user;
update press_private.attestation_work w set tries = 10, try_at = now() + interval '1 day' from press.attestations a join press.holders h on h.id = a.holder_id where w.attestation_id = a.id and h.subject = 'late';
update press.attestations a set submitted_at = now() - interval '8 days' from press.holders h where h.id = a.holder_id and h.subject = 'late';
-- The clock was set back since; so it was for two transactions below.
update press_private.attestation_work w set try_at = now() + interval '2 days' from press.attestations a join press.holders h on h.id = a.holder_id where w.attestation_id = a.id and h.subject = 'ahead';

select press.redeem_ticket(t.envelope, press.timechain_proof(t.id)) from press.tickets t join press.editions e on e.id = t.edition_id where e.slug = 'open' and t.ticket_number = 4;
select tests.record_all();
select press.issue_tickets('open', 2, null, 'carol');

select press.close_edition('closed');

select tests.register_key('erin', 8);
select tests.fund(40);
-- What came of each transaction: sent, accepted, mined, reserved too long ago, refused and to be made again; or to be sent, or reserved, for as long as only a clock that was set back makes it.
create table tests.way (name text, id bigint);
select tests.queue_record('alice', 'a' || n) from generate_series(1, 11) n;
-- In wallets of their own, so that nobody goes on with what they pay back.
select tests.fund(1, 1000, 'mined'), tests.fund(1, 1000, 'sent ahead'), tests.fund(1, 1000, 'reserved ahead');
insert into tests.way select 'mined', tests.send_one('mined');
select tests.tell(id, 'accepted'), tests.see(id, 'mined') from tests.way where name = 'mined';
select press_worker.record_tip(101, repeat('b', 64));
insert into tests.way select 'sent ahead', tests.send_one('sent ahead');
insert into tests.way select 'reserved ahead', (tests.claim_one('reserved ahead')).transaction_id;
insert into tests.way select 'accepted', tests.send_one();
select tests.tell(id, 'accepted') from tests.way where name = 'accepted';
insert into tests.way select 'sent', tests.send_one();
insert into tests.way select 'stale', tests.send_one();
insert into tests.way select 'refused', tests.send_one();
select tests.tell(id, 'fee_too_low') from tests.way where name = 'refused';
insert into tests.way select 'reserved', (tests.claim_one()).transaction_id;
insert into tests.way select 'expired', (tests.claim_one()).transaction_id;
update press.chain_transactions t set reserved_until = clock_timestamp() from tests.way w where w.id = t.id and w.name = 'expired';
select tests.queue_record('bob', 'late', '0 s', 100, interval '1 ms');
select tests.queue_record('bob', 'b' || n) from generate_series(1, 3) n;
select tests.register_key('olga');
update press.chain_transactions t set retry_at = clock_timestamp() from tests.way w where w.id = t.id and w.name = 'sent';
-- A coin that an operator may release.
select press.fund_pool(repeat('d', 64), 0, 1000, tests.wallet('d'));
alter table press.utxos disable trigger user;
update press.utxos set state = 'dirty', dirty_reason = 'So.' where txid = repeat('d', 64);
alter table press.utxos enable trigger user;
update press.chain_transactions set reserved_until = clock_timestamp() where replaces_id is not null;
update press.chain_transactions t set retry_at = now() + interval '1 day' from tests.way w where w.id = t.id and w.name = 'sent ahead';
update press.chain_transactions t set reserved_until = now() + interval '1 day' from tests.way w where w.id = t.id and w.name = 'reserved ahead';
select tests.fund(1, 1000, 'split');
-- What awaits a checkpoint, and what awaits its place.
select press_worker.integrate_ledger(100);
select tests.make_edition('later', 5);
-- A checkpoint that waits for the chain, and a later one that does not, so that the next may be queued.
insert into press.publications (kind, state, payload, payload_hash, checkpoint_size, error_code, submitted_at)
select 'checkpoint', c.state, c.note, press_private.envelope_hash(c.note), c.size, c.code, now() - interval '1 minute'
from (values ('queued'::press.publication_state, 'One.', 1, null), ('failed', 'Two.', 2, 'BAD')) c (state, note, size, code);
create function tests.fail() returns trigger language plpgsql as $$ begin raise exception using errcode = TG_ARGV[0]; end $$;
select pg_sleep_until(closes_at) from press.editions where slug = 'due';
