/* The seals of the rows of editions that were there, whose list has changed, and of the first chain. */
select press_private.seal_rows('press.editions');
select press_private.seal_rows('press.beacon_chains');
