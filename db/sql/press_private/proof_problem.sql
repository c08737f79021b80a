/* Nothing of the document is believed: it must begin with the lines that the ticket's own entry has, and end with a note that was published, and
   what is between must lead from the one to the other. */
create or replace function press_private.proof_problem(ticket press.tickets, timechain_proof text)
  returns text
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  v_entry       press.ledger_entries := press_private.issued_entry(ticket);
  v_head        text := press_private.proof_head(v_entry);
  v_rest        text := substr(timechain_proof, length(v_head));  -- from the last line feed of the head on
  v_end         integer := position(E'\n\n' in v_rest);
  v_path        text[] := string_to_array(nullif(substr(v_rest, 2, greatest(v_end - 2, 0)), ''), E'\n');
  v_note        text := substr(v_rest, v_end + 2);
  v_checkpoint  press.checkpoints;
begin
  if v_entry.place is null then
    return 'The ticket has no place in the ledger yet; ask for its proof in a moment.';
  end if;
  if position(format('"envelope_hash":"%s"', press_private.tickets_envelope_hash(ticket)) in v_entry.leaf) = 0 then
    return 'The entry of this ticket in the ledger is of another envelope.';
  end if;
  if not starts_with(timechain_proof, v_head) then
    return format('It does not begin as the proof of this ticket''s entry does, which is at place %s of the ledger.', v_entry.place);
  end if;
  select c.* into v_checkpoint from press.checkpoints c
  where c.tree_size = substring(v_note from E'^[^\n]*\n([1-9][0-9]{0,17})\n')::bigint and c.note = v_note;
  if v_checkpoint.tree_size is null then
    return 'Its checkpoint is not one that this press published.';
  end if;
  if exists (select from unnest(v_path) p where p collate "C" !~ '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$')  -- 32 bytes, no bit left over
     or press_private.root_of_inclusion(
          press_private.leaf_hash(v_entry.leaf), v_entry.place, v_checkpoint.tree_size,
          array(select decode(p.hash, 'base64') from unnest(v_path) with ordinality p (hash, index) order by p.index))
        is distinct from v_checkpoint.root_hash then
    return 'Its hashes do not lead from the entry to the root of its checkpoint.';
  end if;
  return null;
end
$$;
comment on function press_private.proof_problem is 'Why the document does not prove that the ledger has exactly this ticket under a published checkpoint, as a sentence; null when it does.';
revoke all on function press_private.proof_problem from public;
