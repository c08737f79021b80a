/* A signature is made without the press: meanwhile a person may be forgotten, or return, and the envelope be of another name than what was signed. */
select plan(8);
select tests.make_edition('golden-ticket', 9);
select press.issue_ticket('golden-ticket', recipient => 'alice') is not null from generate_series(1, 2);
create temp table alice as select id from press.holders where subject = 'alice';
create temp table claimed (batch text, ticket_id uuid, payload text);
create function pg_temp.attach(batch text) returns setof text language sql as $$
  select a.outcome
  from (select array_agg(c.ticket_id) as ids, array_agg(encode(tests.sign('a', c.payload), 'hex')) as signatures from claimed c where c.batch = attach.batch) s,
    press_worker.attach_signatures(tests.key_id(), s.ids, s.signatures) a $$;
select press_worker.register_signing_key(tests.public_key(), 'ticket') is not null;

insert into claimed select 'named', * from press_worker.tickets_to_sign(tests.key_id(), 1, 3600);
select is((select count(*) from claimed where payload like '%"recipient":"alice"%'), 1::bigint, 'a worker has a ticket of hers to sign');
select (press.erase_holder(id)).subject is null from alice;
select results_eq($$select pg_temp.attach('named')$$, $$values ('refused')$$, 'when she was forgotten meanwhile, a signature of her name is not stored');

insert into claimed select 'nameless', * from press_worker.tickets_to_sign(tests.key_id(), 9, 3600);
select is((select count(*) from claimed where payload like (select '%"recipient":"erased:' || id || '"%' from alice)), 1::bigint, 'another one is to be signed for the opaque id');
select press.issue_ticket('golden-ticket', recipient => 'alice') is not null;
select is((select id from press.holders where subject = 'alice'), (select id from alice), 'she returns');
select results_eq($$select pg_temp.attach('nameless')$$, $$values ('refused')$$, 'and a signature of nobody is not stored either');

update press_private.signing_claims set claimed_until = '-infinity';
insert into claimed select 'again', * from press_worker.tickets_to_sign(tests.key_id(), 9, 3600);
select results_eq($$select pg_temp.attach('again')$$, $$values ('attached'), ('attached'), ('attached')$$, 'when the leases have run out, all are signed for her');
select results_eq($$select pg_temp.attach('again')$$, $$values ('repeated'), ('repeated'), ('repeated')$$, 'once');
select is((select count(*) from press.tickets t where t.envelope like '%"recipient":"alice"%' and (press.verify_ticket(t.envelope)).is_signature_valid), 3::bigint, 'and genuine');
select * from finish();
