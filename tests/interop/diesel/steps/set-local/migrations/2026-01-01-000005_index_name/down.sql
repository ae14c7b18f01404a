DROP INDEX users_name_index;
