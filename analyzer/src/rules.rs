//! The registry of rules.
//!
//! A rule is one file: a unit struct whose doc comment is its manual, and its check. The manual's examples are its tests. To add one, write
//! the file and add a line to `RULES`, in the order of names.

mod activity;
mod add_check_scan;
mod add_column_constrained_domain;
mod add_column_generated_stored;
mod add_column_identity;
mod add_column_not_null;
mod add_column_serial;
mod add_column_volatile_default;
mod add_exclusion_blocks;
mod add_foreign_key_scan;
mod add_json_column;
mod add_primary_key_blocks;
mod add_unique_blocks;
mod already_exists;
mod alter_column_type_rewrite;
mod alter_column_type_scan;
mod alter_sequence;
mod alter_type_dependents;
mod alter_type_narrowing;
mod analyze_after;
mod attach_partition_scan;
mod autovacuum_disabled;
mod blocked_now;
mod blocking_scan;
mod change_default;
mod change_inheritance;
mod change_owner;
mod change_policy;
mod change_privileges;
mod change_rule;
mod change_used_function;
mod column_limit;
mod concatenated_sql;
mod concurrent_index_blocked;
mod concurrently_in_transaction;
mod concurrently_on_partitioned;
mod constraint_not_enforced;
mod context;
mod create_enum;
mod create_from_big_table;
mod create_index_not_concurrent;
mod create_partition_locks_parent;
mod create_table_if_not_exists_noop;
mod create_table_references;
mod create_trigger;
mod ddl_and_backfill;
mod default_partition;
mod delete_without_where;
mod dependent_objects;
mod detach_partition_not_concurrent;
mod detach_pending;
mod disable_trigger;
mod disk_headroom;
mod domain_with_constraint;
mod drop_and_create_table;
mod drop_cascade;
mod drop_column;
mod drop_column_dependents;
mod drop_constraint;
mod drop_database;
mod drop_default;
mod drop_expression;
mod drop_foreign_key_locks_both;
mod drop_index_not_concurrent;
mod drop_not_null;
mod drop_object;
mod drop_owned;
mod drop_partition_locks_parent;
mod drop_primary_key;
mod drop_schema;
mod drop_table;
mod drop_trigger;
mod drop_used_index;
mod drop_view;
mod dynamic_sql;
mod enum_value_in_transaction;
mod enum_value_order;
mod event_trigger_gap;
mod fk_missing_index;
mod fk_on_delete_cascade;
mod fk_type_mismatch;
mod foreign_key_without_key;
mod hash_index;
mod hint;
mod identity_always;
mod identity_collides;
mod idle_in_transaction_timeout;
mod index_on_updated_table;
mod inherited_definition;
mod int_key_overflow;
mod invalid_definition;
mod invalid_index_stays;
mod lock_table_explicit;
mod lock_timeout_order;
mod long_index_build;
mod manual;
mod max_locks_exhaustion;
mod missing_lock_timeout;
mod missing_object;
mod multiple_foreign_keys_one_transaction;
mod name_too_long;
mod nearly_all_rows;
mod not_analyzable;
mod not_owner;
mod not_valid_and_validate_same_transaction;
mod parent_mismatch;
mod partial_failure;
mod redundant_index;
mod refresh_concurrently_fails;
mod refresh_not_concurrent;
mod reindex_not_concurrent;
mod rename_column;
mod rename_object;
mod rename_table;
mod repeated_work;
mod replace_index_order;
mod replace_view_columns;
mod replica_identity;
mod replication_lag;
mod rls_enable_without_policy;
mod rows;
mod rows_changed_before_ddl;
mod running_job;
mod security_definer_search_path;
mod sequence_not_reset;
mod set_not_null_has_nulls;
mod set_not_null_scan;
mod set_storage;
mod set_table_options;
mod set_tablespace;
mod set_volatile_default;
mod statement_timeout;
mod strong_lock;
mod table_rewrite;
mod transaction_nesting;
mod truncate;
mod truncate_cascade;
mod unbounded_effect;
mod unique_has_duplicates;
mod unique_without_partition_key;
mod unknown_effect;
mod unlogged_table;
mod unnamed_index;
mod update_without_where;
mod vacuum_full_or_cluster;
mod validate_constraint_under_strong_lock;
mod validate_will_fail;
mod virtual_column_limits;
mod waits_for_maintenance;
mod wide_index;
mod wide_lock_window;
mod work_while_locked;
mod wrong_kind;

