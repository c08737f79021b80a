/* Whoever has waited for a lock looks again whether the press was stopped meanwhile. */
--! include press/fund_pool.sql
--! include press/release_utxo.sql
