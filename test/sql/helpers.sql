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

/* A status list as the worker makes it. The bits are nobody's to read in the database, and are left out. */
create function tests.status_list(list integer, bits text default 'u', type text default 'BitstringStatusListCredential',
    valid_from timestamptz default clock_timestamp(), valid_for interval default '24 hours') returns text
  language sql volatile as $$
    select format('{"@context":["https://www.w3.org/ns/credentials/v2"],"credentialSubject":{"encodedList":"%s","id":"https://press.test/credentials/status/%s#list","statusPurpose":"revocation","type":"BitstringStatusList"},"id":"https://press.test/credentials/status/%2$s","issuer":"did:web:press.test","type":["VerifiableCredential","%3$s"],"validFrom":"%4$s","validUntil":"%5$s"}',
      bits, list, type, press_private.rfc3339(valid_from), press_private.rfc3339(valid_from + valid_for))
$$;

/* A credential under one of the keys above. */
create function tests.sign_credential(unsigned text, seed text default 'b') returns text
  language sql volatile as $$
    select press_private.credential_document(unsigned, o.options, encode(tests.sign_bytes(seed, press_private.credential_digest(unsigned, o.options)), 'hex'))
    from (select press_private.proof_options('did:web:press.test', tests.key_id(seed), now()) as options) o
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
/* The output script of a wallet; nobody has its key, because the database verifies no signature of a transaction. */
create function tests.wallet(seed text default 'a') returns text
  language sql immutable as $$ select '76a914' || left(encode(sha256(convert_to('the wallet ' || wallet.seed, 'UTF8')), 'hex'), 40) || '88ac' $$;

/* So many coins of the wallet, as if somebody had paid them. */
create function tests.fund(coin_count integer, satoshis bigint default 1000, seed text default 'a') returns void
  language plpgsql volatile as $$
begin
  perform press.fund_pool(encode(sha256(convert_to(format('%s %s %s', seed, fund.satoshis, n + c.count), 'UTF8')), 'hex'), n, fund.satoshis, tests.wallet(seed))
  from (select count(*) as count from press.utxos) c, generate_series(1, fund.coin_count) n;
end
$$;

/* A signature in strict DER, of 70 bytes, with a low S; it is one of nothing. */
create function tests.der(seed text) returns text
  language sql immutable as $$
    select translate(encode(decode('30440220', 'hex') || set_byte(sha256(convert_to('r' || der.seed, 'UTF8')), 0, 1) || decode('0220', 'hex') || set_byte(sha256(convert_to('s' || der.seed, 'UTF8')), 0, 1), 'base64'), E'\n', '') $$;

/* The key of a person for records, which a worker has verified. */
create function tests.publishing_key(subject text) returns uuid
  language plpgsql volatile as $$
declare
  v_public_key  text := '02' || encode(sha256(convert_to(publishing_key.subject, 'UTF8')), 'hex');
begin
  insert into press.holders (subject) select publishing_key.subject where not exists (select from press.holders h where h.subject = publishing_key.subject);
  insert into press.publishing_keys (holder_id, public_key, possession_signature, verified_at)
  select h.id, v_public_key, tests.der(h.subject), now() from press.holders h where h.subject = publishing_key.subject
  on conflict on constraint publishing_keys_public_key_key do nothing;
  return (select k.id from press.publishing_keys k where k.public_key = v_public_key);
end
$$;

/* A record of a person, queued since `age`; what it says has so many bytes. */
create function tests.queue_record(subject text, nonce text, age interval default '0 s', byte_count integer default 100, expires_in interval default '1 day') returns uuid
  language plpgsql volatile as $$
declare
  v_key_id      uuid := tests.publishing_key(queue_record.subject);
  v_expires_at  timestamptz := date_trunc('milliseconds', clock_timestamp() + expires_in);
  v_payload     text := format('{"data":"%s","expires_at":"%s","nonce":"%s"}', repeat('x', greatest(0, byte_count - 65 - length(nonce))), press_private.rfc3339(v_expires_at), nonce);
  v_id          uuid;
