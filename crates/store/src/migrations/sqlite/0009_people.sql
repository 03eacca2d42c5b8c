-- People who can be found and erased, typed attributes, and where consent came from.
-- Whether people whose consent is unknown get messages.
ALTER TABLE tenants ADD COLUMN mail_unknown INTEGER NOT NULL DEFAULT 1 CHECK (mail_unknown IN (0, 1));

-- How people are found by name: folded as in `core::person_name`, first name first and last name first.
ALTER TABLE profiles ADD COLUMN name_key TEXT;
ALTER TABLE profiles ADD COLUMN name_key_reversed TEXT;
CREATE INDEX profiles_by_name ON profiles (tenant_id, name_key, id) WHERE name_key IS NOT NULL;
CREATE INDEX profiles_by_name_reversed ON profiles (tenant_id, name_key_reversed, id) WHERE name_key_reversed IS NOT NULL;
DROP INDEX profiles_by_phone;
CREATE INDEX profiles_by_phone ON profiles (tenant_id, phone, id) WHERE phone IS NOT NULL;
