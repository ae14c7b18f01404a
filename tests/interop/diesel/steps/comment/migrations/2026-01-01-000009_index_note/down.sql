DROP INDEX users_note_index;
