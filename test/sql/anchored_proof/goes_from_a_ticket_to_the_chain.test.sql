select plan(17);
select tests.make_edition('golden-ticket', 5);
create temp table ticket as select * from press.issue_ticket('golden-ticket', null, 'alice');
grant select on ticket to public;
select throws_ok($$select press.anchored_proof(gen_random_uuid())$$, 'PRNOT', null, 'TICKET_NOT_FOUND');
select throws_ok($$select press.anchored_proof(null)$$, 'PRNOT', null, 'TICKET_NOT_FOUND for none');
select throws_ok($$select press.anchored_proof(id) from ticket$$, 'PRUNS', null, 'TICKET_NOT_SIGNED');
-- A checkpoint on the chain from before the ticket proves nothing of it.
select tests.publish_checkpoint() is not null;
create temp table early as select * from press_worker.anchor_checkpoint(1);
select tests.put_on_chain(id, 90) is not null from early;
select tests.sign_pending();
select throws_ok($$select press.anchored_proof(id) from ticket$$, 'PRUNS', null, 'also while no checkpoint covers it');
create temp table covering as select * from tests.publish_checkpoint();
select throws_ok($$select press.anchored_proof(id) from ticket$$, 'PRUNS', null, 'nor while none that covers it is on the chain');
alter table press.publications disable trigger _200_guard_identity;
update press.publications set submitted_at = submitted_at - interval '1 hour';
alter table press.publications enable always trigger _200_guard_identity;
create temp table anchor as select * from press_worker.anchor_checkpoint(60);
select throws_ok($$select press.anchored_proof(id) from ticket$$, 'PRUNS', null, 'nor while it waits');
create temp table sent as select * from tests.put_on_chain((select id from anchor));

select tests.as_gateway('press_anonymous');
create temp table document as select press.anchored_proof(id) as text from ticket;
grant select on document to public;
select is((text::jsonb -> 'block')::text, 'null', 'then everybody has it, at first without a block') from document;
select tests.as_superuser();
select ok(press_private.is_canonical_json(text), 'it is canonical JSON') from document;
select is(text::jsonb ->> 'type', 'golden-press/anchor/v1', 'of a type of its own') from document;
select is(text::jsonb ->> 'proof', press.timechain_proof(t.id), 'its proof is the ticket''s, under the checkpoint') from document, ticket t;
select is(text::jsonb ->> 'checkpoint', c.note, 'which is there as it was published') from document, covering c;
select ok(text::jsonb ->> 'transaction' = encode(s.raw, 'hex') and text::jsonb ->> 'txid' = s.txid, 'and so is the transaction') from document, sent s;
select ok(position(press_private.publication_script(text::jsonb ->> 'checkpoint', null, null) in decode(text::jsonb ->> 'transaction', 'hex')) > 0, 'with an output that says the checkpoint') from document;

-- Later checkpoints on the chain do not take its place, because less stands on them.
select tests.see(id, 'mined', jsonb_build_object('block_hash', repeat('d', 64), 'block_height', 101, 'header', repeat('01', 80), 'merkle_index', 3, 'merkle_hashes', jsonb_build_array(repeat('e', 64)))) from sent;
select tests.make_edition('later', 5);
select tests.publish_checkpoint() is not null;
alter table press.publications disable trigger _200_guard_identity;
update press.publications set submitted_at = submitted_at - interval '1 hour';
alter table press.publications enable always trigger _200_guard_identity;
select tests.put_on_chain(a.id, 110) is not null from press_worker.anchor_checkpoint(60) a;
create temp table mined as select press.anchored_proof(id)::jsonb as document from ticket;
select is(m.document ->> 'txid', s.txid, 'the earliest that a block has is taken') from mined m, sent s;
select is(document ->> 'checkpoint', (select note from covering), 'with its own checkpoint') from mined;
select is((document -> 'block')::text, jsonb_build_object('hash', repeat('d', 64), 'height', 101, 'header', repeat('01', 80), 'merkle_path', jsonb_build_object('index', 3, 'hashes', jsonb_build_array(repeat('e', 64))))::text,
  'and the block says where it is') from mined;
select is(press.timechain_proof(id) <> (select document ->> 'proof' from mined), true, 'while the ticket''s own proof goes on to the last checkpoint') from ticket;
select * from finish();
