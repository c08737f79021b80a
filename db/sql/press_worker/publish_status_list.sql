/* The worker signs outside; what it brings has to be a list of this press under a signature that verifies, for a day from now on: it is made anew half a day after
   it was published, and one that was signed long before would have ended by then. Two workers may bring one each: what was revoked is never taken back, so the one with
   more in it stays. Which places its bits say is not read here, because they are zipped, and PostgreSQL cannot unzip; golden-press audit holds them against the rows. */
create or replace function press_worker.publish_status_list(key_id text, list integer, revoked_count integer, document text)
  returns boolean
  language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '5s' as $$
begin
  perform press_private.require_running();
  perform press_private.refuse('INVALID_INPUT', 'There is no such list, or not so much of it was revoked.')
  where not exists (select from press.credentials c where c.status_list = publish_status_list.list)
     or (publish_status_list.revoked_count between 0 and (
       select count(*) from press.credentials c where c.status_list = publish_status_list.list and c.status = 'revoked')) is not true;
  perform press_private.active_signing_key(publish_status_list.key_id, 'credential');
  perform press_private.refuse('INVALID_INPUT', 'The document is not this list under a signature of the key.')
  where not (
    exists (
      select from press_private.read_credential(publish_status_list.document) r
      where r.key_id = publish_status_list.key_id and r.unsigned_document ~ format('"id":"https?://[^"]*/credentials/status/%s"', publish_status_list.list)
        and r.unsigned_document ~ '"type":\["VerifiableCredential","BitstringStatusListCredential"\]')
    and press_private.is_credential_genuine(publish_status_list.document));
  perform press_private.refuse('INVALID_INPUT', 'The list is not valid for a day from now on, give or take five minutes: see the clock of the worker, and sign it again.')
  where not press_private.is_list_of_today(publish_status_list.document);

  insert into press_private.status_lists as s (list, document, revoked_count, key_id)
  values (publish_status_list.list, publish_status_list.document, publish_status_list.revoked_count, publish_status_list.key_id)
  on conflict on constraint status_lists_pkey
  do update set document = excluded.document, revoked_count = excluded.revoked_count, key_id = excluded.key_id, made_at = excluded.made_at
  where s.revoked_count <= excluded.revoked_count;
  return found;
exception
  when lock_not_available then
    perform press_private.refuse('LOCK_TIMEOUT');
    return null;  -- never reached, but plpgsql_check cannot know
  when serialization_failure then
    perform press_private.refuse('RETRY');
    return null;
end
$$;
comment on function press_worker.publish_status_list is 'Publishes a signed status list, valid for a day from now on, give or take five minutes. revoked_count: how many places of it are revoked. False: one with more of them is there. Refuses: PRESS_STOPPED, INVALID_INPUT, LOCK_TIMEOUT, RETRY, UNKNOWN_KEY.';
revoke all on function press_worker.publish_status_list from public;
grant execute on function press_worker.publish_status_list to press_worker;
