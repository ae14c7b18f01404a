/*
 * A look at the rows: is there one that breaks what a statement demands? Asked only when the caller wishes it (probe => true).
 *
 * Tables are read here row by row and not by a query: a planner would compute whatever constants the expressions of indexes, statistics and
 * constraints hold, which may be functions of a user. No lock is waited for, the rights and row-level security of the caller hold, and no
 * function, operator or type of a user is ever called. Everything runs in a subtransaction: an error of the data is an answer, too.
 */
#include "zdm_shim.h"
#include "compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/sortsupport.h"
#include "utils/timestamp.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

/* Rows between two looks at the clock. */
#define ZDM_ROWS_A_LOOK 256

/* What a probe has found out so far. */
typedef struct Looking
{
	const ZdmProbe *probe;
	int64		rows;
	int			answer;
	const char *reason;
} Looking;

static bool
cannot_tell(Looking *looking, const char *reason)
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
		return cannot_tell(looking, psprintf("zdm.probe_timeout was over after " INT64_FORMAT " rows", looking->rows - 1));
	return true;
}

/* The caller may read a column of a relation, and sees all rows of it. */
static bool
may_read(Looking *looking, Oid relation, const char *column)
{
	AttrNumber	number = get_attnum(relation, column);

	if (number == InvalidAttrNumber)
		return cannot_tell(looking, psprintf("there is no column \"%s\" yet", column));
	if (pg_class_aclcheck(relation, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck(relation, number, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return cannot_tell(looking, psprintf("permission denied for column \"%s\"", column));
	if (check_enable_rls(relation, GetUserId(), true) == RLS_ENABLED)
		return cannot_tell(looking, "row-level security hides rows of the table");
	return true;
}

/* Opens a relation under a lock that was to be had at once; NULL when it was not. */
static Relation
open_at_once(Looking *looking, Oid relation)
{
	Relation	rel;

	if (!ConditionalLockRelationOid(relation, AccessShareLock))
	{
		cannot_tell(looking, "the table is locked");
		return NULL;
	}
	rel = try_relation_open(relation, NoLock);
	if (rel == NULL)
	{
		UnlockRelationOid(relation, AccessShareLock);
		cannot_tell(looking, "the table is gone");
	}
	return rel;
}

/* Types whose operators are the server's own. */
static bool
is_known_type(Oid type)
{
	type = getBaseType(type);
	return OidIsValid(type) && (type < FirstNormalObjectId || get_typtype(type) == TYPTYPE_ENUM);
}

/* The number of a stored column of a table; complains when there is none. */
static AttrNumber
stored_column(Looking *looking, Relation rel, const char *column)
{
	AttrNumber	number = get_attnum(RelationGetRelid(rel), column);

	if (number <= 0)
		cannot_tell(looking, psprintf("there is no column \"%s\" yet", column));
	else if (zdm_is_virtual(TupleDescAttr(RelationGetDescr(rel), number - 1)->attgenerated))
	{
		cannot_tell(looking, "it would have to compute a virtual column");
		return InvalidAttrNumber;
	}
	return number;
}

/* Calls `look` for each row until it says stop. */
static void
each_row(Looking *looking, Relation rel, bool (*look) (Looking *looking, TupleTableSlot *slot, void *arg), void *arg)
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
	AttrNumber	number = stored_column(looking, rel, looking->probe->keys[0]);

	if (number > 0)
		each_row(looking, rel, look_for_null, &number);
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
		cannot_tell(looking, reason);
		return;
	}
	while ((column = bms_next_member(columns, column)) >= 0)
	{
		const char *name = get_attname(RelationGetRelid(rel), (AttrNumber) column, false);

		if (!may_read(looking, looking->probe->root, name) || stored_column(looking, rel, name) <= 0)
			return;
	}
	estate = CreateExecutorState();
	checking.context = GetPerTupleExprContext(estate);
	checking.state = ExecPrepareExpr(expression, estate);
	each_row(looking, rel, look_for_broken, &checking);
	FreeExecutorState(estate);
}

/* Duplicates */

typedef struct Sorting
{
	Tuplesortstate *sort;
	TupleTableSlot *keys;
	AttrNumber *numbers;
	int			nkeys;
} Sorting;

static bool
collect_keys(Looking *looking, TupleTableSlot *slot, void *arg)
{
	Sorting    *sorting = arg;

	ExecClearTuple(sorting->keys);
	for (int i = 0; i < sorting->nkeys; i++)
	{
		sorting->keys->tts_values[i] = slot_getattr(slot, sorting->numbers[i], &sorting->keys->tts_isnull[i]);
		/* NULLs differ from each other */
		if (sorting->keys->tts_isnull[i])
			return true;
	}
	ExecStoreVirtualTuple(sorting->keys);
	tuplesort_puttupleslot(sorting->sort, sorting->keys);
	if (looking->rows >= looking->probe->most)
		return cannot_tell(looking, psprintf("there is none among the first " INT64_FORMAT " rows", looking->rows));
	return true;
}

static bool
same_keys(TupleTableSlot *one, TupleTableSlot *other, SortSupport support, int nkeys)
{
	for (int i = 0; i < nkeys; i++)
	{
		bool		one_null,
					other_null;
		Datum		one_value = slot_getattr(one, i + 1, &one_null);
		Datum		other_value = slot_getattr(other, i + 1, &other_null);

		if (ApplySortComparator(one_value, one_null, other_value, other_null, &support[i]) != 0)
			return false;
	}
	return true;
}

static void
probe_duplicates(Looking *looking, Relation rel)
{
	int			nkeys = looking->probe->nkeys;
	TupleDesc	keys = CreateTemplateTupleDesc(nkeys);
	Oid		   *operators = palloc(nkeys * sizeof(Oid));
	Oid		   *collations = palloc(nkeys * sizeof(Oid));
	bool	   *nulls_first = palloc0(nkeys * sizeof(bool));
	AttrNumber *targets = palloc(nkeys * sizeof(AttrNumber));
	SortSupport support = palloc0(nkeys * sizeof(SortSupportData));
	Sorting		sorting = {.nkeys = nkeys, .numbers = palloc(nkeys * sizeof(AttrNumber))};
	TupleTableSlot *slots[2];
	int			turn = 0;
	bool		first = true;

	for (int i = 0; i < nkeys; i++)
	{
		AttrNumber	number = stored_column(looking, rel, looking->probe->keys[i]);
		Form_pg_attribute attribute;
		TypeCacheEntry *type;

		if (number <= 0)
			return;
		attribute = TupleDescAttr(RelationGetDescr(rel), number - 1);
		type = is_known_type(attribute->atttypid) ? lookup_type_cache(getBaseType(attribute->atttypid), TYPECACHE_LT_OPR) : NULL;
		if (type == NULL || !OidIsValid(type->lt_opr) || type->lt_opr >= FirstNormalObjectId)
		{
			cannot_tell(looking, psprintf("only code of a user can compare values of column \"%s\"", looking->probe->keys[i]));
			return;
		}
		TupleDescInitEntry(keys, i + 1, NULL, attribute->atttypid, attribute->atttypmod, 0);
		TupleDescInitEntryCollation(keys, i + 1, attribute->attcollation);
		sorting.numbers[i] = number;
		targets[i] = i + 1;
		operators[i] = type->lt_opr;
		collations[i] = attribute->attcollation;
		support[i].ssup_cxt = CurrentMemoryContext;
		support[i].ssup_collation = attribute->attcollation;
		PrepareSortSupportFromOrderingOp(type->lt_opr, &support[i]);
	}
	sorting.keys = MakeSingleTupleTableSlot(keys, &TTSOpsVirtual);
	sorting.sort = tuplesort_begin_heap(keys, nkeys, targets, operators, collations, nulls_first, work_mem, NULL, TUPLESORT_NONE);
	each_row(looking, rel, collect_keys, &sorting);
	tuplesort_performsort(sorting.sort);
	slots[0] = MakeSingleTupleTableSlot(keys, &TTSOpsMinimalTuple);
	slots[1] = MakeSingleTupleTableSlot(keys, &TTSOpsMinimalTuple);
	while (tuplesort_gettupleslot(sorting.sort, true, true, slots[turn], NULL))
	{
		CHECK_FOR_INTERRUPTS();
		if (!first && same_keys(slots[0], slots[1], support, nkeys))
		{
			looking->answer = ZDM_PROBE_FOUND;
			break;
		}
		first = false;
		turn = 1 - turn;
	}
	ExecDropSingleTupleTableSlot(slots[0]);
	ExecDropSingleTupleTableSlot(slots[1]);
	ExecDropSingleTupleTableSlot(sorting.keys);
	tuplesort_end(sorting.sort);
}

/* Orphans: rows of a foreign key whose other side is missing */

typedef struct Matching
{
	Relation	referenced;
	Oid			index;
	AttrNumber *numbers;
	ScanKeyData *keys;
	Snapshot	snapshot;
} Matching;

static bool
look_for_orphan(Looking *looking, TupleTableSlot *slot, void *arg)
{
	Matching   *matching = arg;
	SysScanDesc scan;

	for (int i = 0; i < looking->probe->nkeys; i++)
	{
		bool		is_null;

		matching->keys[i].sk_argument = slot_getattr(slot, matching->numbers[i], &is_null);
		/* MATCH SIMPLE: one NULL is enough */
		if (is_null)
			return true;
	}
	scan = systable_beginscan(matching->referenced, matching->index, true, matching->snapshot, looking->probe->nkeys, matching->keys);
	if (!HeapTupleIsValid(systable_getnext(scan)))
		looking->answer = ZDM_PROBE_FOUND;
	systable_endscan(scan);
	return looking->answer != ZDM_PROBE_FOUND;
}

/* A valid unique B-tree index on exactly these columns; locked. */
static Oid
index_on(Looking *looking, Relation rel, const AttrNumber *columns, int ncolumns)
{
	ListCell   *cell;

	foreach(cell, RelationGetIndexList(rel))
	{
		Oid			oid = lfirst_oid(cell);
		Relation	index;
		bool		fits;

		if (!ConditionalLockRelationOid(oid, AccessShareLock))
			continue;
		index = try_relation_open(oid, NoLock);
		if (index == NULL)
		{
			UnlockRelationOid(oid, AccessShareLock);
			continue;
		}
		fits = index->rd_rel->relkind == RELKIND_INDEX && index->rd_rel->relam == BTREE_AM_OID && index->rd_index->indisvalid &&
			index->rd_index->indisunique && index->rd_index->indnkeyatts == ncolumns &&
			heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL) &&
			heap_attisnull(index->rd_indextuple, Anum_pg_index_indexprs, NULL);
		for (int i = 0; fits && i < ncolumns; i++)
		{
			bool		found = false;

			for (int j = 0; j < ncolumns; j++)
				found |= index->rd_index->indkey.values[j] == columns[i] && index->rd_opfamily[j] < FirstNormalObjectId;
			fits = found;
		}
		relation_close(index, NoLock);
		if (fits)
			return oid;
		UnlockRelationOid(oid, AccessShareLock);
	}
	cannot_tell(looking, "the referenced table has no index to look into");
	return InvalidOid;
}

