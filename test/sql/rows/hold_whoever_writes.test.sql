/* What the tables themselves hold everybody to, a superuser too. With every trigger off: a null, what a check excludes, the second of what there is once, and what refers to what
   is not there are refused. With the triggers of one table on: what is never done is refused, and what is done leaves its trace. Of each table there is one row that it takes, and
   every other row here differs from that in one thing. Placeholders are in pg_temp.words. */
select plan(500);
create temp table words as
select * from (values ('$t', to_json('2026-01-01T00:00:00Z'::text)::text), ('$1', '"00000000-0000-4000-8000-000000000001"'), ('$2', '"00000000-0000-4000-8000-000000000002"'), ('$3', '"00000000-0000-4000-8000-000000000003"'),
  ('$h64b', repeat('b', 64)), ('$h65536', repeat('a', 65536)), ('$h20001', repeat('a', 20001)), ('$h10001', repeat('a', 10001)), ('$h501', repeat('a', 501)), ('$h201', repeat('a', 201)), ('$h192', repeat('a', 192)), ('$h96', repeat('a', 96)), ('$h64', repeat('a', 64)),
  ('$b32b', '\\x' || repeat('bb', 32)), ('$b32', '\\x' || repeat('aa', 32)), ('$b64', '\\x' || repeat('aa', 64)), ('$wallet', tests.wallet()), ('$pk', tests.public_key()), ('$kid_of_ab', left(encode(sha256('\xab'), 'hex'), 16)), ('$kid', tests.key_id()),
  ('$leaf', '\\x' || encode(sha256('\x0078'), 'hex')), ('$hash_of_x', encode(sha256('x'), 'hex')), ('$hash_of_nothing', encode(sha256(''), 'hex')), ('$hash_of_10001', encode(sha256(convert_to(repeat('a', 10001), 'UTF8')), 'hex')))
  w (word, meaning);
create function pg_temp.read(members text) returns jsonb language plpgsql stable as $$
declare
  v_text  text := '{' || read.members || '}';
  v_word  record;
begin
  for v_word in select * from words order by length(word) desc loop
    v_text := replace(v_text, v_word.word, v_word.meaning);
  end loop;
  return v_text;
end $$;
create temp table base as
select relation::regclass, pg_temp.read(members) as members
from (values
  ('press.editions', '"id":1,"slug":"a","title":"A","cap":5,"per_holder_limit":2,"draw_mode":"none","status":"open","created_at":$t,"opened_at":$t,"required_trust_level":0'),
  ('press.holders', '"id":$1,"subject":"alice","trust_level":0,"is_active":true,"created_at":$t'),
  ('press.tickets', '"id":$1,"edition_id":1,"ticket_number":1,"holder_id":$1,"holder_slot":1,"cap":5,"per_holder_limit":2,"status":"pending","issued_at":$t'),
  ('press.revocations', '"edition_id":1,"ticket_number":1,"reason":"So.","revoked_by":"operator:x","revoked_at":$t,"is_reason_published":true'),
  ('press.redemptions', '"edition_id":1,"ticket_number":1,"holder_id":$1,"redeemed_by":"holder","redeemed_at":$t'),
  ('press.signing_keys', '"key_id":"$kid","public_key":"$pk","activated_at":$t,"purpose":"ticket"'),
  ('press.ledger_entries', '"place":0,"type":"ticket.issued","edition_id":1,"ticket_number":1,"leaf":"x","leaf_hash":"$leaf","recorded_at":$t'),
  ('press.checkpoints', '"tree_size":1,"root_hash":"$b32","key_id":"k","note":"n","signed_at":$t'),
  ('press.beacon_chains', '"chain_hash":"$h64","public_key":"$h192","genesis_at":$t,"period_seconds":1'),
  ('press.beacon_rounds', '"chain_hash":"$h64","round":1,"signature":"$h96","archived_at":$t'),
  ('press.draws', '"edition_id":1,"attempt":1,"status":"requested","requested_at":$t'),
  ('press.rule_sets', '"id":1,"rule_set_hash":"$h64","repository_age_days":0,"repository_size_kb":0,"account_age_days":0,"checks_per_hour":1,"activated_at":$t'),
  ('press.attestations', '"id":$1,"holder_id":$1,"kind":"oidc","status":"submitted","evidence_digest":"$h64","submitted_at":$t,"address_checks":1'),
  ('press.credentials', '"id":$1,"attestation_id":$1,"holder_id":$1,"kind":"oidc","trust_level":1,"status":"pending","status_list":1,"status_index":0,"valid_from":$t,"valid_until":"2027-01-01T00:00:00Z"'),
  ('press.publishing_keys', '"id":$1,"holder_id":$1,"public_key":"02$h64","possession_signature":"s","records_per_hour":1,"registered_at":$t'),
  ('press.publications', '"id":$1,"kind":"record","state":"queued","key_id":$1,"holder_id":$1,"nonce":"n","expires_at":$t,"payload":"x","payload_hash":"$hash_of_x","signature":"s","bundle_limit":1,"submitted_at":$t,"updated_at":$t'),
  ('press.chain_transactions', '"id":1,"state":"reserved","epoch":0,"reserved_until":$t,"wallet_script":"$wallet","is_split":false,"split_count":0,"split_satoshis":0,"has_checkpoint":false,"fee_satoshis":0,"fee_satoshis_per_kb":0,"dust_satoshis":1,"change_satoshis":0,"depth":0,"attempts":0,"answered_attempt":0,"may_be_out":false,"refused_count":0,"created_at":$t,"updated_at":$t'),
  ('press.utxos', '"id":1,"txid":"$h64","output_index":0,"wallet_script":"$wallet","satoshis":1,"state":"available","depth":0,"funded_by":"x","created_at":$t,"updated_at":$t'),
  ('press_private.chain_inputs', '"transaction_id":1,"input_index":0,"utxo_id":1,"is_live":true'),
  ('press_private.chain_outputs', '"transaction_id":1,"output_index":0,"publication_id":$1'),
  ('press_private.chain_tip', '"is_only":true,"height":1,"hash":"$h64","seen_at":$t'),
  ('press_private.signing_claims', '"edition_id":1,"ticket_number":1,"ticket_id":$1,"key_id":"k","claimed_until":$t,"is_doubtful":false'),
  ('press_private.ed25519_combs', '"id":1,"public_key":"$b32"'),
  ('press_private.ed25519_comb_points', '"comb_id":1,"place":0,"multiple":0,"y_minus_x":1,"y_plus_x":1,"xy2d":1'),
  ('press_private.ledger_inbox', '"id":1,"type":"ticket.issued","leaf":"x"'),
  ('press_private.ledger_nodes', '"level":1,"index":0,"hash":"$b32"'),
  ('press_private.ledger_head', '"is_only":true,"tree_size":0'),
  ('press_private.ledger_adoptions', '"id":1,"origin":"o","reason":"r","tree_size":1,"adopted_at":$t'),
  ('press_private.press_state', '"id":1,"is_stopped":false,"reason":"r","changed_by":"x","changed_at":$t'),
  ('press_private.closings_to_record', '"edition_id":1'),
  ('press_private.row_seals', '"hash":"$b32"'),
  ('press_private.event_stream', '"is_only":true'),
  ('press_private.draw_requests', '"edition_id":1,"attempt":1,"requested_by":"operator:x","request_key":$1'),
  ('press_private.hashing_key', '"is_only":true,"key":"$b32","inner_key":"$b64","outer_key":"$b64"'),
  ('press_private.rule_set_requests', '"rule_set_id":1,"requested_by":"operator:x"'),
  ('press_private.attestation_work', '"attestation_id":$1,"kind":"oidc","evidence":"e","tries":0,"try_at":$t'),
  ('press_private.attestation_nonces', '"holder_id":$1,"kind":"oidc","nonce":"$h64","expires_at":$t'),
  ('press_private.address_checks', '"address_hash":"$b32","slot":1,"checks_per_hour":1,"checked_at":$t'),
  ('press_private.credential_payloads', '"credential_id":$1,"key_id":"k","unsigned_document":"{}","proof_options":"{}","claimed_until":$t'),
  ('press_private.status_lists', '"list":1,"document":"d","revoked_count":0,"key_id":"k","made_at":$t'),
  ('press_private.erased_holders', '"holder_id":$1,"subject_hash":"$b32","erased_at":$t'),
  ('press_private.erased_envelopes', '"edition_id":1,"ticket_number":1,"envelope_hash":"$h64"'),
  ('press_private.changed_rows', '"id":1,"relation":"r","cost":1,"ids":[$1]'),
  ('press_private.looked_rows', '"relation":"r","row_count":0'),
  ('press_private.last_look', '"is_only":true,"ledger_size":0'),
  ('press_private.violations', '"id":1,"check":"c","subject":"s","finding":"f","found_at":$t')) t (relation, members);

