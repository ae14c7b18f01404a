/*
 * How many rows of a table the planner expects a WHERE to keep.
 *
 * The condition of an UPDATE or DELETE is put into a SELECT from the same table, which is planned and never run. No code of a user runs: a condition that
 * calls some, or holds constants of a user's type, is not looked at, nor is one with a subquery; what is left goes through the hook of planner.c.
 *
 * To be planned, the table and its indexes have to be locked as by any query (ACCESS SHARE). The lock on the table is taken if it is to be had at once, the others
 * are waited for a moment, and all are given back with the subtransaction.
 */
#include "zdm_shim.h"
#include "compat.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* A plan holds a lock on each partition, and takes its time. */
#define MAX_TABLES 100

typedef struct Share
{
	Oid			table;
	const char *statement;
	/* rows with the WHERE, and without */
	double		kept;
	double		all;
} Share;

/* Whether a condition as it is written reads more than the table, or makes a value of a user's type. */
static bool
reaches_out(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink) || IsA(node, CurrentOfExpr))
		return true;
	if (IsA(node, TypeName))
	{
		Oid			type = LookupTypeNameOid(NULL, (TypeName *) node, true);

		return !OidIsValid(type) || type >= FirstNormalObjectId;
	}
	return raw_expression_tree_walker(node, reaches_out, context);
}

static bool
is_users(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}

static bool
calls_users(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, is_users, context))
		return true;
	return expression_tree_walker(node, calls_users, context);
}

/* Whether ANALYZE has looked at the column, in the table or in one below it. Without that the planner guesses. */
static bool
is_analyzed(List *tables, const char *column)
{
	ListCell   *cell;

	foreach(cell, tables)
	{
		Oid			table = lfirst_oid(cell);
		AttrNumber	number = get_attnum(table, column);

		for (int inherited = 0; inherited < 2; inherited++)
		{
			if (SearchSysCacheExists3(STATRELATTINH, ObjectIdGetDatum(table), Int16GetDatum(number), BoolGetDatum(inherited == 1)))
				return true;
		}
	}
	return false;
}

/* Whether it is more than a guess what becomes of a condition. */
static bool
is_known(Node *condition, Oid table, List *tables)
{
	ListCell   *cell;

	foreach(cell, pull_var_clause(condition, 0))
	{
		Var		   *var = lfirst_node(Var, cell);

		if (var->varattno <= 0 || !is_analyzed(tables, get_attname(table, var->varattno, false)))
			return false;
	}
	return true;
}

/* The rows that the planner expects of a query; less than 0 if it is not to be asked. */
static double
expected(SelectStmt *select, const Share *share, List *tables)
{
	RawStmt    *raw = makeNode(RawStmt);
	Query	   *query;
	List	   *rewritten;

	raw->stmt = (Node *) copyObject(select);
	query = parse_analyze_fixedparams(raw, share->statement, NULL, 0, NULL);
	if (calls_users(query->jointree->quals, NULL) || !is_known(query->jointree->quals, share->table, tables))
		return -1;
	rewritten = QueryRewrite(query);
	if (list_length(rewritten) != 1)
		return -1;
	return pg_plan_query(linitial_node(Query, rewritten), share->statement, 0, NULL)->planTree->plan_rows;
}

/* The SELECT with the WHERE of an UPDATE or DELETE of a single table. */
static SelectStmt *
selecting(const Share *share)
{
	List	   *parsed = raw_parser(share->statement, RAW_PARSE_DEFAULT);
	Node	   *statement = list_length(parsed) == 1 ? linitial_node(RawStmt, parsed)->stmt : NULL;
	SelectStmt *select = makeNode(SelectStmt);
	RangeVar   *table;

	if (statement != NULL && IsA(statement, UpdateStmt) && ((UpdateStmt *) statement)->fromClause == NIL)
	{
		table = ((UpdateStmt *) statement)->relation;
		select->whereClause = ((UpdateStmt *) statement)->whereClause;
	}
	else if (statement != NULL && IsA(statement, DeleteStmt) && ((DeleteStmt *) statement)->usingClause == NIL)
	{
		table = ((DeleteStmt *) statement)->relation;
		select->whereClause = ((DeleteStmt *) statement)->whereClause;
	}
	else
		return NULL;
	if (select->whereClause == NULL || reaches_out(select->whereClause, NULL))
		return NULL;
	/* what its name means is known by now */
	if (table->alias == NULL)
		table->alias = makeAlias(table->relname, NIL);
	table->catalogname = NULL;
	table->schemaname = get_namespace_name(get_rel_namespace(share->table));
	table->relname = get_rel_name(share->table);
	select->fromClause = list_make1(table);
	return table->schemaname != NULL && table->relname != NULL ? select : NULL;
}

static ZdmAnswer
decide_share(const void *question)
{
	Share	   *share = unconstify(Share *, (const Share *) question);
	SelectStmt *select;
	List	   *tables;
	char		kind;

	if (!ConditionalLockRelationOid(share->table, AccessShareLock))
		return ZDM_NO_ANSWER;
	kind = get_rel_relkind(share->table);
	/* who may not read the table is not told what is in it */
	if ((kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE) ||
		pg_class_aclcheck(share->table, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return ZDM_NO_ANSWER;
	(void) set_config_option("lock_timeout", "10ms", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	select = selecting(share);
	if (select == NULL)
		return ZDM_NO_ANSWER;
	tables = find_all_inheritors(share->table, NoLock, NULL);
	if (list_length(tables) > MAX_TABLES)
		return ZDM_NO_ANSWER;
	PushActiveSnapshot(GetTransactionSnapshot());
	share->kept = expected(select, share, tables);
	select->whereClause = NULL;
	share->all = share->kept < 0 ? -1 : expected(select, share, tables);
	PopActiveSnapshot();
	return share->all < 0 ? ZDM_NO_ANSWER : ZDM_YES;
}

/* How many rows of a table the planner expects the WHERE of an UPDATE or DELETE to keep, and how many there are. */
ErrorData *
zdm_shim_share(Oid table, const char *statement, double *kept, double *all, ZdmAnswer *answer)
{
	Share		share = {.table = table, .statement = statement};
	ErrorData  *error;

	*answer = ZDM_NO_ANSWER;
	/* there are no subtransactions then */
	if (IsInParallelMode())
		return NULL;
	error = zdm_ask(decide_share, &share, false, answer);
	*kept = share.kept;
	*all = share.all;
	return error;
}