static void
probe_orphans(Looking *looking, Relation rel)
{
	const ZdmProbe *probe = looking->probe;
	AttrNumber *other = palloc(probe->nkeys * sizeof(AttrNumber));
	Matching	matching = {.numbers = palloc(probe->nkeys * sizeof(AttrNumber)), .keys = palloc0(probe->nkeys * sizeof(ScanKeyData))};

	for (int i = 0; i < probe->nkeys; i++)
	{
		if (!may_read(looking, probe->referenced, probe->referenced_keys[i]))
			return;
	}
	matching.referenced = open_at_once(looking, probe->referenced);
	if (matching.referenced == NULL)
		return;
	if (matching.referenced->rd_rel->relkind != RELKIND_RELATION)
	{
		cannot_tell(looking, "the referenced relation is no plain table");
		relation_close(matching.referenced, AccessShareLock);
		return;
	}
	for (int i = 0; i < probe->nkeys && looking->reason == NULL; i++)
	{
		Form_pg_attribute own,
					key;
		TypeCacheEntry *type;

		matching.numbers[i] = stored_column(looking, rel, probe->keys[i]);
		other[i] = stored_column(looking, matching.referenced, probe->referenced_keys[i]);
		if (looking->reason != NULL)
			break;
		own = TupleDescAttr(RelationGetDescr(rel), matching.numbers[i] - 1);
		key = TupleDescAttr(RelationGetDescr(matching.referenced), other[i] - 1);
		type = own->atttypid == key->atttypid && is_known_type(own->atttypid) ?
			lookup_type_cache(getBaseType(own->atttypid), TYPECACHE_EQ_OPR) : NULL;
		if (type == NULL || !OidIsValid(type->eq_opr) || type->eq_opr >= FirstNormalObjectId)
		{
			cannot_tell(looking, "the columns of the foreign key have different types, or types of a user");
			break;
		}
		ScanKeyEntryInitialize(&matching.keys[i], 0, other[i], BTEqualStrategyNumber, InvalidOid, key->attcollation,
							   get_opcode(type->eq_opr), (Datum) 0);
	}
	if (looking->reason == NULL)
		matching.index = index_on(looking, matching.referenced, other, probe->nkeys);
	if (looking->reason == NULL)
	{
		matching.snapshot = RegisterSnapshot(GetLatestSnapshot());
		each_row(looking, rel, look_for_orphan, &matching);
		UnregisterSnapshot(matching.snapshot);
		UnlockRelationOid(matching.index, AccessShareLock);
	}
	relation_close(matching.referenced, AccessShareLock);
}

