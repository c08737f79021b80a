/* Helpers of the tests in this folder, in a schema `tests` of every test database. Everybody may call them: a test takes the
   place of a login with little rights, and comes back. What they set lasts until the transaction's end; each file has one. */

create schema tests;
grant usage on schema tests to public;

/* The session of the gateway's login, as it is within one request: `role` is press_anonymous, press_holder or press_operator,
   `subject` the token's sub. Without this, current_actor() believes no claim: it looks at session_user. */
create function tests.as_gateway(role text, subject text default null) returns void
  language plpgsql volatile as $$
begin
  perform tests.as_login('press_gateway');
  execute format('set local role %I', as_gateway.role);
  perform set_config('press.subject', coalesce(as_gateway.subject, ''), true);
end
$$;

/* The session of any database login, such as tests.operator_login(). */
create function tests.as_login(login text) returns void
  language plpgsql volatile as $$
begin
  perform tests.as_superuser();
  execute format('set local session authorization %I', as_login.login);
end
$$;

/* Back to the login that runs the tests. */
create function tests.as_superuser() returns void
  language plpgsql volatile as $$
begin
  set local session authorization default;
  set local role none;
  perform set_config('press.subject', '', true);
end
$$;

/* An edition that issues, made by whoever runs the tests. */
create function tests.make_edition(slug text, cap integer, per_holder_limit integer default null, opens_at timestamptz default null, closes_at timestamptz default null)
  returns void
  language plpgsql volatile as $$
begin
  perform press.create_edition(slug, 'The edition ' || slug, cap, per_holder_limit, 'none', opens_at, closes_at);
  perform press.open_edition(slug);
end
$$;

/* An edition that issues and will be drawn, made by whoever runs the tests: of a sealed draw with the commitment to tests.draw_secret. */
create function tests.make_raffle(slug text, draw_mode text, cap integer default 100, closes_at timestamptz default null, draw_delay_seconds integer default null,
    beacon_chain_hash text default null)
  returns void
  language plpgsql volatile as $$
begin
  perform press.create_edition(slug, 'The raffle ' || slug, cap, cap, make_raffle.draw_mode::press.draw_mode, null,
    make_raffle.closes_at, make_raffle.draw_delay_seconds, make_raffle.beacon_chain_hash);
  perform press_worker.commit_draw(d.edition_id, encode(sha256(decode(tests.draw_secret(d.edition), 'hex')), 'hex'))
  from press_worker.drafts_to_commit() d;
  perform press.open_edition(slug);
end
$$;

create function tests.draw_secret(edition text) returns text
  language sql immutable as $$ select encode(sha256(convert_to('the secret of ' || draw_secret.edition, 'UTF8')), 'hex') $$;

/* A chain with a round every second, whose key is nobody's: the database does not verify signatures of beacons. */
create function tests.make_chain() returns text
  language sql volatile as $$
    insert into press.beacon_chains (chain_hash, public_key, genesis_at, period_seconds)
    values (repeat('ab', 32), repeat('cd', 96), '2020-01-01T00:00:00Z', 1) returning chain_hash $$;

/* As if an hour had passed since everything happened that there is of this edition and of the ledger. Its entries are made anew, and the tree is not. */
create function tests.let_an_hour_pass(slug text) returns void
  language plpgsql volatile as $$
begin
  alter table press.editions disable trigger _200_guard_terms;
  alter table press.ledger_entries disable trigger _200_refuse_update;
  alter table press.checkpoints disable trigger _200_refuse_update;
  update press.editions e set closes_at = e.closes_at - interval '1 hour', closed_at = e.closed_at - interval '1 hour' where e.slug = let_an_hour_pass.slug;
  update press_private.ledger_inbox i set leaf = press_private.edition_opened_leaf(e)
  from press.editions e where e.slug = let_an_hour_pass.slug and i.edition_id = e.id and i.type = 'edition.opened';
  update press.ledger_entries i set leaf = n.leaf, leaf_hash = press_private.leaf_hash(n.leaf)
  from press.editions e
  cross join lateral (values ('edition.opened', press_private.edition_opened_leaf(e)), ('edition.closed', press_private.edition_closed_leaf(e))) n (type, leaf)
  where e.slug = let_an_hour_pass.slug and i.edition_id = e.id and i.type = n.type;
  update press.ledger_entries set recorded_at = recorded_at - interval '1 hour';
  update press.checkpoints set signed_at = signed_at - interval '1 hour';
  alter table press.editions enable always trigger _200_guard_terms;
  alter table press.ledger_entries enable always trigger _200_refuse_update;
  alter table press.checkpoints enable always trigger _200_refuse_update;