/* What the table says to these rows, one after the other: the constraint that refuses the last of them, or "takes them". */
create function pg_temp.says(relation regclass, variadic changes text[]) returns text language plpgsql as $$
declare
  v_row         jsonb := (select b.members from base b where b.relation = says.relation);
  v_change      text;
  v_columns     text := (select string_agg(quote_ident(a.attname), ', ') from pg_attribute a where a.attrelid = says.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '');
  v_constraint  text;
  v_column      text;
begin
  foreach v_change in array changes loop
    v_row := v_row || case v_change when '' then '{}' else pg_temp.read(v_change) end;
    execute format('insert into %s (%s) overriding system value select %2$s from jsonb_populate_record(null::%1$s, $1)', says.relation, v_columns) using v_row;
  end loop;
  raise exception using errcode = 'P0099';
exception
  when sqlstate 'P0099' then return 'takes them';
  when not_null_violation then
    get stacked diagnostics v_column = column_name;
    return 'no null: ' || v_column;
  when integrity_constraint_violation or unique_violation or check_violation or foreign_key_violation then
    get stacked diagnostics v_constraint = constraint_name;
    return v_constraint;
end $$;
create function pg_temp.refers(relation regclass, reference text, change text) returns text language plpgsql as $$
declare
  v_told   text;
  v_other  text;
begin
  for v_other in select k.conname from pg_constraint k where k.conrelid = refers.relation and k.contype = 'f' and k.conname <> refers.reference loop
    execute format('alter table %s drop constraint %I', refers.relation, v_other);
  end loop;
  v_told := pg_temp.says(refers.relation, refers.change);
  raise exception using errcode = 'P0098';
exception
  when sqlstate 'P0098' then return v_told;
end $$;
create function pg_temp.alter_all(what text) returns void language plpgsql as $$
begin
  execute (select string_agg(format('alter table %s %s', b.relation, alter_all.what), ';') from base b);
end $$;

select set_eq('select relation::oid from base', $$select c.oid from pg_class c where c.relnamespace::regnamespace::text in ('press', 'press_private') and c.relkind = 'r'$$, 'every table has a row here');
select pg_temp.alter_all('disable trigger all');
select pg_temp.alter_all('no force row level security');
do $$ begin execute (select 'truncate ' || string_agg(relation::text, ', ') from base); end $$;
select is(pg_temp.says(relation, ''), 'takes them', format('%s takes its row', relation)) from base;

-- Nulls.
select is(
  (select string_agg(a.attname, ' ' order by a.attnum) from pg_attribute a where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    and pg_temp.says(relation, format('%s:null', to_json(a.attname))) <> 'no null: ' || a.attname),
  nullable, format('%s has no null but in these columns', relation))
from base left join (values
  ('press.editions'::regclass, 'opens_at closes_at opened_at closed_at draw_commitment draw_delay_seconds beacon_chain_hash required_kind'),
  ('press.holders'::regclass, 'subject deactivation_reason'),
  ('press.tickets'::regclass, 'issued_by request_key request_position envelope'),
  ('press.revocations'::regclass, 'reason'),
  ('press.redemptions'::regclass, 'request_key'),
  ('press.signing_keys'::regclass, 'retired_at revoked_at revoked_by revocation_reason'),
  ('press.ledger_entries'::regclass, 'edition_id ticket_number'),
  ('press.draws'::regclass, 'replaced_number reason entries_count entries_hash entropy beacon_round tree_size ticket_number drawn_at'),
  ('press.attestations'::regclass, 'submitted_by request_key decided_at rule_set_id facts violations proof_digest renewed_id'),
  ('press.credentials'::regclass, 'document revoked_at revoked_by reason'),
  ('press.publishing_keys'::regclass, 'possession_signature verified_at registered_by revoked_at revoked_by revocation_reason'),
  ('press.publications'::regclass, 'key_id holder_id submitted_by nonce expires_at payload signature checkpoint_size transaction_id output_index after_transaction_id error_code error_detail sent_at'),
  ('press.chain_transactions'::regclass, 'replaces_id txid raw retry_at error_code error_detail competing_txid stored_at accepted_at mined_at looked_at block_hash block_height block_header merkle_index merkle_hashes'),
  ('press.utxos'::regclass, 'transaction_id reserved_until from_transaction_id spent_by_txid dirty_reason competing_txid funded_by released_by release_reason'),
  ('press_private.chain_outputs'::regclass, 'sent_at'),
  ('press_private.ledger_inbox'::regclass, 'edition_id ticket_number'),
  ('press_private.closings_to_record'::regclass, 'awaited_number'),
  ('press_private.event_stream'::regclass, 'publisher held_until stream_size seen_at problem'),
  ('press_private.draw_requests'::regclass, 'request_key'),
  ('press_private.attestation_work'::regclass, 'nonce'),
  ('press_private.changed_rows'::regclass, 'ids numbers'),
  ('press_private.looked_rows'::regclass, 'last_id last_number'),
  ('press_private.last_look'::regclass, 'looked_at')
) n (relation, nullable) using (relation);

