/*
 * A look at the rows: is there one that breaks what a statement demands? Asked only when the caller wishes it (probe => true).
 *
 * Tables are read here row by row and not by a query: a planner would compute whatever constants the expressions of indexes, statistics and
 * constraints hold, which may be functions of a user. No lock is waited for, the rights and row-level security of the caller hold, and no
 * function, operator or type of a user is ever called. Everything runs in a subtransaction: an error of the data is an answer, too.
 */
#include "probe.h"
#include "compat.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* Rows between two looks at the clock. */
#define ZDM_ROWS_A_LOOK 256

bool
zdm_probe_cannot_tell(Looking *looking, const char *reason)
{
	looking->answer = ZDM_PROBE_CANNOT_TELL;
	looking->reason = reason;
	return false;
}

/* Whether there is time for one more row. */
static bool
may_go_on(Looking *looking)
{
	if (looking->rows++ % ZDM_ROWS_A_LOOK != 0)
		return true;
	CHECK_FOR_INTERRUPTS();
	if (GetCurrentTimestamp() >= looking->probe->deadline)
		return zdm_probe_cannot_tell(looking, psprintf("zdm.probe_timeout was over after " INT64_FORMAT " rows", looking->rows - 1));
	return true;
}

/* The caller may read a column of a relation, and sees all rows of it. */
bool
zdm_probe_may_read(Looking *looking, Oid relation, const char *column)
{
	AttrNumber	number = get_attnum(relation, column);

	if (number == InvalidAttrNumber)
		return zdm_probe_cannot_tell(looking, psprintf("there is no column \"%s\" yet", column));
	if (pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck(relation, number, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return zdm_probe_cannot_tell(looking, psprintf("permission denied for column \"%s\"", column));
	if (check_enable_rls(relation, GetUserId(), true) == RLS_ENABLED)
		return zdm_probe_cannot_tell(looking, "row-level security hides rows of the table");
	return true;
}

/* Opens a relation under a lock that was to be had at once; NULL when it was not. */
Relation
zdm_probe_open(Looking *looking, Oid relation)
{
	Relation	rel;

	if (!ConditionalLockRelationOid(relation, AccessShareLock))
	{
		zdm_probe_cannot_tell(looking, "the table is locked");
		return NULL;
	}
	rel = try_relation_open(relation, NoLock);
	if (rel == NULL)
	{
		UnlockRelationOid(relation, AccessShareLock);
		zdm_probe_cannot_tell(looking, "the table is gone");
	}
	return rel;
}

/* Types whose operators are the server's own. */
bool
zdm_is_known_type(Oid type)
{
	if (!OidIsValid(type))
		return false;
	type = getBaseType(type);
	return type < FirstNormalObjectId || get_typtype(type) == TYPTYPE_ENUM;
}

/* The number of a stored column of a table; complains when there is none. */
AttrNumber
zdm_probe_column(Looking *looking, Relation rel, const char *column)
{
	AttrNumber	number = get_attnum(RelationGetRelid(rel), column);

	if (number <= 0)
		zdm_probe_cannot_tell(looking, psprintf("there is no column \"%s\" yet", column));
	else if (zdm_is_virtual(TupleDescAttr(RelationGetDescr(rel), number - 1)->attgenerated))
	{
		zdm_probe_cannot_tell(looking, "it would have to compute a virtual column");
		return InvalidAttrNumber;
	}
	return number;
}

/* Calls `look` for each row until it says stop. */
void
zdm_probe_each_row(Looking *looking, Relation rel, ZdmLook look, void *arg)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL);
	TupleTableSlot *slot = table_slot_create(rel, NULL);

	while (may_go_on(looking) && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		if (!look(looking, slot, arg))
			break;
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
}

/* NULLs */

static bool
look_for_null(Looking *looking, TupleTableSlot *slot, void *arg)
{
	if (!slot_attisnull(slot, *(AttrNumber *) arg))
		return true;
	looking->answer = ZDM_PROBE_FOUND;
	return false;
}

static void
probe_null(Looking *looking, Relation rel)
{
	AttrNumber	number = zdm_probe_column(looking, rel, looking->probe->keys[0]);

	if (number > 0)
		zdm_probe_each_row(looking, rel, look_for_null, &number);
}

/* A CHECK: probe_check.c makes the expression */

typedef struct Checking
{
	ExprState  *state;
	ExprContext *context;
} Checking;

static bool
look_for_broken(Looking *looking, TupleTableSlot *slot, void *arg)
{
	Checking   *checking = arg;

	checking->context->ecxt_scantuple = slot;
	if (!ExecCheck(checking->state, checking->context))
		looking->answer = ZDM_PROBE_FOUND;
	ResetExprContext(checking->context);
	return looking->answer != ZDM_PROBE_FOUND;
}

static void
probe_check(Looking *looking, Relation rel)
{
	const char *reason = NULL;
	Bitmapset  *columns = NULL;
	Expr	   *expression = zdm_probe_expression(rel, looking->probe, &columns, &reason);
	EState	   *estate;
	Checking	checking;
	int			column = -1;

	if (expression == NULL)
	{
		zdm_probe_cannot_tell(looking, reason);
		return;
	}
	while ((column = bms_next_member(columns, column)) >= 0)
	{
		const char *name = get_attname(RelationGetRelid(rel), (AttrNumber) column, false);

		if (!zdm_probe_may_read(looking, looking->probe->root, name) || zdm_probe_column(looking, rel, name) <= 0)
			return;
	}
	estate = CreateExecutorState();
	checking.context = GetPerTupleExprContext(estate);
	checking.state = ExecPrepareExpr(expression, estate);
	zdm_probe_each_row(looking, rel, look_for_broken, &checking);
	FreeExecutorState(estate);
}

static void
look(Looking *looking)
{
	const ZdmProbe *probe = looking->probe;
	Relation	rel;

	/* the rights are asked of the relation that the statement names, as a query of it would */
	for (int i = 0; i < probe->nkeys; i++)
	{
		if (!zdm_probe_may_read(looking, probe->root, probe->keys[i]))
			return;
	}
	rel = zdm_probe_open(looking, probe->relation);
	if (rel == NULL)
		return;
	if (rel->rd_rel->relkind != RELKIND_RELATION || RELATION_IS_OTHER_TEMP(rel))
		zdm_probe_cannot_tell(looking, "it is no plain table");
	else if (probe->kind == ZDM_PROBE_NULL)
		probe_null(looking, rel);
	else if (probe->kind == ZDM_PROBE_DUPLICATES)
		zdm_probe_duplicates(looking, rel);
	else if (probe->kind == ZDM_PROBE_ORPHANS)
		zdm_probe_orphans(looking, rel);
	else
		probe_check(looking, rel);
	relation_close(rel, AccessShareLock);
}

typedef struct Told
{
	const ZdmProbe *probe;
	MemoryContext context;
	int			answer;
	char	   *reason;			/* or NULL; in the context */
} Told;

static void
look_and_tell(void *arg)
{
	Told	   *told = arg;
	Looking		looking = {.probe = told->probe, .answer = ZDM_PROBE_NOT_FOUND};

	look(&looking);
	told->answer = looking.answer;
	if (looking.answer == ZDM_PROBE_CANNOT_TELL && looking.reason != NULL)
		told->reason = MemoryContextStrdup(told->context, looking.reason);
}

/* Looks for a row; `answer` is one of ZDM_PROBE_FOUND, NOT_FOUND and CANNOT_TELL, then with a reason. */
ErrorData *
zdm_shim_probe(const ZdmProbe *probe, int *answer, char **reason)
{
	Told		told = {.probe = probe, .context = CurrentMemoryContext, .answer = ZDM_PROBE_CANNOT_TELL};
	ErrorData  *error = zdm_in_subtransaction(look_and_tell, &told, true);

	*answer = error == NULL ? told.answer : ZDM_PROBE_CANNOT_TELL;
	*reason = error == NULL ? told.reason : pstrdup(error->message);
	return zdm_unanswered(error);
}
