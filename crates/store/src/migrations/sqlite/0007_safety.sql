-- What protects tenants, people and campaigns from each other and from strangers.

-- Whether email of the category marketing must show a link to unsubscribe.
ALTER TABLE tenants ADD COLUMN require_unsubscribe_link INTEGER NOT NULL DEFAULT 1 CHECK (require_unsubscribe_link IN (0, 1));