-- Checks.
select is(pg_temp.says(relation::regclass, change), split_part(relation, '.', 2) || '_' || law, format('%s: %s, not %s', relation, law, change))
from (values
  ('press.editions', 'beacon_has_all_its_terms', '"draw_delay_seconds":1'),
  ('press.editions', 'beacon_has_all_its_terms', '"draw_mode":"beacon","draw_delay_seconds":1,"beacon_chain_hash":"$h64"'),
  ('press.editions', 'cap_is_positive', '"cap":0'),
  ('press.editions', 'closed_at_tells_status', '"closed_at":$t'),
  ('press.editions', 'closed_at_tells_status', '"status":"closed"'),
  ('press.editions', 'draw_commitment_is_a_hash', '"draw_mode":"sealed","draw_commitment":"x"'),
  ('press.editions', 'draw_delay_is_a_week_at_most', '"draw_mode":"beacon","beacon_chain_hash":"$h64","closes_at":$t,"draw_delay_seconds":604801'),
  ('press.editions', 'draw_delay_is_a_week_at_most', '"draw_mode":"beacon","beacon_chain_hash":"$h64","closes_at":$t,"draw_delay_seconds":0'),
  ('press.editions', 'holder_limit_is_within_cap', '"per_holder_limit":6'),
  ('press.editions', 'holder_limit_is_within_cap', '"per_holder_limit":0'),
  ('press.editions', 'opened_at_tells_status', '"opened_at":null'),
  ('press.editions', 'opened_at_tells_status', '"status":"draft"'),
  ('press.editions', 'required_trust_level_is_not_negative', '"required_trust_level":-1'),
  ('press.editions', 'required_trust_level_is_not_negative', '"required_trust_level":10'),
  ('press.editions', 'sealed_opens_with_its_commitment', '"draw_mode":"sealed"'),
  ('press.editions', 'sealed_opens_with_its_commitment', '"draw_commitment":"$h64"'),
  ('press.editions', 'slug_is_words', '"slug":"A"'),
  ('press.editions', 'slug_is_words', '"slug":"a--b"'),
  ('press.editions', 'slug_is_words', '"slug":"$h64"'),
  ('press.editions', 'title_is_one_line', '"title":""'),
  ('press.editions', 'title_is_one_line', '"title":"a\nb"'),
  ('press.editions', 'title_is_one_line', '"title":"$h201"'),
  ('press.editions', 'window_is_not_empty', '"opens_at":$t,"closes_at":$t'),
  ('press.holders', 'deactivation_reason_goes_with_inactivity', '"deactivation_reason":"x"'),
  ('press.holders', 'deactivation_reason_is_one_line', '"is_active":false,"deactivation_reason":""'),
  ('press.holders', 'subject_is_one_line', '"subject":""'),
  ('press.holders', 'subject_is_one_line', '"subject":"a\tb"'),
  ('press.holders', 'trust_level_is_not_negative', '"trust_level":-1'),
  ('press.tickets', 'envelope_comes_with_a_signature', '"envelope":"e"'),
  ('press.tickets', 'holder_slot_is_within_limit', '"holder_slot":0'),
  ('press.tickets', 'holder_slot_is_within_limit', '"holder_slot":3'),
  ('press.tickets', 'number_is_within_cap', '"ticket_number":0'),
  ('press.tickets', 'number_is_within_cap', '"ticket_number":6'),
  ('press.tickets', 'request_position_goes_with_key', '"request_key":$1'),
  ('press.tickets', 'request_position_goes_with_key', '"request_position":1'),
  ('press.tickets', 'request_position_goes_with_key', '"request_key":$1,"request_position":0'),
  ('press.revocations', 'reason_is_given', '"reason":""'),
  ('press.revocations', 'reason_is_published_or_goes', '"reason":null'),
  ('press.signing_keys', 'are_retired_after_activation', '"retired_at":"2025-12-31T23:59:59Z"'),
  ('press.signing_keys', 'key_id_is_the_fingerprint', '"key_id":"0123456789abcdef"'),
  ('press.signing_keys', 'public_key_is_hex', '"public_key":"AB","key_id":"$kid_of_ab"'),
  ('press.signing_keys', 'purpose_is_known', '"purpose":"x"'),
  ('press.signing_keys', 'are_revoked_after_retirement', '"revoked_at":$t,"revoked_by":"x","revocation_reason":"r"'),
  ('press.signing_keys', 'are_revoked_after_retirement', '"retired_at":"2026-01-02T00:00:00Z","revoked_at":$t,"revoked_by":"x","revocation_reason":"r"'),
  ('press.signing_keys', 'are_revoked_by_somebody_for_a_reason', '"retired_at":$t,"revoked_at":$t,"revocation_reason":"r"'),
  ('press.signing_keys', 'are_revoked_by_somebody_for_a_reason', '"revoked_by":"x"'),
  ('press.signing_keys', 'revocation_reason_is_short', '"retired_at":$t,"revoked_at":$t,"revoked_by":"x","revocation_reason":""'),
  ('press.ledger_entries', 'leaf_fits_into_a_bundle', '"leaf":"$h65536"'),
  ('press.ledger_entries', 'leaf_hash_is_the_leafs', '"leaf_hash":"$b32"'),
  ('press.ledger_entries', 'of_tickets_name_the_edition', '"edition_id":null'),
  ('press.ledger_entries', 'places_count_from_0', '"place":-1'),
  ('press.checkpoints', 'root_hash_is_32_bytes', '"root_hash":"\\x00"'),
  ('press.checkpoints', 'tree_is_not_empty', '"tree_size":0'),
  ('press.beacon_chains', 'begin_at_a_whole_second', '"genesis_at":"2026-01-01T00:00:00.5Z"'),
  ('press.beacon_chains', 'begin_at_a_whole_second', '"genesis_at":"infinity"'),
  ('press.beacon_chains', 'chain_hash_is_hex', '"chain_hash":"x"'),
  ('press.beacon_chains', 'period_is_positive', '"period_seconds":0'),
  ('press.beacon_chains', 'public_key_is_hex', '"public_key":"x"'),
  ('press.beacon_rounds', 'count_from_1', '"round":0'),
  ('press.beacon_rounds', 'signature_is_hex', '"signature":"x"'),
  ('press.draws', 'attempts_count_from_1', '"attempt":0,"replaced_number":1,"reason":"r"'),
  ('press.draws', 'beacon_has_a_round_and_a_checkpoint', '"beacon_round":1'),
  ('press.draws', 'beacon_has_a_round_and_a_checkpoint', '"tree_size":1'),
  ('press.draws', 'entries_count_is_not_negative', '"status":"drawn","drawn_at":$t,"entries_count":0,"entries_hash":"$h64","entries_count":-1,"ticket_number":1'),
  ('press.draws', 'entries_hash_is_hex', '"status":"drawn","drawn_at":$t,"entries_count":0,"entries_hash":"$h64","entries_hash":"x"'),
  ('press.draws', 'entropy_is_hex', '"status":"drawn","drawn_at":$t,"entries_count":0,"entries_hash":"$h64","entropy":"x"'),
  ('press.draws', 'reason_goes_with_replacements_and_void_draws', '"reason":"r"'),
  ('press.draws', 'reason_goes_with_replacements_and_void_draws', '"status":"void","drawn_at":$t,"entries_count":0,"entries_hash":"$h64"'),
  ('press.draws', 'reason_is_one_line', '"status":"void","drawn_at":$t,"entries_count":0,"entries_hash":"$h64","reason":""'),
  ('press.draws', 'replacements_name_whom_they_replace', '"replaced_number":1'),
  ('press.draws', 'replacements_name_whom_they_replace', '"attempt":2,"reason":"r"'),
  ('press.draws', 'result_comes_with_its_inputs', '"drawn_at":$t'),
  ('press.draws', 'result_comes_with_its_inputs', '"status":"drawn","drawn_at":$t,"entries_count":0,"entries_hash":"$h64","entries_hash":null'),
  ('press.draws', 'void_is_the_first_attempt', '"status":"void","drawn_at":$t,"entries_count":0,"entries_hash":"$h64","attempt":2,"replaced_number":1,"reason":"r"'),
  ('press.draws', 'winner_is_there_only_when_drawn', '"ticket_number":1'),
  ('press.draws', 'winner_is_there_only_when_drawn', '"status":"drawn","drawn_at":$t,"entries_count":0,"entries_hash":"$h64","entries_count":1'),
  ('press.draws', 'winner_is_there_only_when_drawn', '"status":"drawn","drawn_at":$t,"entries_count":0,"entries_hash":"$h64","ticket_number":1'),
  ('press.draws', 'winner_is_there_only_when_drawn', '"entropy":"$h64"'),
  ('press.rule_sets', 'account_age_is_not_negative', '"account_age_days":-1'),
  ('press.rule_sets', 'account_age_is_not_negative', '"account_age_days":36501'),
  ('press.rule_sets', 'checks_are_allowed', '"checks_per_hour":0'),
  ('press.rule_sets', 'checks_are_allowed', '"checks_per_hour":1000001'),
  ('press.rule_sets', 'hash_is_hex', '"rule_set_hash":"x"'),
  ('press.rule_sets', 'repository_age_is_not_negative', '"repository_age_days":-1'),
  ('press.rule_sets', 'repository_age_is_not_negative', '"repository_age_days":36501'),
  ('press.rule_sets', 'repository_size_is_not_negative', '"repository_size_kb":-1'),
  ('press.attestations', 'address_checks_count_from_1', '"address_checks":0'),
  ('press.attestations', 'decision_is_whole', '"decided_at":$t'),
  ('press.attestations', 'decision_is_whole', '"rule_set_id":1'),
  ('press.attestations', 'decision_is_whole', '"violations":[]'),
  ('press.attestations', 'evidence_digest_is_hex', '"evidence_digest":"x"'),
  ('press.attestations', 'proof_digest_is_hex', '"proof_digest":"x"'),
  ('press.attestations', 'rejected_for_a_reason', '"status":"rejected","decided_at":$t,"rule_set_id":1,"violations":[]'),
  ('press.attestations', 'rejected_for_a_reason', '"status":"rejected","decided_at":$t,"rule_set_id":1,"violations":["nonce_invalid"],"proof_digest":"$h64"'),
  ('press.attestations', 'renewed_by_a_verified_one', '"renewed_id":$2'),
  ('press.attestations', 'renewed_by_a_verified_one', '"status":"verified","decided_at":$t,"rule_set_id":1,"violations":[],"proof_digest":"$h64","renewed_id":$1'),
  ('press.attestations', 'verified_without_violation', '"status":"verified","decided_at":$t,"rule_set_id":1,"violations":[]'),
  ('press.attestations', 'verified_without_violation', '"status":"verified","decided_at":$t,"rule_set_id":1,"violations":["nonce_invalid"],"proof_digest":"$h64"'),
  ('press.credentials', 'document_goes_with_status', '"status":"signed"'),
  ('press.credentials', 'document_goes_with_status', '"document":"d"'),
  ('press.credentials', 'reason_is_one_line', '"status":"revoked","revoked_at":$t,"revoked_by":"x","reason":""'),
  ('press.credentials', 'revocation_is_whole', '"status":"revoked"'),
  ('press.credentials', 'revocation_is_whole', '"revoked_at":$t,"revoked_by":"x"'),
  ('press.credentials', 'revocation_is_whole', '"status":"revoked","revoked_at":$t'),
  ('press.credentials', 'revocation_is_whole', '"reason":"x"'),
  ('press.credentials', 'status_index_is_in_its_list', '"status_index":-1'),
  ('press.credentials', 'status_index_is_in_its_list', '"status_index":131072'),
  ('press.credentials', 'status_list_counts_from_1', '"status_list":0'),
  ('press.credentials', 'trust_level_is_positive', '"trust_level":0'),
  ('press.credentials', 'validity_is_not_empty', '"valid_until":$t'),
  ('press.publishing_keys', 'have_shown_possession', '"possession_signature":null'),
  ('press.publishing_keys', 'public_key_is_compressed', '"public_key":"04$h64"'),
  ('press.publishing_keys', 'quota_is_positive', '"records_per_hour":0'),
  ('press.publishing_keys', 'quota_is_positive', '"records_per_hour":1000001'),
  ('press.publishing_keys', 'reason_is_one_line', '"revoked_at":$t,"revoked_by":"x","revocation_reason":""'),
  ('press.publishing_keys', 'revocation_is_whole', '"revoked_at":$t'),
  ('press.publishing_keys', 'revocation_is_whole', '"revocation_reason":"x"'),
  ('press.publications', 'are_in_a_transaction', '"state":"failed","error_code":"x","transaction_id":1'),
  ('press.publications', 'are_in_a_transaction', '"state":"sent","sent_at":$t'),
  ('press.publications', 'are_in_a_transaction', '"transaction_id":1,"output_index":0'),
  ('press.publications', 'bundle_limit_is_positive', '"bundle_limit":0'),
  ('press.publications', 'failed_ones_say_why', '"state":"failed"'),
  ('press.publications', 'have_a_text_while_they_may_go_out', '"payload":null'),
  ('press.publications', 'nonce_is_short', '"nonce":""'),
  ('press.publications', 'nonce_is_short', '"nonce":"a b"'),
  ('press.publications', 'payload_hash_is_its_hash', '"payload_hash":"$h64"'),
  ('press.publications', 'payload_is_not_long', '"payload":"","payload_hash":"$hash_of_nothing"'),
  ('press.publications', 'payload_is_not_long', '"payload":"$h10001","payload_hash":"$hash_of_10001"'),
  ('press.publications', 'records_are_signed', '"signature":null'),
  ('press.publications', 'records_are_signed', '"checkpoint_size":1'),
  ('press.publications', 'records_are_signed', '"kind":"checkpoint","checkpoint_size":1'),
  ('press.publications', 'records_are_signed', '"kind":"checkpoint","key_id":null,"holder_id":null,"nonce":null,"expires_at":null,"signature":null'),
  ('press.publications', 'sent_ones_say_when', '"state":"sent","transaction_id":1,"output_index":0'),
  ('press.chain_transactions', 'answers_are_to_attempts', '"answered_attempt":1'),
  ('press.chain_transactions', 'answers_are_to_attempts', '"answered_attempt":-1'),
  ('press.chain_transactions', 'are_stored_before_they_are_sent', '"state":"sending"'),
  ('press.chain_transactions', 'are_stored_whole', '"txid":"$h64"'),
  ('press.chain_transactions', 'are_stored_whole', '"raw":"\\x00","txid":"$h64"'),
  ('press.chain_transactions', 'block_hash_is_hex', '"state":"mined","raw":"\\x00","txid":"$h64","stored_at":$t,"block_hash":"x","block_height":1'),
  ('press.chain_transactions', 'block_header_has_80_bytes', '"block_header":"\\x00"'),
  ('press.chain_transactions', 'change_is_not_negative', '"change_satoshis":-1'),
  ('press.chain_transactions', 'competing_txid_is_hex', '"competing_txid":"x"'),
  ('press.chain_transactions', 'depth_is_not_negative', '"depth":-1'),
  ('press.chain_transactions', 'dust_is_positive', '"dust_satoshis":0'),
  ('press.chain_transactions', 'fee_is_not_negative', '"fee_satoshis":-1'),
  ('press.chain_transactions', 'fee_rate_is_possible', '"fee_satoshis_per_kb":-1'),
  ('press.chain_transactions', 'fee_rate_is_possible', '"fee_satoshis_per_kb":1000001'),
  ('press.chain_transactions', 'mined_in_a_block', '"block_hash":"$h64","block_height":1'),
  ('press.chain_transactions', 'mined_in_a_block', '"state":"mined","raw":"\\x00","txid":"$h64","stored_at":$t'),
  ('press.chain_transactions', 'mined_in_a_block', '"state":"mined","raw":"\\x00","txid":"$h64","stored_at":$t,"block_hash":"$h64"'),
  ('press.chain_transactions', 'split_into_outputs', '"is_split":true'),
  ('press.chain_transactions', 'split_into_outputs', '"is_split":true,"split_count":1'),
  ('press.chain_transactions', 'txid_is_hex', '"raw":"\\x00","txid":"$h64","stored_at":$t,"txid":"x"'),
  ('press.chain_transactions', 'wallet_is_a_key_hash', '"wallet_script":"76a914"'),
  ('press.utxos', 'available_ones_are_nobodys', '"transaction_id":1'),
  ('press.utxos', 'available_ones_are_nobodys', '"state":"unknown"'),
  ('press.utxos', 'come_from_somewhere', '"funded_by":null'),
  ('press.utxos', 'come_from_somewhere', '"from_transaction_id":1'),
  ('press.utxos', 'competing_txid_is_hex', '"competing_txid":"x"'),
  ('press.utxos', 'depth_is_not_negative', '"depth":-1'),
  ('press.utxos', 'dirty_ones_say_why', '"state":"dirty","transaction_id":1'),
  ('press.utxos', 'dirty_ones_say_why', '"state":"unknown","transaction_id":1,"dirty_reason":"x"'),
  ('press.utxos', 'output_index_is_32_bits', '"output_index":-1'),
  ('press.utxos', 'output_index_is_32_bits', '"output_index":4294967296'),
  ('press.utxos', 'release_reason_is_one_line', '"release_reason":""'),
  ('press.utxos', 'reserved_ones_have_an_end', '"state":"reserved","transaction_id":1'),
  ('press.utxos', 'reserved_ones_have_an_end', '"reserved_until":$t'),
  ('press.utxos', 'satoshis_are_possible', '"satoshis":0'),
  ('press.utxos', 'satoshis_are_possible', '"satoshis":2100000000000001'),
  ('press.utxos', 'spent_by_txid_is_hex', '"state":"spent","spent_by_txid":"x"'),
  ('press.utxos', 'spent_ones_say_by_what', '"state":"spent","transaction_id":1'),
  ('press.utxos', 'spent_ones_say_by_what', '"state":"unknown","transaction_id":1,"spent_by_txid":"$h64"'),
  ('press.utxos', 'txid_is_hex', '"txid":"x"'),
  ('press.utxos', 'wallet_is_a_key_hash', '"wallet_script":"76a914"'),
  ('press_private.chain_inputs', 'index_is_not_negative', '"input_index":-1'),
  ('press_private.chain_outputs', 'index_is_not_negative', '"output_index":-1'),
  ('press_private.chain_tip', 'hash_is_hex', '"hash":"x"'),
  ('press_private.ed25519_combs', '0_is_of_the_base_point', '"id":0'),
  ('press_private.ed25519_combs', '0_is_of_the_base_point', '"public_key":"\\x5866666666666666666666666666666666666666666666666666666666666666"'),
  ('press_private.ed25519_combs', 'public_key_has_32_bytes', '"public_key":"\\x00"'),
  ('press_private.ed25519_comb_points', 'multiple_is_of_a_signed_byte', '"multiple":-1'),
  ('press_private.ed25519_comb_points', 'multiple_is_of_a_signed_byte', '"multiple":129'),
  ('press_private.ed25519_comb_points', 'place_is_a_byte_of_a_scalar', '"place":-1'),
  ('press_private.ed25519_comb_points', 'place_is_a_byte_of_a_scalar', '"place":32'),
  ('press_private.ledger_inbox', 'leaf_fits_into_a_bundle', '"leaf":"$h65536"'),
  ('press_private.ledger_nodes', 'hash_is_32_bytes', '"hash":"\\x00"'),
  ('press_private.ledger_nodes', 'indexes_count_from_0', '"index":-1'),
  ('press_private.ledger_nodes', 'levels_count_from_1', '"level":0'),
  ('press_private.ledger_nodes', 'levels_count_from_1', '"level":63'),
  ('press_private.row_seals', 'hash_is_32_bytes', '"hash":"\\x00"'),
  ('press_private.event_stream', 'lease_is_somebodys', '"publisher":$1'),
  ('press_private.event_stream', 'lease_is_somebodys', '"held_until":$t'),
  ('press_private.event_stream', 'problem_is_short', '"problem":""'),
  ('press_private.event_stream', 'problem_is_short', '"problem":"$h501"'),
  ('press_private.event_stream', 'size_is_not_negative', '"stream_size":-1,"seen_at":$t'),
  ('press_private.event_stream', 'size_was_seen', '"stream_size":0'),
  ('press_private.event_stream', 'size_was_seen', '"seen_at":$t'),
  ('press_private.hashing_key', 'has_32_bytes', '"key":"\\x00"'),
  ('press_private.hashing_key', 'inner_has_64_bytes', '"inner_key":"\\x00"'),
  ('press_private.hashing_key', 'outer_has_64_bytes', '"outer_key":"\\x00"'),
  ('press_private.attestation_work', 'evidence_is_not_long', '"evidence":""'),
  ('press_private.attestation_work', 'evidence_is_not_long', '"evidence":"$h20001"'),
  ('press_private.attestation_work', 'nonce_is_hex', '"nonce":"x"'),
  ('press_private.attestation_nonces', 'nonce_is_hex', '"nonce":"x"'),
  ('press_private.address_checks', 'slot_is_within_limit', '"slot":0'),
  ('press_private.address_checks', 'slot_is_within_limit', '"slot":12'),
  ('press_private.status_lists', 'count_from_1', '"list":0'),
  ('press_private.erased_envelopes', 'hash_is_hex', '"envelope_hash":"x"'),
  ('press_private.changed_rows', 'have_keys_of_one_kind', '"ids":null'),
  ('press_private.changed_rows', 'have_keys_of_one_kind', '"numbers":[1]'),
  ('press_private.chain_tip', 'is_one_row', '"is_only":false'),
  ('press_private.ledger_head', 'is_one_row', '"is_only":false'),
  ('press_private.event_stream', 'is_one_row', '"is_only":false'),
  ('press_private.hashing_key', 'is_one_row', '"is_only":false'),
  ('press_private.last_look', 'is_one_row', '"is_only":false')) c (relation, law, change);

