select plan(4);
select tests.attest('alice') is not null;
select setval('press_private.credential_numbers', 65536) is not null;
select tests.attest('bob') is not null;
select results_eq($$select h.subject, c.status_list from press.credentials c join press.holders h on h.id = c.holder_id order by 1$$, $$values ('alice', 1), ('bob', 2)$$, 'when half of a list is used, the next one begins');
select results_eq('select list, cardinality(revoked_indices) from press_worker.status_lists_to_make()', $$values (1, 0), (2, 0)$$, 'each is to be made');
select press.revoke_credential(c.id, 'because') is not null from press.credentials c where c.status_list = 2;
select results_eq('select list, cardinality(revoked_indices) from press_worker.status_lists_to_make()', $$values (1, 0), (2, 1)$$, 'what was revoked is in its own list');

select setval('press_private.credential_numbers', 1) is not null;
select tests.attest('holder ' || n) is not null from generate_series(1, 300) n;
select cmp_ok((select stddev(status_index) from press.credentials where status_list = 1), '>', 30000::numeric, 'places are all over the list: of 131072, as far apart as chance has them');
select * from finish();
