CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email      text,
    name       text,
    note       text,
    created_at timestamptz
);
CREATE INDEX users_created_at_index ON users (created_at);
