/**
 * The names of the API, where those that PostGraphile derives from the database would read oddly: what exists is decided by the schema
 * "press" and its grants, this only says how it is called and what is not worth showing.
 */
import { jsonPgSmartTags } from "postgraphile/utils";

/** Payload fields are named after what they hold (`ticket`, `tickets`, `edition`), not all alike `result`. */
export const PayloadNamesPlugin: GraphileConfig.Plugin = {
  name: "PayloadNamesPlugin",
  version: "1.0.0",
  inflection: {
    replace: {
      functionMutationResultFieldName(_previous, _preset, { resource }) {
        const tag = resource.extensions?.tags?.resultFieldName;
        const name = typeof tag === "string" ? tag : this.camelCase(this.tableType(resource.codec));
        return resource.isUnique ? name : this.pluralize(name);
      },
    },
  },
};

/** Columns that only serve the constraints of the database. */
const hidden = { tags: { behavior: "-*" } };
/** Columns to filter and order by although their index is not one that PostGraphile recognises. */
const filterable = { tags: { isIndexed: true } } as const;
/** Columns to filter by, but not to order by: the ledger has one order. */
const filterOnly = { tags: { behavior: "+attribute:filterBy -attribute:orderBy" } } as const;
/** Columns of indexes that only serve the constraints of the database. */
const onlyShown = { tags: { behavior: "-attribute:filterBy -attribute:orderBy" } };
/** Lists whose length costs as much as all their rows; that of the ledger is in its checkpoint. */
const uncounted = "-totalCount";
/** What always has an answer. */
const notNull = { tags: { notNull: true } } as const;
/** Keys that would give a second, clumsy way to read one row. */
const notALookup = { tags: { behavior: "-single" } };
/** Foreign keys that only keep rows right. */
const notARelation = { tags: { behavior: "-*" } };