-- Keys.
select is(pg_temp.says(relation::regclass, first, second), split_part(relation, '.', 2) || '_' || law, format('%s: %s, not also %s', relation, law, second))
from (values
  ('press.editions', 'pkey', '', '"slug":"b","cap":6'),
  ('press.editions', 'slug_key', '', '"id":2'),
  ('press.holders', 'pkey', '', '"subject":"b"'),
  ('press.holders', 'subject_key', '', '"id":$2'),
  ('press.tickets', 'pkey', '', '"ticket_number":2,"holder_slot":2'),
  ('press.tickets', 'holder_slot_key', '', '"id":$2,"ticket_number":2'),
  ('press.tickets', 'number_key', '', '"id":$2,"holder_slot":2'),
  ('press.tickets', 'own_request_key', '"request_key":$1,"request_position":1', '"id":$2,"ticket_number":2,"holder_slot":2'),
  ('press.tickets', 'operator_request_key', '"request_key":$1,"request_position":1,"issued_by":"operator:x"', '"id":$2,"ticket_number":2,"holder_slot":2,"holder_id":$2'),
  ('press.revocations', 'happen_once', '', ''),
  ('press.redemptions', 'happen_once', '', ''),
  ('press.redemptions', 'request_key', '"request_key":$1', '"ticket_number":2'),
  ('press.redemptions', 'request_key', '"request_key":$1,"redeemed_by":"operator:x"', '"ticket_number":2,"holder_id":$2'),
  ('press.ledger_entries', 'pkey', '', '"ticket_number":2'),
  ('press.ledger_entries', 'ticket_key', '', '"place":1'),
  ('press.ledger_entries', 'edition_key', '"type":"edition.closed","ticket_number":null', '"place":1'),
  ('press.checkpoints', 'pkey', '', ''),
  ('press.beacon_chains', 'pkey', '', ''),
  ('press.beacon_rounds', 'pkey', '', ''),
  ('press.draws', 'have_one_result', '', ''),
  ('press.draws', 'nobody_wins_twice', '"status":"drawn","drawn_at":$t,"entries_count":0,"entries_hash":"$h64","entries_count":1,"ticket_number":1', '"attempt":2,"replaced_number":2,"reason":"r"'),
  ('press.draws', 'winner_is_replaced_once', '"attempt":2,"replaced_number":1,"reason":"r"', '"attempt":3'),
  ('press.rule_sets', 'pkey', '', ''),
  ('press.attestations', 'pkey', '', '"evidence_digest":"$h64b"'),
  ('press.attestations', 'request_key', '"request_key":$1', '"id":$2,"evidence_digest":"$h64b"'),
  ('press.attestations', 'evidence_is_checked_once_at_a_time', '', '"id":$2'),
  ('press.attestations', 'proof_counts_once', '"status":"verified","decided_at":$t,"rule_set_id":1,"violations":[],"proof_digest":"$h64"', '"id":$2'),
  ('press.attestations', 'renewed_once', '"status":"verified","decided_at":$t,"rule_set_id":1,"violations":[],"proof_digest":"$h64","renewed_id":$3', '"id":$2,"proof_digest":"$h64b"'),
  ('press.credentials', 'pkey', '', '"attestation_id":$2,"status_index":1'),
  ('press.credentials', 'one_an_attestation', '', '"id":$2,"status_index":1'),
  ('press.credentials', 'status_index_key', '', '"id":$2,"attestation_id":$2'),
  ('press.publishing_keys', 'pkey', '', '"public_key":"03$h64","holder_id":$2'),
  ('press.publishing_keys', 'public_key_key', '', '"id":$2'),
  ('press.publications', 'pkey', '', '"nonce":"m"'),
  ('press.publications', 'nonce_is_used_once', '', '"id":$2'),
  ('press.publications', 'output_key', '"state":"processing","transaction_id":1,"output_index":0', '"id":$2,"nonce":"m"'),
  ('press.publications', 'checkpoint_once', '"kind":"checkpoint","checkpoint_size":1,"key_id":null,"holder_id":null,"nonce":null,"expires_at":null,"signature":null', '"id":$2'),
  ('press.chain_transactions', 'pkey', '', ''),
  ('press.chain_transactions', 'txid_key', '"raw":"\\x00","txid":"$h64","stored_at":$t', '"id":2'),
  ('press.chain_transactions', 'replaced_once', '"replaces_id":3', '"id":2'),
  ('press.chain_transactions', 'one_split_at_a_time', '"is_split":true,"split_count":1,"split_satoshis":1', '"id":2'),
  ('press.utxos', 'pkey', '', '"output_index":1'),
  ('press.utxos', 'outpoint_key', '', '"id":2'),
  ('press_private.chain_inputs', 'pkey', '', '"utxo_id":2'),
  ('press_private.chain_inputs', 'spend_a_coin_once', '"is_live":false', '"input_index":1'),
  ('press_private.chain_inputs', 'one_live_transaction_has_a_coin', '', '"transaction_id":2'),
  ('press_private.chain_outputs', 'pkey', '', '"publication_id":$2'),
  ('press_private.chain_outputs', 'publish_once', '', '"output_index":1'),
  ('press_private.signing_claims', 'pkey', '', ''),
  ('press_private.ed25519_combs', 'pkey', '', '"public_key":"$b32b"'),
  ('press_private.ed25519_combs', 'public_key_key', '', '"id":2'),
  ('press_private.ed25519_comb_points', 'pkey', '', ''),
  ('press_private.ledger_inbox', 'pkey', '', ''),
  ('press_private.ledger_nodes', 'pkey', '', ''),
  ('press_private.ledger_adoptions', 'pkey', '', ''),
  ('press_private.press_state', 'pkey', '', ''),
  ('press_private.closings_to_record', 'pkey', '', ''),
  ('press_private.draw_requests', 'pkey', '', '"request_key":$2'),
  ('press_private.draw_requests', 'request_key', '', '"attempt":2'),
  ('press_private.rule_set_requests', 'pkey', '', ''),
  ('press_private.attestation_work', 'pkey', '', ''),
  ('press_private.attestation_nonces', 'pkey', '', '"nonce":"$h64b"'),
  ('press_private.attestation_nonces', 'nonce_key', '', '"holder_id":$2'),
  ('press_private.address_checks', 'happen_once_an_hour', '', ''),
  ('press_private.credential_payloads', 'pkey', '', ''),
  ('press_private.status_lists', 'pkey', '', ''),
  ('press_private.erased_holders', 'pkey', '', '"subject_hash":"$b32b"'),
  ('press_private.erased_holders', 'subject_hash_key', '', '"holder_id":$2'),
  ('press_private.erased_envelopes', 'pkey', '', ''),
  ('press_private.changed_rows', 'pkey', '', ''),
  ('press_private.looked_rows', 'pkey', '', ''),
  ('press_private.violations', 'pkey', '', '"subject":"t"'),
  ('press_private.violations', 'are_found_once', '', '"id":2'),
  ('press_private.chain_tip', 'pkey', '', ''),
  ('press_private.ledger_head', 'pkey', '', ''),
  ('press_private.event_stream', 'pkey', '', ''),
  ('press_private.hashing_key', 'pkey', '', ''),
  ('press_private.last_look', 'pkey', '', '')) k (relation, law, first, second);