end
$$;

/* What a worker does at every look for editions that closed: for how many edition.closed was dropped into the inbox. */
create function tests.record_closings() returns integer
  language sql volatile as $$
    select count(*) filter (where press_worker.record_closed_edition(e))::integer from press_worker.editions_to_record() e $$;

/* Keys of the test vectors of RFC 8032, 7.1: a is the first, b the second, c the third. */
create function tests.public_key(seed text default 'a') returns text
  language sql immutable as $$
    select case public_key.seed when 'a' then 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'
                                when 'b' then '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'
                                when 'c' then 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025' end $$;

create function tests.secret_key(seed text default 'a') returns text
  language sql immutable as $$
    select case secret_key.seed when 'a' then '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'
                                when 'b' then '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'
                                when 'c' then 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7' end $$;

create function tests.key_id(seed text default 'a') returns text
  language sql immutable as $$ select left(encode(sha256(decode(tests.public_key(key_id.seed), 'hex')), 'hex'), 16) $$;

/* 128 hex characters, a different one for each seed. */
create function tests.signature(seed text) returns text
  language sql immutable as $$ select encode(sha512(signature.seed::bytea), 'hex') $$;

/* An Ed25519 signature (RFC 8032, 5.1.6) under one of the keys above. */
create function tests.sign_bytes(seed text, message bytea) returns bytea
  language plpgsql stable as $$
declare
  L         constant numeric := press_private.ed25519_order();
  v_hash    bytea := sha512(decode(tests.secret_key(sign_bytes.seed), 'hex'));
  v_clamped bytea := set_byte(set_byte(substr(v_hash, 1, 32), 0, get_byte(v_hash, 0) & 248), 31, get_byte(v_hash, 31) & 63 | 64);
  v_secret  numeric := press_private.little_endian(v_clamped) % L;
  v_nonce   numeric := press_private.little_endian(sha512(substr(v_hash, 33) || sign_bytes.message)) % L;
  v_r       bytea := tests.reverse(press_private.big_endian(press_private.ed25519_encode(
              press_private.ed25519_add_from_comb((0, 1, 1, 0), 0, v_nonce))));
  v_h       numeric := press_private.little_endian(sha512(v_r || decode(tests.public_key(sign_bytes.seed), 'hex') || sign_bytes.message)) % L;
begin
  return v_r || tests.reverse(press_private.big_endian((v_nonce + v_h * v_secret) % L));
end
$$;

create function tests.sign(seed text, message text) returns bytea
  language sql stable as $$ select tests.sign_bytes(sign.seed, convert_to(sign.message, 'UTF8')) $$;

create function tests.reverse(bytes bytea) returns bytea
  language sql immutable as $$
    select string_agg(substr(reverse.bytes, n, 1), '' order by n desc) from generate_series(1, length(reverse.bytes)) n $$;

/* Signs all that is pending under the key a. */
create function tests.sign_pending() returns void
  language plpgsql volatile as $$
begin
  perform press_worker.register_signing_key(tests.public_key(), 'ticket');
  perform press_worker.attach_signatures(tests.key_id(), array_agg(s.ticket_id), array_agg(encode(tests.sign('a', s.payload), 'hex')))
  from press_worker.tickets_to_sign(tests.key_id(), 1000, 60) s;
end
$$;

/* A compact JWS as evidence; nobody has signed it, because the database does not look. */
create function tests.id_token(subject text) returns text
  language sql immutable as $$
    select string_agg(translate(encode(convert_to(p, 'UTF8'), 'base64'), E'+/=\n', '-_'), '.')
    from unnest(array['{"alg":"EdDSA"}', format('{"sub":"%s"}', id_token.subject), 'signature of ' || id_token.subject]) p $$;

create function tests.oidc_proof(subject text) returns text
  language sql immutable as $$ select format('{"issuer":"https://id.test","kind":"oidc","subject":%s}', to_json(oidc_proof.subject)) $$;

create function tests.repository_proof(account_id bigint) returns text
  language sql immutable as $$
    select format('{"account_id":%s,"kind":"repository","service":"https://api.test"}', repository_proof.account_id) $$;

