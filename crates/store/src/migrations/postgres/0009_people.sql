-- People who can be found and erased, typed attributes, and where consent came from.
-- Whether people whose consent is unknown get messages.
ALTER TABLE tenants ADD COLUMN mail_unknown BOOLEAN NOT NULL DEFAULT TRUE;
