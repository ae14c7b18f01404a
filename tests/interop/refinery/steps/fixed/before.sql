CREATE INDEX CONCURRENTLY users_email_index ON users (email);
