/* A key that is taken out of use is out of use: whoever stores what it has signed holds it meanwhile. */

--! include press_private/active_signing_key.sql
--! include press_worker/register_signing_key.sql
--! include press_worker/retire_signing_key.sql
--! include press_worker/publish_checkpoint.sql
--! include press_worker/credentials_to_sign.sql
