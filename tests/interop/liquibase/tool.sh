# Liquibase: a transaction for each changeset, taken off by `runInTransaction:false`; its JDBC driver reads no PGOPTIONS.
# shellcheck shell=bash disable=SC2034
name=Liquibase
packages=(node:nodejs npm:npm java:default-jre-headless)
bookkeeping=(databasechangelog databasechangeloglock)
install() { chmod +x "$cache/node_modules/liquibase/dist/liquibase/liquibase"; }
version() { npm_version liquibase; }
migrate=(bash -c 'node_modules/liquibase/dist/liquibase/liquibase --changelog-file=changelog.yaml --username="$PGUSER" --password="$PGPASSWORD" \
  --url="jdbc:postgresql://$PGHOST:$PGPORT/$PGDATABASE$URL_OPTIONS" update')
url_options="?options=-c%20zdm.allow=create-index-not-concurrent:public.users"
