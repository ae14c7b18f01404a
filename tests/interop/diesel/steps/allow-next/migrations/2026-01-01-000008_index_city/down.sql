DROP INDEX users_city_index;
