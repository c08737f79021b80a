/* What is left of coins that were spent again and again does not count as coins. */
--! include press_worker/split_to_make.sql
