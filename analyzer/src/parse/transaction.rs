//! `BEGIN`, `COMMIT`, `SAVEPOINT` and their relatives.

use pg_query::protobuf::TransactionStmt;
use pg_query::protobuf::TransactionStmtKind as Statement;

use crate::ir::{Kind, Transaction};

pub fn kind(statement: &TransactionStmt) -> Kind {
    let name = || statement.savepoint_name.clone();
    Kind::Transaction(match Statement::try_from(statement.kind) {
        Ok(Statement::TransStmtBegin | Statement::TransStmtStart) => Transaction::Begin,
        Ok(Statement::TransStmtCommit) => Transaction::Commit { chain: statement.chain },
        Ok(Statement::TransStmtRollback) => Transaction::Rollback { chain: statement.chain },
        Ok(Statement::TransStmtPrepare) => Transaction::Rollback { chain: false },
        Ok(Statement::TransStmtSavepoint) => Transaction::Savepoint(name()),
        Ok(Statement::TransStmtRelease) => Transaction::Release(name()),
        Ok(Statement::TransStmtRollbackTo) => Transaction::RollbackTo(name()),
        _ => return Kind::Ignored,
    })
}