begin
  insert into press.publications (kind, key_id, holder_id, nonce, expires_at, payload, payload_hash, signature, submitted_at)
  select 'record', k.id, k.holder_id, queue_record.nonce, v_expires_at, v_payload, encode(sha256(convert_to(v_payload, 'UTF8')), 'hex'), tests.der(v_payload),
    -- One after the other, also within a millisecond.
    clock_timestamp() - age + make_interval(secs => (select count(*) from press.publications) / 1000.0)
  from press.publishing_keys k where k.id = v_key_id
  returning id into v_id;
  return v_id;
end
$$;

/* What a worker of the wallet is handed, for five minutes. */
create function tests.claim(window_ms integer default 0, max_transactions integer default 100, seed text default 'a', fee integer default 100)
  returns setof press_private.unsigned_transaction_record
  language sql volatile as $$
    select * from press_worker.publications_to_send(tests.wallet(seed), claim.fee, claim.window_ms, 100000, claim.max_transactions, 300) $$;

create function tests.claim_one(seed text default 'a', window_ms integer default 0) returns press_private.unsigned_transaction_record
  language plpgsql volatile as $$
declare
  v_claimed  press_private.unsigned_transaction_record;
begin
  select * into v_claimed from tests.claim(claim_one.window_ms, 1, claim_one.seed);
  return v_claimed;
end
$$;

/* A number in hex, least significant byte first. */
create function tests.le(number bigint, byte_count integer) returns text
  language sql immutable as $$
    select string_agg(lpad(to_hex((le.number >> 8 * n) & 255), 2, '0'), '' order by n) from generate_series(0, le.byte_count - 1) n $$;
create function tests.compact(number bigint) returns text
  language sql immutable as $$
    select case when compact.number < 253 then tests.le(compact.number, 1) when compact.number < 65536 then 'fd' || tests.le(compact.number, 2) else 'fe' || tests.le(compact.number, 4) end $$;
create function tests.push(hex text) returns text
  language sql immutable as $$
    select case when length(push.hex) <= 150 then tests.le(length(push.hex) / 2, 1) when length(push.hex) <= 510 then '4c' || tests.le(length(push.hex) / 2, 1)
           else '4d' || tests.le(length(push.hex) / 2, 2) end || push.hex $$;

/* The transaction as a worker builds it from what it was handed, in hex: written apart from the functions that it is held to. */
create function tests.build(claimed press_private.unsigned_transaction_record) returns text
  language plpgsql stable as $$
declare
  v_scripts  text[] := array(
    select '006a0c' || encode('golden-press', 'hex') || tests.push(encode(convert_to(p ->> 'payload', 'UTF8'), 'hex'))
      || coalesce(tests.push(encode(decode(p ->> 'signature', 'base64'), 'hex')) || tests.push(p ->> 'public_key'), '')
    from jsonb_array_elements(claimed.publications) with ordinality e (p, n) order by n);
begin
  return '01000000' || tests.compact(jsonb_array_length(claimed.inputs))
    || (select string_agg(
          encode(tests.reverse(decode(i ->> 'txid', 'hex')), 'hex') || tests.le((i ->> 'output_index')::bigint, 4)
          || '6a' || tests.push(encode(decode(tests.der(i ->> 'txid'), 'base64') || '\x41', 'hex')) || tests.push('03' || repeat('ab', 32)) || 'ffffffff', '' order by n)
        from jsonb_array_elements(claimed.inputs) with ordinality e (i, n))
    || tests.compact(cardinality(v_scripts) + claimed.split_count + (claimed.change_satoshis > 0)::integer)
    || coalesce((select string_agg(tests.le(0, 8) || tests.compact(length(s) / 2) || s, '' order by n) from unnest(v_scripts) with ordinality e (s, n)), '')
    || repeat(tests.le(claimed.split_satoshis, 8) || '19' || claimed.wallet_script, claimed.split_count)
    || case when claimed.change_satoshis > 0 then tests.le(claimed.change_satoshis, 8) || '19' || claimed.wallet_script else '' end
    || '00000000';