pub use manual::manual;

pub use activity::{Blocker, blocker};
pub(crate) use context::{Context, Report, is_private, name_of, waits};

use std::sync::OnceLock;

use crate::finding::Risk;

/// What is known of a rule without running it.
#[derive(Debug, Clone)]
pub struct RuleInfo {
    /// Stable, kebab-case.
    pub name: &'static str,
    /// The worst it can say.
    pub risk: Risk,
    /// The first line of its manual.
    pub summary: &'static str,
    /// Its manual, Markdown.
    pub docs: String,
}

impl RuleInfo {
    /// The SQL of its example `Bad` or `Good`.
    pub fn example(&self, heading: &str) -> Option<&str> {
        let (_, after) = self.docs.split_once(&format!("### {heading}\n"))?;
        let (_, sql) = after.split_once("```sql\n")?;
        sql.split_once("```").map(|(sql, _)| sql)
    }
}

/// The constant half of a rule, made by the macro `rule!` from the doc comment.
pub(crate) trait Manual {
    fn name(&self) -> &'static str;
    fn risk(&self) -> Risk;
    /// The lines of the doc comment, each with the blank after its slashes.
    fn lines(&self) -> &'static [&'static str];
}

/// The order in which rules are asked about a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Turn {
    /// Those that know a kind of statement.
    First,
    /// Those that judge by the effect what nobody has explained.
    ByEffect,
    /// The one that speaks of the lock when nobody said anything.
    Last,
    /// Those that speak of the circumstances: the transaction, the session, who is in the way now. They take nobody's place.
    Circumstances,
}

/// A rule: what it has to say about a statement. Names, locks and sizes in it come from the context, never from the rule.
pub(crate) trait Rule: Manual + Sync {
    /// When it is asked. A later one hears what was said before it.
    fn turn(&self) -> Turn {
        Turn::First
    }

    fn check(&self, context: &Context) -> Vec<Report>;
}

/// A rule's struct, with its doc comment kept as text.
macro_rules! rule {
    ($(#[doc = $line:literal])+ $name:ident, $id:literal, $risk:ident) => {
        $(#[doc = $line])+
        pub(crate) struct $name;

        impl $crate::rules::Manual for $name {
            fn name(&self) -> &'static str {
                $id
            }

            fn risk(&self) -> $crate::finding::Risk {
                $crate::finding::Risk::$risk
            }

            fn lines(&self) -> &'static [&'static str] {
                &[$($line),+]
            }
        }
    };
}
use rule;

/// All rules, by name.
pub fn rules() -> Vec<RuleInfo> {
    let info = |rule: &&dyn Rule| {
        let lines = rule.lines();
        let text: Vec<&str> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        RuleInfo { name: rule.name(), risk: rule.risk(), summary: lines.first().copied().unwrap_or_default().trim(), docs: text.join("\n") }
    };
    RULES.iter().map(info).collect()
}

/// Whether a rule of this name exists.
pub fn is_rule(name: &str) -> bool {
    RULES.iter().any(|rule| rule.name() == name)
}

/// So many reports back the same words are looked for.
const SAME: usize = 100;

/// What all rules say about a statement, each with its rule, and nothing twice.
pub(crate) fn reports(context: &mut Context) -> Vec<(&'static str, Report)> {
    let mut out: Vec<(&'static str, Report)> = Vec::new();
    for rule in in_turn() {
        if context.interrupted() {
            break;
        }
        for report in rule.check(context) {
            // two actions of one statement may be a reason for the same words
            if out.iter().rev().take(SAME).any(|(name, said)| *name == rule.name() && said.message == report.message) {
                continue;
            }
            context.heard(rule.name(), &report);
            out.push((rule.name(), report));
        }
    }
    if out.iter().any(|(_, report)| report.fails) {
        // what leads to the same end fails for the same reason
        for (_, report) in out.iter_mut().filter(|(_, report)| report.runnable && !report.fails) {
            (report.hint, report.runnable) = (None, false);
        }
    }
    out
}

/// All rules in the order in which they are asked.
fn in_turn() -> &'static [&'static dyn Rule] {
    static ORDER: OnceLock<Vec<&dyn Rule>> = OnceLock::new();
    ORDER.get_or_init(|| {
        let mut rules = RULES.to_vec();
        rules.sort_by_key(|rule| rule.turn());
        rules
    })
}

