create or replace function press_private.rule_set_document(repository_age_days integer, repository_size_kb integer, account_age_days integer, checks_per_hour integer)
  returns text
  language sql immutable
begin atomic
  select '{"account_age_days":' || rule_set_document.account_age_days
      || ',"checks_per_hour":' || rule_set_document.checks_per_hour
      || ',"repository_age_days":' || rule_set_document.repository_age_days
      || ',"repository_size_kb":' || rule_set_document.repository_size_kb
      || ',"type":"golden-press/rules/v1"}';
end;
comment on function press_private.rule_set_document is 'The canonical text of thresholds; the ledger names a rule set by the SHA-256 of it.';
revoke all on function press_private.rule_set_document from public;
