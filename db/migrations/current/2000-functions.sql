/* Every function, trigger and grant of attestations and credentials that is new or has changed, from the files that are their source. */
--! include press_private/refusals.sql
