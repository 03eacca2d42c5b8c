-- People who can be found and erased, typed attributes, and where consent came from.
-- Whether people whose consent is unknown get messages.
ALTER TABLE tenants ADD COLUMN mail_unknown BOOLEAN NOT NULL DEFAULT TRUE;

-- How people are found by name: folded as in `core::person_name`, first name first and last name first.
ALTER TABLE profiles ADD COLUMN name_key TEXT COLLATE "C";
ALTER TABLE profiles ADD COLUMN name_key_reversed TEXT COLLATE "C";
CREATE INDEX profiles_by_name ON profiles (tenant_id, name_key, id) WHERE name_key IS NOT NULL;
CREATE INDEX profiles_by_name_reversed ON profiles (tenant_id, name_key_reversed, id) WHERE name_key_reversed IS NOT NULL;
-- In the order of their bytes, whatever the collation of the database is, so that an index finds what begins with a text.
DROP INDEX profiles_by_phone;
ALTER TABLE profiles ALTER COLUMN email TYPE TEXT COLLATE "C", ALTER COLUMN phone TYPE TEXT COLLATE "C",
    ALTER COLUMN customer_id TYPE TEXT COLLATE "C";
CREATE INDEX profiles_by_phone ON profiles (tenant_id, phone, id) WHERE phone IS NOT NULL;