-- These two follow from each other while a check is there.
alter table press.signing_keys drop constraint if exists signing_keys_key_id_is_the_fingerprint, drop constraint if exists signing_keys_public_key_is_hex;
select is(pg_temp.says('press.signing_keys', '', '"public_key":"x"'), 'signing_keys_pkey', 'press.signing_keys: pkey');
select is(pg_temp.says('press.signing_keys', '', '"key_id":"x"'), 'signing_keys_public_key_key', 'press.signing_keys: public_key_key');

-- References, each as the only one.
select pg_temp.alter_all('enable trigger all');
select pg_temp.alter_all('disable trigger user');
select is(pg_temp.refers(relation::regclass, split_part(relation, '.', 2) || '_' || law, change), split_part(relation, '.', 2) || '_' || law, format('%s: %s', relation, law))
from (values
  ('press.editions', 'beacon_chain_fkey', '"draw_mode":"beacon","draw_delay_seconds":1,"closes_at":$t,"beacon_chain_hash":"$h64"'),
  ('press.tickets', 'terms_are_the_editions', ''),
  ('press.revocations', 'ticket_fkey', ''),
  ('press.redemptions', 'ticket_fkey', ''),
  ('press_private.ed25519_comb_points', 'comb_id_fkey', ''),
  ('press.beacon_rounds', 'chain_fkey', ''),
  ('press.draws', 'edition_fkey', ''),
  ('press.draws', 'only_a_winner_is_replaced', '"attempt":2,"replaced_number":1,"reason":"r"'),
  ('press.draws', 'winner_is_a_ticket', '"status":"drawn","drawn_at":$t,"entries_count":0,"entries_hash":"$h64","entries_count":1,"ticket_number":1'),
  ('press_private.draw_requests', 'draw_fkey', ''),
  ('press_private.rule_set_requests', 'rule_set_fkey', ''),
  ('press.attestations', 'holder_fkey', ''),
  ('press.attestations', 'renew_their_holders_proof', '"status":"verified","decided_at":$t,"rule_set_id":1,"violations":[],"proof_digest":"$h64","renewed_id":$3'),
  ('press.attestations', 'rule_set_fkey', '"status":"verified","decided_at":$t,"rule_set_id":1,"violations":[],"proof_digest":"$h64"'),
  ('press_private.attestation_work', 'attestation_fkey', ''),
  ('press_private.attestation_nonces', 'holder_fkey', ''),
  ('press.credentials', 'are_of_their_attestation', ''),
  ('press_private.credential_payloads', 'credential_fkey', ''),
  ('press_private.erased_holders', 'holder_fkey', ''),
  ('press_private.erased_envelopes', 'ticket_fkey', ''),
  ('press.publishing_keys', 'holder_fkey', ''),
  ('press.chain_transactions', 'replaces_fkey', '"replaces_id":3'),
  ('press.utxos', 'from_transaction_fkey', '"from_transaction_id":1,"funded_by":null'),
  ('press.utxos', 'transaction_fkey', '"state":"unknown","transaction_id":1'),
  ('press_private.chain_inputs', 'transaction_fkey', ''),
  ('press_private.chain_inputs', 'utxo_fkey', ''),
  ('press_private.chain_outputs', 'publication_fkey', ''),
  ('press_private.chain_outputs', 'transaction_fkey', ''),
  ('press.publications', 'after_transaction_fkey', '"after_transaction_id":1'),
  ('press.publications', 'key_is_the_holders', ''),
  ('press.publications', 'transaction_fkey', '"state":"processing","transaction_id":1,"output_index":0')) r (relation, law, change);

