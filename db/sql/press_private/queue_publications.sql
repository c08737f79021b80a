create or replace function press_private.queue_publications(transaction_id bigint)
  returns void
  language sql volatile
begin atomic
  update press.publications p
  set state = 'queued', transaction_id = null, output_index = null, sent_at = null, error_code = null, error_detail = null
  where p.transaction_id = queue_publications.transaction_id and p.state <> 'failed';
end;
comment on function press_private.queue_publications is 'Returns the publications that a transaction has to the queue: only when it was never stored, or cannot be mined any more.';
revoke all on function press_private.queue_publications from public;
