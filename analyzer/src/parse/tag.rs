//! The command tag of a statement, as `cmdtaglist.h` words it.

use pg_query::protobuf::ObjectType;
use pg_query::protobuf::TransactionStmtKind as Transaction;
use pg_query::protobuf::node::Node as Tree;

/// The command tag.
pub fn of(node: &Tree) -> String {
    match node {
        Tree::AlterTableStmt(statement) => format!("ALTER {}", object(statement.objtype)),
        Tree::DropStmt(statement) => format!("DROP {}", object(statement.remove_type)),
        Tree::RenameStmt(statement) => {
            let holder = matches!(
                ObjectType::try_from(statement.rename_type),
                Ok(ObjectType::ObjectColumn
                    | ObjectType::ObjectAttribute
                    | ObjectType::ObjectTabconstraint
                    | ObjectType::ObjectDomconstraint)
            );
            let kind = if holder { statement.relation_type } else { statement.rename_type };
            format!("ALTER {}", object(kind))
        }
        Tree::AlterObjectSchemaStmt(statement) => format!("ALTER {}", object(statement.object_type)),
        Tree::AlterOwnerStmt(statement) => format!("ALTER {}", object(statement.object_type)),
        Tree::AlterObjectDependsStmt(statement) => format!("ALTER {}", object(statement.object_type)),
        Tree::DefineStmt(statement) => format!("CREATE {}", object(statement.kind)),
        Tree::CreateTableAsStmt(statement) if statement.is_select_into => "SELECT INTO".to_owned(),
        Tree::CreateTableAsStmt(statement) if statement.objtype == ObjectType::ObjectMatview as i32 => {
            "CREATE MATERIALIZED VIEW".to_owned()
        }
        Tree::SelectStmt(select) if select.into_clause.is_some() => "SELECT INTO".to_owned(),
        Tree::CreateFunctionStmt(statement) if statement.is_procedure => "CREATE PROCEDURE".to_owned(),
        Tree::AlterFunctionStmt(statement) => format!("ALTER {}", object(statement.objtype)),
        Tree::VacuumStmt(statement) if !statement.is_vacuumcmd => "ANALYZE".to_owned(),
        Tree::GrantStmt(statement) => if statement.is_grant { "GRANT" } else { "REVOKE" }.to_owned(),
        Tree::GrantRoleStmt(statement) => if statement.is_grant { "GRANT ROLE" } else { "REVOKE ROLE" }.to_owned(),
        Tree::DiscardStmt(_) => "DISCARD".to_owned(),
        Tree::TransactionStmt(statement) => transaction(statement.kind).to_owned(),
        _ => fixed(node).to_owned(),
    }
}

fn object(kind: i32) -> &'static str {
    use ObjectType as O;
    match ObjectType::try_from(kind).unwrap_or(O::Undefined) {
        O::ObjectTable | O::ObjectColumn | O::ObjectTabconstraint => "TABLE",
        O::ObjectIndex => "INDEX",
        O::ObjectView => "VIEW",
        O::ObjectMatview => "MATERIALIZED VIEW",
        O::ObjectForeignTable => "FOREIGN TABLE",
        O::ObjectSequence => "SEQUENCE",
        O::ObjectType | O::ObjectAttribute => "TYPE",
        O::ObjectDomain | O::ObjectDomconstraint => "DOMAIN",
        O::ObjectSchema => "SCHEMA",
        O::ObjectDatabase => "DATABASE",
        O::ObjectTrigger => "TRIGGER",
        O::ObjectRule => "RULE",
        O::ObjectPolicy => "POLICY",
        O::ObjectFunction => "FUNCTION",
        O::ObjectProcedure => "PROCEDURE",
        O::ObjectRoutine => "ROUTINE",
        O::ObjectAggregate => "AGGREGATE",
        O::ObjectExtension => "EXTENSION",
        O::ObjectStatisticExt => "STATISTICS",
        O::ObjectPublication => "PUBLICATION",
        O::ObjectSubscription => "SUBSCRIPTION",
        O::ObjectRole => "ROLE",
        O::ObjectTablespace => "TABLESPACE",
        O::ObjectCollation => "COLLATION",
        O::ObjectConversion => "CONVERSION",
        O::ObjectLanguage => "LANGUAGE",
        O::ObjectOperator => "OPERATOR",
        O::ObjectOpclass => "OPERATOR CLASS",
        O::ObjectOpfamily => "OPERATOR FAMILY",
        O::ObjectEventTrigger => "EVENT TRIGGER",
        O::ObjectFdw => "FOREIGN DATA WRAPPER",
        O::ObjectForeignServer => "SERVER",
        O::ObjectCast => "CAST",
        O::ObjectTransform => "TRANSFORM",
        O::ObjectAccessMethod => "ACCESS METHOD",
        O::ObjectTsconfiguration => "TEXT SEARCH CONFIGURATION",
        O::ObjectTsdictionary => "TEXT SEARCH DICTIONARY",
        O::ObjectTsparser => "TEXT SEARCH PARSER",
        O::ObjectTstemplate => "TEXT SEARCH TEMPLATE",
        O::ObjectLargeobject => "LARGE OBJECT",
        _ => "OBJECT",
    }
}