-- What is never done, each table having its triggers and no other one.
do $$ begin
  execute (select string_agg(format('alter table %s drop constraint %I', k.conrelid::regclass, k.conname), ';') from pg_constraint k join base b on b.relation = k.conrelid where k.contype = 'f');
end $$;
create function pg_temp.refuses(relation regclass) returns text language plpgsql as $$
declare
  v_row        jsonb := (select b.members from base b where b.relation = refuses.relation);
  v_columns    text := (select string_agg(quote_ident(a.attname), ', ') from pg_attribute a where a.attrelid = refuses.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '');
  v_column     text := (select a.attname from pg_attribute a where a.attrelid = refuses.relation and a.attnum > 0 and a.attidentity = '' and a.attgenerated = '' order by a.attnum limit 1);
  v_statement  text;
  v_refused    text := '';
begin
  execute format('insert into %s (%s) overriding system value select %2$s from jsonb_populate_record(null::%1$s, $1)', refuses.relation, v_columns) using v_row;
  execute format('alter table %s enable trigger user', refuses.relation);
  foreach v_statement in array array[format('update %s set %I = %2$I', refuses.relation, v_column), format('delete from %s', refuses.relation), format('truncate %s', refuses.relation)] loop
    begin
      execute v_statement;
      set constraints all immediate;
      raise exception using errcode = 'P0099';
    exception
      when sqlstate 'P0099' then null;
      when sqlstate 'PRDEN' then v_refused := v_refused || left(v_statement, 1);
    end;
  end loop;
  raise exception using errcode = 'P0098';
