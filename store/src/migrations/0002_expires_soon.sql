-- Whether the end of the present run was announced: five minutes before it.
ALTER TABLE intent ADD COLUMN expires_soon BIGINT NOT NULL DEFAULT 0;