fn transaction(kind: i32) -> &'static str {
    match Transaction::try_from(kind) {
        Ok(Transaction::TransStmtBegin) => "BEGIN",
        Ok(Transaction::TransStmtStart) => "START TRANSACTION",
        Ok(Transaction::TransStmtCommit) => "COMMIT",
        Ok(Transaction::TransStmtSavepoint) => "SAVEPOINT",
        Ok(Transaction::TransStmtRelease) => "RELEASE",
        Ok(Transaction::TransStmtPrepare) => "PREPARE TRANSACTION",
        Ok(Transaction::TransStmtCommitPrepared) => "COMMIT PREPARED",
        Ok(Transaction::TransStmtRollbackPrepared) => "ROLLBACK PREPARED",
        _ => "ROLLBACK",
    }
}

/// The statements whose tag does not depend on what is in them.
fn fixed(node: &Tree) -> &'static str {
    match node {
        Tree::InsertStmt(_) => "INSERT",
        Tree::DeleteStmt(_) => "DELETE",
        Tree::UpdateStmt(_) => "UPDATE",
        Tree::MergeStmt(_) => "MERGE",
        Tree::SelectStmt(_) => "SELECT",
        Tree::CreateSchemaStmt(_) => "CREATE SCHEMA",
        Tree::AlterDomainStmt(_) => "ALTER DOMAIN",
        Tree::AlterDefaultPrivilegesStmt(_) => "ALTER DEFAULT PRIVILEGES",
        Tree::CopyStmt(_) => "COPY",
        Tree::VariableSetStmt(_) => "SET",
        Tree::VariableShowStmt(_) => "SHOW",
        Tree::CreateStmt(_) => "CREATE TABLE",
        Tree::CreateForeignTableStmt(_) => "CREATE FOREIGN TABLE",
        Tree::CreateTableAsStmt(_) => "CREATE TABLE AS",
        Tree::CreateTableSpaceStmt(_) => "CREATE TABLESPACE",
        Tree::DropTableSpaceStmt(_) => "DROP TABLESPACE",
        Tree::AlterTableSpaceOptionsStmt(_) => "ALTER TABLESPACE",
        Tree::AlterTableMoveAllStmt(_) => "ALTER TABLE",
        Tree::CreateExtensionStmt(_) => "CREATE EXTENSION",
        Tree::AlterExtensionStmt(_) | Tree::AlterExtensionContentsStmt(_) => "ALTER EXTENSION",
        Tree::CreateFdwStmt(_) => "CREATE FOREIGN DATA WRAPPER",
        Tree::CreateForeignServerStmt(_) => "CREATE SERVER",
        Tree::CreateUserMappingStmt(_) => "CREATE USER MAPPING",
        Tree::ImportForeignSchemaStmt(_) => "IMPORT FOREIGN SCHEMA",
        Tree::CreatePolicyStmt(_) => "CREATE POLICY",
        Tree::AlterPolicyStmt(_) => "ALTER POLICY",
        Tree::CreateAmStmt(_) => "CREATE ACCESS METHOD",
        Tree::CreateTrigStmt(_) => "CREATE TRIGGER",
        Tree::CreateEventTrigStmt(_) => "CREATE EVENT TRIGGER",
        Tree::AlterEventTrigStmt(_) => "ALTER EVENT TRIGGER",
        Tree::CreatePlangStmt(_) => "CREATE LANGUAGE",
        Tree::CreateRoleStmt(_) => "CREATE ROLE",
        Tree::AlterRoleStmt(_) | Tree::AlterRoleSetStmt(_) => "ALTER ROLE",
        Tree::DropRoleStmt(_) => "DROP ROLE",
        Tree::CreateSeqStmt(_) => "CREATE SEQUENCE",
        Tree::AlterSeqStmt(_) => "ALTER SEQUENCE",
        Tree::CreateDomainStmt(_) => "CREATE DOMAIN",
        Tree::TruncateStmt(_) => "TRUNCATE TABLE",
        Tree::CommentStmt(_) => "COMMENT",
        Tree::SecLabelStmt(_) => "SECURITY LABEL",
        Tree::DeclareCursorStmt(_) => "DECLARE CURSOR",
        Tree::ClosePortalStmt(_) => "CLOSE CURSOR",
        Tree::FetchStmt(_) => "FETCH",
        Tree::IndexStmt(_) => "CREATE INDEX",
        Tree::CreateStatsStmt(_) => "CREATE STATISTICS",
        Tree::AlterStatsStmt(_) => "ALTER STATISTICS",
        Tree::CreateFunctionStmt(_) => "CREATE FUNCTION",
        Tree::DoStmt(_) => "DO",
        Tree::CallStmt(_) => "CALL",
        Tree::RuleStmt(_) => "CREATE RULE",
        Tree::NotifyStmt(_) => "NOTIFY",
        Tree::ListenStmt(_) => "LISTEN",
        Tree::UnlistenStmt(_) => "UNLISTEN",
        Tree::CompositeTypeStmt(_) | Tree::CreateEnumStmt(_) | Tree::CreateRangeStmt(_) => "CREATE TYPE",
        Tree::AlterEnumStmt(_) | Tree::AlterTypeStmt(_) => "ALTER TYPE",
        Tree::AlterOperatorStmt(_) => "ALTER OPERATOR",
        Tree::ViewStmt(_) => "CREATE VIEW",
        Tree::LoadStmt(_) => "LOAD",
        Tree::CreatedbStmt(_) => "CREATE DATABASE",
        Tree::AlterDatabaseStmt(_) | Tree::AlterDatabaseRefreshCollStmt(_) | Tree::AlterDatabaseSetStmt(_) => "ALTER DATABASE",
        Tree::DropdbStmt(_) => "DROP DATABASE",
        Tree::AlterSystemStmt(_) => "ALTER SYSTEM",
        Tree::ClusterStmt(_) => "CLUSTER",
        Tree::VacuumStmt(_) => "VACUUM",
        Tree::ExplainStmt(_) => "EXPLAIN",
        Tree::RefreshMatViewStmt(_) => "REFRESH MATERIALIZED VIEW",
        Tree::CheckPointStmt(_) => "CHECKPOINT",
        Tree::LockStmt(_) => "LOCK TABLE",
        Tree::ConstraintsSetStmt(_) => "SET CONSTRAINTS",
        Tree::ReindexStmt(_) => "REINDEX",
        Tree::PrepareStmt(_) => "PREPARE",
        Tree::ExecuteStmt(_) => "EXECUTE",
        Tree::DeallocateStmt(_) => "DEALLOCATE",
        Tree::DropOwnedStmt(_) => "DROP OWNED",
        Tree::ReassignOwnedStmt(_) => "REASSIGN OWNED",
        Tree::CreatePublicationStmt(_) => "CREATE PUBLICATION",
        Tree::AlterPublicationStmt(_) => "ALTER PUBLICATION",
        Tree::CreateSubscriptionStmt(_) => "CREATE SUBSCRIPTION",
        Tree::AlterSubscriptionStmt(_) => "ALTER SUBSCRIPTION",
        Tree::DropSubscriptionStmt(_) => "DROP SUBSCRIPTION",
        Tree::CreateCastStmt(_) => "CREATE CAST",
        Tree::CreateConversionStmt(_) => "CREATE CONVERSION",
        Tree::CreateTransformStmt(_) => "CREATE TRANSFORM",
        Tree::CreateOpClassStmt(_) => "CREATE OPERATOR CLASS",
        Tree::CreateOpFamilyStmt(_) => "CREATE OPERATOR FAMILY",
        _ => "???",
    }
}