exception
  when sqlstate 'P0098' then return v_refused;
end $$;
select is(pg_temp.refuses(b.relation), coalesce(r.refused, ''), format('%s: of update, delete and truncate it refuses "%s"', b.relation, r.refused))
from base b left join (
  select unnest(array['press.redemptions', 'press.ledger_entries', 'press.checkpoints', 'press.beacon_chains', 'press.beacon_rounds', 'press.rule_sets', 'press_private.ledger_nodes',
  'press_private.ledger_adoptions', 'press_private.press_state', 'press_private.row_seals', 'press_private.draw_requests', 'press_private.hashing_key', 'press_private.rule_set_requests',
  'press_private.erased_holders', 'press_private.erased_envelopes'])::regclass, 'udt'
  union all
  select unnest(array['press.editions', 'press.holders', 'press.tickets', 'press.revocations', 'press.signing_keys', 'press.draws', 'press.attestations', 'press.credentials', 'press.publishing_keys',
  'press.publications', 'press.chain_transactions', 'press.utxos', 'press_private.chain_inputs', 'press_private.chain_outputs', 'press_private.credential_payloads', 'press_private.last_look'])::regclass, 'dt') r (relation, refused) using (relation);

-- What leaves a trace: a seal, and a note for the next look.
create function pg_temp.leaves(relation regclass, is_updated boolean) returns text language plpgsql as $$
declare
  v_row      jsonb := (select b.members from base b where b.relation = leaves.relation);
  v_columns  text := (select string_agg(quote_ident(a.attname), ', ') from pg_attribute a where a.attrelid = leaves.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '');
  v_column   text := (select a.attname from pg_attribute a where a.attrelid = leaves.relation and a.attnum > 0 and a.attidentity = '' and a.attgenerated = '' order by a.attnum limit 1);
  v_left     text;
