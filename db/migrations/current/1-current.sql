--! Message: attestations

-- Enter migration here