export const NamesPlugin: GraphileConfig.Plugin = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      "press.editions": {
        attribute: { status: filterable, opens_at: filterable, closes_at: filterable, created_at: filterable },
        constraint: {
          editions_terms_key: notALookup,
          editions_beacon_chain_fkey: { tags: { fieldName: "beaconChain", foreignFieldName: "editions" } },
        },
      },
      "press.holders": {
        attribute: { created_at: filterable, is_active: filterable },
      },
      "press.tickets": {
        attribute: {
          cap: hidden,
          per_holder_limit: hidden,
          holder_slot: hidden,
          request_position: hidden,
          status: filterable,
          issued_at: filterable,
        },
        constraint: {
          tickets_holder_slot_key: notALookup,
          tickets_terms_are_the_editions: {
            tags: { fieldName: "edition", foreignFieldName: "tickets", isIndexed: true },
          },
        },
        tags: {
          // Only to show: the database deliberately has no such foreign key.
          foreignKey: "(holder_id) references press.holders (id)|@fieldName holder|@foreignFieldName tickets",
        },
      },
      "press.attestations": {
        attribute: {
          kind: filterable,
          status: filterable,
          submitted_at: filterable,
          proof_digest: onlyShown,
          renewed_id: onlyShown,
        },
        constraint: {
          attestations_renew_their_holders_proof: notARelation,
          attestations_renewed_once: notALookup,
          attestations_whose_proof_key: notALookup,
          attestations_holder_fkey: { tags: { fieldName: "holder", foreignFieldName: "attestations" } },
          attestations_rule_set_fkey: { tags: { fieldName: "ruleSet", foreignFieldName: "attestations" } },
          attestations_whose_and_what_key: notALookup,
        },
      },
      "press.credentials": {
        attribute: { kind: filterable, status: filterable, valid_from: filterable },
        constraint: {
          credentials_are_of_their_attestation: notARelation,
          credentials_status_index_key: notALookup,
        },
        tags: {
          // Only to show: the database holds whose they are by their attestation, as a whole.
          foreignKey: [
            "(attestation_id) references press.attestations (id)|@fieldName attestation|@foreignSingleFieldName credential",
            "(holder_id) references press.holders (id)|@fieldName holder|@foreignFieldName credentials",
          ],
        },
      },
      "press.attestation_challenge": { attribute: { nonce: notNull, expires_at: notNull } },
      "press.rule_violation": {
        attribute: { name: notNull, sentence: notNull, found: notNull, demanded: notNull },
        tags: { behavior: uncounted },
      },
      "press.ineligibility": { attribute: { name: notNull, sentence: notNull }, tags: { behavior: uncounted } },
      "press.decision_replay": { attribute: { attestation_id: notNull, verdict: notNull, violations: notNull } },
      "press.publishing_keys": {
        attribute: { registered_at: filterable },
        constraint: {
          publishing_keys_whose_key: notALookup,
          publishing_keys_holder_fkey: { tags: { fieldName: "holder", foreignFieldName: "publishingKeys" } },
        },
      },
      "press.publications": {
        attribute: {
          kind: filterable,
          state: filterable,
          output_index: onlyShown,
          bundle_limit: hidden,
          after_transaction_id: hidden,
        },
        constraint: {
          publications_output_key: notALookup,
          // That of the key, and of when it was submitted, serves.
          publications_key_is_the_holders: {
            tags: { fieldName: "publishingKey", foreignFieldName: "publications", isIndexed: true },
          },
          publications_transaction_fkey: { tags: { fieldName: "transaction", foreignFieldName: "publications" } },
          publications_after_transaction_fkey: notARelation,
        },
        tags: {
          // Only to show: the database holds whose they are by their key.
          foreignKey: "(holder_id) references press.holders (id)|@fieldName holder|@foreignFieldName publications",
        },
      },
      "press.chain_transactions": {
        attribute: { state: filterable },
        constraint: {
          chain_transactions_replaced_once: notALookup,
          chain_transactions_replaces_fkey: { tags: { fieldName: "replaces", foreignSingleFieldName: "replacedBy" } },
        },
      },
      "press.utxos": {
        attribute: { state: filterable },
        constraint: {
          utxos_transaction_fkey: { tags: { fieldName: "transaction" } },
          utxos_from_transaction_fkey: { tags: { fieldName: "fromTransaction", foreignFieldName: "newUtxos" } },
        },
      },
      "press.utxo_pool_health": {
        attribute: { state: notNull, utxo_count: notNull, satoshis: notNull },
        tags: { behavior: uncounted },
      },
      "press.revocations": {
        attribute: { revoked_at: filterable },
        constraint: {
          revocations_ticket_fkey: { tags: { fieldName: "ticket", foreignSingleFieldName: "revocation" } },
        },
      },
      "press.redemptions": {
        attribute: { redeemed_at: filterable },
        constraint: {
          redemptions_ticket_fkey: { tags: { fieldName: "ticket", foreignSingleFieldName: "redemption" } },
        },
      },
      "press.draws": {
        attribute: { status: filterable, requested_at: filterable, drawn_at: filterable },
        constraint: {
          draws_edition_fkey: { tags: { fieldName: "edition", foreignFieldName: "draws" } },
          draws_nobody_wins_twice: notALookup,
          draws_winner_is_replaced_once: notALookup,
          // Their other ends are rows that not everybody sees, or the draw before.
          draws_winner_is_a_ticket: notARelation,
          draws_only_a_winner_is_replaced: notARelation,
        },
      },
      "press.beacon_rounds": {
        constraint: { beacon_rounds_chain_fkey: { tags: { fieldName: "beaconChain", foreignFieldName: "rounds" } } },
      },
      "press.draw_recomputation": {
        attribute: { attempt: notNull, mode: notNull, is_recomputable: notNull, agrees: notNull },
        // It would be done all over for the count.
        tags: { behavior: uncounted },
      },
      "press.sale_point": { attribute: { issued_at: notNull, issued_count: notNull }, tags: { behavior: uncounted } },
      "press.ledger_entries": {
        attribute: { type: filterOnly, edition_id: filterOnly },
        tags: {
          behavior: uncounted,
          // Only to show: an entry stands for itself.
          foreignKey: [
            "(edition_id) references press.editions (id)|@fieldName edition|@foreignFieldName ledgerEntries",
            "(edition_id, ticket_number) references press.tickets (edition_id, ticket_number)|@fieldName ticket|@foreignFieldName ledgerEntries",
          ],
        },
      },
      "press.checkpoints": { tags: { behavior: uncounted } },
      "press.audit_result": {
        attribute: { check: notNull, subject: notNull, is_ok: notNull },
        // It would be done all over for the count.
        tags: { behavior: uncounted },
      },
      "press.invariant_result": {
        attribute: { invariant: notNull, check: notNull, subject: notNull, remedy: notNull },
      },
      "press.ticket_verdict": {
        attribute: {
          is_canonical: notNull,
          is_key_known: notNull,
          is_signature_valid: notNull,
          is_ticket_known: notNull,
        },
      },
    },
    procedure: {
      "press.begin_attestation": { tags: { resultFieldName: "challenge" } },
      "press.replay_decision": notNull,
      "press.invariants": { tags: { resultFieldName: "results" } },
      "press.start_press": { tags: { resultFieldName: "wasStopped", notNull: true } },
      "press.verify_ticket": notNull,
      "press.ledger_inclusion_proof": notNull,
      "press.ledger_consistency_proof": notNull,
      "press.key_registration_text": notNull,
      "press.anchored_proof": notNull,
      "press.ed25519_verify": notNull,
      "press.editions_is_open": notNull,
      "press.editions_remaining_count": notNull,
    },
  },
});
