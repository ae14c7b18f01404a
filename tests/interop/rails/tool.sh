# Rails (Active Record): a transaction for each migration, taken off by disable_ddl_transaction!
# shellcheck shell=bash disable=SC2034
name=Rails
packages=(ruby-active_record:ruby-activerecord ruby-pg:ruby-pg rake:rake)
bookkeeping=(schema_migrations ar_internal_metadata)
pinned=no
version() { ruby -e 'require "active_record"; puts ActiveRecord::VERSION::STRING'; }
migrate=(rake db:migrate)