/* Facts that break no rule. */
create function tests.repository_facts() returns jsonb
  language sql immutable as $$
    select '{"repository_created_at":"2020-01-01T00:00:00Z","repository_size_kb":1000,"account_created_at":"2020-01-01T00:00:00Z"}'::jsonb $$;

create function tests.nonce_of(subject text, kind text) returns text
  language sql stable as $$
    select n.nonce from press_private.attestation_nonces n join press.holders h on h.id = n.holder_id
    where h.subject = nonce_of.subject and n.kind::text = nonce_of.kind $$;

/* An address that nobody has come from: 2001:db8:0:1::1, 2001:db8:0:2::1 and so on, in the documentation prefix. */
create sequence tests.addresses;
grant usage on sequence tests.addresses to public;
create function tests.fresh_address() returns text
  language sql volatile as $$ select '2001:db8:0:' || to_hex(nextval('tests.addresses')) || '::1' $$;

/* A person's evidence, submitted by whoever runs the tests, from an address of its own. */
create function tests.submit(subject text, kind text default 'oidc', evidence text default null) returns press.attestations
  language plpgsql volatile as $$
declare
  v_attestation  press.attestations;
begin
  perform press.begin_attestation(submit.kind::press.attestation_kind, submit.subject);
  v_attestation := press.submit_attestation(
    submit.kind::press.attestation_kind,
    coalesce(submit.evidence, case submit.kind when 'oidc' then tests.id_token(submit.subject) else submit.subject || '/press' end),
    null, submit.subject, tests.fresh_address());
  return v_attestation;
end
$$;

/* Evidence that was submitted and holds: decided as a worker decides it. account: whose; the subject's own unless told. */
create function tests.attest(subject text, kind text default 'oidc', account text default null) returns press.attestations
  language plpgsql volatile as $$
declare
  v_attestation  press.attestations := tests.submit(attest.subject, attest.kind);
  v_account      text := coalesce(attest.account, attest.subject);
begin
  return press_worker.verify_attestation(
    v_attestation.id,
    case attest.kind when 'oidc' then tests.oidc_proof(v_account) else tests.repository_proof(abs(hashtext(v_account)) + 1::bigint) end,
    tests.nonce_of(attest.subject, attest.kind),
    case attest.kind when 'oidc' then '{}' else tests.repository_facts() end);
end
$$;

/* Signs all credentials that are pending under the key b. */
create function tests.sign_credentials() returns void
  language plpgsql volatile as $$
begin
  perform press_worker.register_signing_key(tests.public_key('b'), 'credential');
  perform press_worker.attach_credential_signatures(
    tests.key_id('b'), array_agg(s.credential_id),
    array_agg(encode(tests.sign_bytes('b', press_private.credential_digest(s.unsigned_document, s.proof_options)), 'hex')))
  from press_worker.credentials_to_sign(tests.key_id('b'), 'did:web:press.test', 'https://press.test', 1000, 60) s;
end
$$;

/* The signed note (C2SP tlog-checkpoint) of any size and root, by one of the keys above. */
create function tests.checkpoint_note(tree_size bigint, root_hash bytea, seed text default 'c', origin text default 'press.test/ledger') returns text
  language sql stable as $$
    select b.body || E'\n— ' || origin || ' ' || translate(encode(
        substr(sha256(convert_to(origin || E'\n\x01', 'UTF8') || decode(tests.public_key(seed), 'hex')), 1, 4) || tests.sign(seed, b.body),
        'base64'), E'\n', '') || E'\n'
    from (select format(E'%s\n%s\n%s\n', origin, tree_size, encode(root_hash, 'base64')) as body) b
$$;

/* Gives everything its place in the ledger, and publishes the checkpoint of it under the key c. */
create function tests.publish_checkpoint() returns press.checkpoints
  language plpgsql volatile as $$
declare
  v_checkpoint  press.checkpoints;
begin
  perform press_worker.register_signing_key(tests.public_key('c'), 'checkpoint');
  while press_worker.integrate_ledger(1000) > 0 loop
  end loop;
  select p.* into strict v_checkpoint
  from press_worker.checkpoint_to_sign() s,
    press_worker.publish_checkpoint(tests.key_id('c'), s.tree_size, s.root_hash, tests.checkpoint_note(s.tree_size, s.root_hash)) p;
  return v_checkpoint;
