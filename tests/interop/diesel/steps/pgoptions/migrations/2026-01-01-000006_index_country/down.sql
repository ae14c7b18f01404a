DROP INDEX users_country_index;