/// In the order of names.
const RULES: &[&dyn Rule] = &[
    &add_check_scan::AddCheckScan,
    &add_column_constrained_domain::AddColumnConstrainedDomain,
    &add_column_generated_stored::AddColumnGeneratedStored,
    &add_column_identity::AddColumnIdentity,
    &add_column_not_null::AddColumnNotNull,
    &add_column_serial::AddColumnSerial,
    &add_column_volatile_default::AddColumnVolatileDefault,
    &add_exclusion_blocks::AddExclusionBlocks,
    &add_foreign_key_scan::AddForeignKeyScan,
    &add_json_column::AddJsonColumn,
    &add_primary_key_blocks::AddPrimaryKeyBlocks,
    &add_unique_blocks::AddUniqueBlocks,
    &already_exists::AlreadyExists,
    &alter_column_type_rewrite::AlterColumnTypeRewrite,
    &alter_column_type_scan::AlterColumnTypeScan,
    &alter_sequence::AlterSequence,
    &alter_type_dependents::AlterTypeDependents,
    &alter_type_narrowing::AlterTypeNarrowing,
    &analyze_after::AnalyzeAfter,
    &attach_partition_scan::AttachPartitionScan,
    &autovacuum_disabled::AutovacuumDisabled,
    &blocked_now::BlockedNow,
    &blocking_scan::BlockingScan,
    &change_default::ChangeDefault,
    &change_inheritance::ChangeInheritance,
    &change_owner::ChangeOwner,
    &change_policy::ChangePolicy,
    &change_privileges::ChangePrivileges,
    &change_rule::ChangeRule,
    &change_used_function::ChangeUsedFunction,
    &column_limit::ColumnLimit,
    &concatenated_sql::ConcatenatedSql,
    &concurrent_index_blocked::ConcurrentIndexBlocked,
    &concurrently_in_transaction::ConcurrentlyInTransaction,
    &concurrently_on_partitioned::ConcurrentlyOnPartitioned,
    &constraint_not_enforced::ConstraintNotEnforced,
    &create_enum::CreateEnum,
    &create_from_big_table::CreateFromBigTable,
    &create_index_not_concurrent::CreateIndexNotConcurrent,
    &create_partition_locks_parent::CreatePartitionLocksParent,
    &create_table_if_not_exists_noop::CreateTableIfNotExistsNoop,
    &create_table_references::CreateTableReferences,
    &create_trigger::CreateTrigger,
    &ddl_and_backfill::DdlAndBackfill,
    &default_partition::DefaultPartition,
    &delete_without_where::DeleteWithoutWhere,
    &dependent_objects::DependentObjects,
    &detach_partition_not_concurrent::DetachPartitionNotConcurrent,
    &detach_pending::DetachPending,
    &disable_trigger::DisableTrigger,
    &disk_headroom::DiskHeadroom,
    &domain_with_constraint::DomainWithConstraint,
    &drop_and_create_table::DropAndCreateTable,
    &drop_cascade::DropCascade,
    &drop_column::DropColumn,
    &drop_column_dependents::DropColumnDependents,
    &drop_constraint::DropConstraint,
    &drop_database::DropDatabase,
    &drop_default::DropDefault,
    &drop_expression::DropExpression,
    &drop_foreign_key_locks_both::DropForeignKeyLocksBoth,
    &drop_index_not_concurrent::DropIndexNotConcurrent,
    &drop_not_null::DropNotNull,
    &drop_object::DropObject,
    &drop_owned::DropOwned,
    &drop_partition_locks_parent::DropPartitionLocksParent,
    &drop_primary_key::DropPrimaryKey,
    &drop_schema::DropSchema,
    &drop_table::DropTable,
    &drop_trigger::DropTrigger,
    &drop_used_index::DropUsedIndex,
    &drop_view::DropView,
    &dynamic_sql::DynamicSql,
    &enum_value_in_transaction::EnumValueInTransaction,
    &enum_value_order::EnumValueOrder,
    &event_trigger_gap::EventTriggerGap,
    &fk_missing_index::FkMissingIndex,
    &fk_on_delete_cascade::FkOnDeleteCascade,
    &fk_type_mismatch::FkTypeMismatch,
    &foreign_key_without_key::ForeignKeyWithoutKey,
    &hash_index::HashIndex,
    &identity_always::IdentityAlways,
    &identity_collides::IdentityCollides,
    &idle_in_transaction_timeout::IdleInTransactionTimeout,
    &index_on_updated_table::IndexOnUpdatedTable,
    &inherited_definition::InheritedDefinition,
    &int_key_overflow::IntKeyOverflow,
    &invalid_definition::InvalidDefinition,
    &invalid_index_stays::InvalidIndexStays,
    &lock_table_explicit::LockTableExplicit,
    &lock_timeout_order::LockTimeoutOrder,
    &long_index_build::LongIndexBuild,
    &max_locks_exhaustion::MaxLocksExhaustion,
    &missing_lock_timeout::MissingLockTimeout,
    &missing_object::MissingObject,
    &multiple_foreign_keys_one_transaction::MultipleForeignKeysOneTransaction,
    &name_too_long::NameTooLong,
    &nearly_all_rows::NearlyAllRows,
    &not_analyzable::NotAnalyzable,
    &not_owner::NotOwner,
    &not_valid_and_validate_same_transaction::NotValidAndValidateSameTransaction,
    &parent_mismatch::ParentMismatch,
    &partial_failure::PartialFailure,
    &redundant_index::RedundantIndex,
    &refresh_concurrently_fails::RefreshConcurrentlyFails,
    &refresh_not_concurrent::RefreshNotConcurrent,
    &reindex_not_concurrent::ReindexNotConcurrent,
    &rename_column::RenameColumn,
    &rename_object::RenameObject,
    &rename_table::RenameTable,
    &repeated_work::RepeatedWork,
    &replace_index_order::ReplaceIndexOrder,
    &replace_view_columns::ReplaceViewColumns,
    &replica_identity::ReplicaIdentity,
    &replication_lag::ReplicationLag,
    &rls_enable_without_policy::RlsEnableWithoutPolicy,
    &rows_changed_before_ddl::RowsChangedBeforeDdl,
    &running_job::RunningJob,
    &security_definer_search_path::SecurityDefinerSearchPath,
    &sequence_not_reset::SequenceNotReset,
    &set_not_null_has_nulls::SetNotNullHasNulls,
    &set_not_null_scan::SetNotNullScan,
    &set_storage::SetStorage,
    &set_table_options::SetTableOptions,
    &set_tablespace::SetTablespace,
    &set_volatile_default::SetVolatileDefault,
    &statement_timeout::StatementTimeout,
    &strong_lock::StrongLock,
    &table_rewrite::TableRewrite,
    &transaction_nesting::TransactionNesting,
    &truncate::Truncate,
    &truncate_cascade::TruncateCascade,
    &unbounded_effect::UnboundedEffect,
    &unique_has_duplicates::UniqueHasDuplicates,
    &unique_without_partition_key::UniqueWithoutPartitionKey,
    &unknown_effect::UnknownEffect,
    &unlogged_table::UnloggedTable,
    &unnamed_index::UnnamedIndex,
    &update_without_where::UpdateWithoutWhere,
    &vacuum_full_or_cluster::VacuumFullOrCluster,
    &validate_constraint_under_strong_lock::ValidateConstraintUnderStrongLock,
    &validate_will_fail::ValidateWillFail,
    &virtual_column_limits::VirtualColumnLimits,
    &waits_for_maintenance::WaitsForMaintenance,
    &wide_index::WideIndex,
    &wide_lock_window::WideLockWindow,
    &work_while_locked::WorkWhileLocked,
    &wrong_kind::WrongKind,
];