end
$$;

/* All that comes before a draw can be made: everything is signed, in the ledger and under a checkpoint. */
create function tests.record_all() returns void
  language plpgsql volatile as $$
begin
  perform tests.sign_pending() where exists (select from press.tickets t where t.status = 'pending');
  perform tests.record_closings();
  perform tests.publish_checkpoint();
end
$$;

/* Decides every draw that can be decided, as a worker does: random_int by the last entry, a beacon by a signature that is its round's number. */
create function tests.make_draws() returns setof press.draws
  language plpgsql volatile as $$
begin
  perform press_worker.archive_beacon_round(d.chain_hash, d.round, lpad(d.round::text, 96, '0')) from press_worker.draws_to_make() d where d.mode = 'beacon';
  return query
  select r.* from press_worker.draws_to_make() d,
    press_worker.record_draw(d.edition_id, d.attempt, case d.mode when 'random_int' then nullif(d.entries_count, 0) - 1 end,
      case d.mode when 'sealed' then tests.draw_secret(d.edition) end) r;
end
$$;

/* What has the form of a key of records, of a signature of one (DER of r and s = 1), and of its text. Nobody has signed anything, because the database does not look. */
create function tests.record_key(n integer default 1) returns text
  language sql immutable as $$ select '02' || lpad(to_hex(record_key.n), 64, '0') $$;
create function tests.record_signature(r integer default 1) returns text
  language sql immutable as $$ select encode(decode('30060201' || lpad(to_hex(record_signature.r), 2, '0') || '020101', 'hex'), 'base64') $$;
create function tests.record(nonce text default 'nonce-1', expires_in interval default '1 hour', value text default 'x') returns text
  language sql stable as $$
    select format('{"expires_at":"%s","nonce":%s,"value":%s}',
      to_char((clock_timestamp() + record.expires_in) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), to_json(record.nonce), to_json(record.value)) $$;

/* A key of a person, registered by whoever runs the tests; the ledger has a name then. */
create function tests.register_key(subject text, n integer default 1) returns press.publishing_keys
  language plpgsql volatile as $$
begin
  perform tests.publish_checkpoint() where press_private.ledger_origin() is null;
  return press.register_public_key(tests.record_key(n), tests.record_signature(), subject);
end
$$;

/* A record of a key that is registered, submitted by whoever runs the tests. */
create function tests.submit_record(nonce text default 'nonce-1', n integer default 1) returns press.publications
  language sql volatile as $$ select press.submit_record(tests.record(submit_record.nonce), tests.record_signature(), tests.record_key(submit_record.n)) $$;

/* What a worker does to send a publication in a transaction of its own: the nodes have taken it, or a block at this height has it. Where no coin of 100000 satoshis
   is left, whoever calls has to be an operator. */
create function tests.put_on_chain(publication_id uuid, block_height integer default null) returns press.chain_transactions
  language plpgsql volatile as $$
declare
  v_terms        press.chain_transactions;
  v_transaction  press.chain_transactions;
  v_coin         bigint := (select min(u.id) from press.utxos u where u.state = 'available' and u.satoshis = 100000 and u.wallet_script = tests.wallet());
begin
  if v_coin is null then
    perform tests.fund(1, 100000);
    v_coin := (select max(u.id) from press.utxos u where u.satoshis = 100000);
  end if;
  v_terms := jsonb_populate_record(v_terms, jsonb_build_object('wallet_script', tests.wallet(), 'fee_satoshis_per_kb', 100, 'dust_satoshis', 1,
    'is_split', false, 'split_count', 0, 'split_satoshis', 0, 'reserved_until', clock_timestamp() + interval '1 minute'));
  v_transaction.id := (
    select press_private.reserve_transaction(v_terms, array[p.id], press_private.publication_output_bytes(p), array[v_coin])
    from press.publications p where p.id = put_on_chain.publication_id);
  perform tests.store(u) from press_private.unsigned_transactions(array[v_transaction.id]) u;
  perform tests.tell(v_transaction.id, 'accepted');
  perform tests.see(v_transaction.id, 'mined', jsonb_build_object('block_height', block_height)) where block_height is not null;
  select t.* into strict v_transaction from press.chain_transactions t where t.id = v_transaction.id;
  return v_transaction;
end
$$;