end
$$;

create function tests.txid(raw text) returns text
  language sql immutable as $$ select encode(tests.reverse(sha256(sha256(decode(txid.raw, 'hex')))), 'hex') $$;

/* Signs and stores what was handed out; returns the outcome. */
create function tests.store(claimed press_private.unsigned_transaction_record) returns text
  language plpgsql volatile as $$
declare
  v_raw  text := tests.build(claimed);
begin
  return (select outcome from press_worker.store_transactions(array[claimed.transaction_id], array[claimed.epoch], array[tests.txid(v_raw)], array[v_raw], 60));
end
$$;

/* Claims and stores one transaction, and returns its id: from then on it may be out. */
create function tests.send_one(seed text default 'a', window_ms integer default 0) returns bigint
  language plpgsql volatile as $$
declare
  v_claimed  press_private.unsigned_transaction_record := tests.claim_one(seed, window_ms);
begin
  if tests.store(v_claimed) is distinct from 'stored' then
    raise 'It was not stored: %', v_claimed;
  end if;
  return v_claimed.transaction_id;
end
$$;

/* What a worker tells of the latest attempt, having looked for the transaction in vain, unless told otherwise. */
create function tests.tell(transaction_id bigint, outcome text, more jsonb default '{}') returns text
  language sql volatile as $$
    select r.effect || ': ' || r.state
    from press_worker.record_outcomes(jsonb_build_array(jsonb_build_object('transaction_id', tell.transaction_id,
      'attempt', (select t.attempts from press.chain_transactions t where t.id = tell.transaction_id), 'outcome', tell.outcome, 'is_seen', false) || tell.more)) r $$;

create function tests.see(transaction_id bigint, sighting text, more jsonb default '{}') returns text
  language sql volatile as $$
    select r.state::text
    from press_worker.record_sightings(jsonb_build_array(jsonb_build_object('transaction_id', see.transaction_id, 'sighting', see.sighting,
      'block_hash', repeat('b', 64), 'block_height', 100) || see.more)) r $$;

/* As if the leases and waits of all transactions had run out. */
create function tests.let_leases_end() returns void
  language sql volatile as $$
    update press.chain_transactions set retry_at = clock_timestamp() where state in ('sending', 'unknown', 'accepted') and retry_at is not null;
    update press.chain_transactions set reserved_until = clock_timestamp() where state = 'reserved'; $$;

/* Sends again what is due, and returns how many. */
create function tests.send_again() returns bigint
  language sql volatile as $$ select tests.let_leases_end(); select count(*) from press_worker.transactions_to_send(100, 60) $$;

/* What the audit finds wrong with coins, transactions and publications. */
create function tests.pool_findings() returns table ("check" text, subject text, finding text)
  language sql stable as $$ select * from press_private.audit_pool() union all select * from press_private.audit_transactions() union all select * from press_private.audit_outputs() $$;

/* How the publications stand, by their nonces: a1 sent, a2 failed(BROADCAST_REJECTED). */
create function tests.standing() returns text
  language sql stable as $$
    select string_agg(p.nonce || ' ' || p.state || coalesce('(' || p.error_code || ')', '') || case when p.after_transaction_id is null then '' else ' waits' end, ', ' order by p.nonce collate "C")
    from press.publications p $$;

/* How many coins are in each state: available 3, spent 1. */
create function tests.coins() returns text
  language sql stable as $$
    select string_agg(h.state || ' ' || h.utxo_count, ', ' order by h.state) from press.utxo_pool_health h where h.utxo_count > 0 $$;