begin
  if not is_updated then
    execute format('alter table %s enable trigger user', leaves.relation);
  end if;
  execute format('insert into %s (%s) overriding system value select %2$s from jsonb_populate_record(null::%1$s, $1)', leaves.relation, v_columns) using v_row;
  if is_updated then
    execute format('alter table %s enable trigger user', leaves.relation);
    execute format('update %s set %I = %2$I', leaves.relation, v_column);
  end if;
  v_left := concat_ws(', ', (select 'sealed' from press_private.row_seals having count(*) = 1), (select string_agg('noted as ' || c.relation, ', ') from press_private.changed_rows c));
  raise exception using errcode = 'P0098';
exception
  when sqlstate 'P0098' then return v_left;
end $$;
-- What a credential is minted from is another matter.
drop trigger if exists _200_guard_minting on press.credentials;
select is(pg_temp.leaves(relation::regclass, is_updated), trace, format('%s, %s: %s', relation, case when is_updated then 'updated' else 'inserted' end, trace))
from (values
  ('press.editions', false, 'sealed'), ('press.revocations', false, 'sealed'), ('press.redemptions', false, 'sealed'), ('press.signing_keys', false, 'sealed'),
  ('press.ledger_entries', false, 'sealed'), ('press.checkpoints', false, 'sealed'), ('press.beacon_chains', false, 'sealed'), ('press.beacon_rounds', false, 'sealed'),
  ('press.rule_sets', false, 'sealed'), ('press.publishing_keys', false, 'sealed'), ('press_private.ledger_adoptions', false, 'sealed'), ('press_private.press_state', false, 'sealed'),
  ('press_private.draw_requests', false, 'sealed'), ('press_private.rule_set_requests', false, 'sealed'), ('press_private.erased_holders', false, 'sealed'),
  ('press_private.erased_envelopes', false, 'sealed'), ('press.draws', false, 'sealed, noted as press.draws'), ('press.attestations', false, 'sealed, noted as press.attestations'),
  ('press.credentials', false, 'sealed, noted as press.attestations'), ('press.utxos', false, 'sealed, noted as press.utxos'), ('press.publications', false, 'noted as press.publications'),
  ('press.chain_transactions', false, 'noted as press.chain_transactions'), ('press_private.chain_inputs', false, 'noted as press.utxos'), ('press.revocations', true, 'sealed'),
  ('press.signing_keys', true, 'sealed'), ('press.publishing_keys', true, 'sealed'), ('press.editions', true, 'sealed, noted as press.editions'),
  ('press.tickets', true, 'sealed, noted as press.tickets'), ('press.draws', true, 'sealed, noted as press.draws'), ('press.attestations', true, 'sealed, noted as press.attestations'),
  ('press.credentials', true, 'sealed, noted as press.attestations'), ('press.publications', true, 'noted as press.publications'),
  -- What says nothing of one: invariants/notes_what_says_something has what does.
  ('press.chain_transactions', true, ''), ('press.utxos', true, 'noted as press.utxos'), ('press_private.chain_inputs', true, 'noted as press.utxos')) t (relation, is_updated, trace);
select * from finish();
