SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1)';
CREATE INDEX users_name_index ON users (name);