static void
look(Looking *looking)
{
	const ZdmProbe *probe = looking->probe;
	Relation	rel;

	/* the rights are asked of the relation that the statement names, as a query of it would */
	for (int i = 0; i < probe->nkeys; i++)
	{
		if (!may_read(looking, probe->root, probe->keys[i]))
			return;
	}
	rel = open_at_once(looking, probe->relation);
	if (rel == NULL)
		return;
	if (rel->rd_rel->relkind != RELKIND_RELATION || RELATION_IS_OTHER_TEMP(rel))
		cannot_tell(looking, "it is no plain table");
	else if (probe->kind == ZDM_PROBE_NULL)
		probe_null(looking, rel);
	else if (probe->kind == ZDM_PROBE_DUPLICATES)
		probe_duplicates(looking, rel);
	else if (probe->kind == ZDM_PROBE_ORPHANS)
		probe_orphans(looking, rel);
	else
		probe_check(looking, rel);
	relation_close(rel, AccessShareLock);
}

/* Looks for a row; `answer` is one of ZDM_PROBE_FOUND, NOT_FOUND and CANNOT_TELL, then with a reason. */
ErrorData *
zdm_shim_probe(const ZdmProbe *probe, int *answer, char **reason)
{
	ErrorData  *volatile error = NULL;
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Looking    *looking = palloc0(sizeof(Looking));

	looking->probe = probe;
	looking->answer = ZDM_PROBE_NOT_FOUND;
	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		look(looking);
		*answer = looking->answer;
		*reason = looking->answer == ZDM_PROBE_CANNOT_TELL && looking->reason != NULL ? MemoryContextStrdup(context, looking->reason) : NULL;
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = zdm_shim_catch(context);
		RollbackAndReleaseCurrentSubTransaction();
		/* a cancel or a shutdown says nothing of the data */
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_TO_CATEGORY(ERRCODE_QUERY_CANCELED))
		{
			*answer = ZDM_PROBE_CANNOT_TELL;
			*reason = pstrdup(error->message);
			error = NULL;
		}
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}
