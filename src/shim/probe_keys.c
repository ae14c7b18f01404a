/*
 * Looks for rows with the same keys, and for rows whose other side is missing.
 */
#include "probe.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/stratnum.h"
#include "access/transam.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/sortsupport.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

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
		return zdm_probe_cannot_tell(looking, psprintf("there is none among the first " INT64_FORMAT " rows", looking->rows));
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

void
zdm_probe_duplicates(Looking *looking, Relation rel)
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
		AttrNumber	number = zdm_probe_column(looking, rel, looking->probe->keys[i]);
		Form_pg_attribute attribute;
		TypeCacheEntry *type;

		if (number <= 0)
			return;
		attribute = TupleDescAttr(RelationGetDescr(rel), number - 1);
		type = zdm_is_known_type(attribute->atttypid) ? lookup_type_cache(getBaseType(attribute->atttypid), TYPECACHE_LT_OPR) : NULL;
		if (type == NULL || !OidIsValid(type->lt_opr) || type->lt_opr >= FirstNormalObjectId)
		{
			zdm_probe_cannot_tell(looking, psprintf("only code of a user can compare values of column \"%s\"", looking->probe->keys[i]));
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
	zdm_probe_each_row(looking, rel, collect_keys, &sorting);
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
	zdm_probe_cannot_tell(looking, "the referenced table has no index to look into");
	return InvalidOid;
}

void
zdm_probe_orphans(Looking *looking, Relation rel)
{
	const ZdmProbe *probe = looking->probe;
	AttrNumber *other = palloc(probe->nkeys * sizeof(AttrNumber));
	Matching	matching = {.numbers = palloc(probe->nkeys * sizeof(AttrNumber)), .keys = palloc0(probe->nkeys * sizeof(ScanKeyData))};

	for (int i = 0; i < probe->nkeys; i++)
	{
		if (!zdm_probe_may_read(looking, probe->referenced, probe->referenced_keys[i]))
			return;
	}
	matching.referenced = zdm_probe_open(looking, probe->referenced);
	if (matching.referenced == NULL)
		return;
	if (matching.referenced->rd_rel->relkind != RELKIND_RELATION)
	{
		zdm_probe_cannot_tell(looking, "the referenced relation is no plain table");
		relation_close(matching.referenced, AccessShareLock);
		return;
	}
	for (int i = 0; i < probe->nkeys && looking->reason == NULL; i++)
	{
		Form_pg_attribute own,
					key;
		TypeCacheEntry *type;

		matching.numbers[i] = zdm_probe_column(looking, rel, probe->keys[i]);
		other[i] = zdm_probe_column(looking, matching.referenced, probe->referenced_keys[i]);
		if (looking->reason != NULL)
			break;
		own = TupleDescAttr(RelationGetDescr(rel), matching.numbers[i] - 1);
		key = TupleDescAttr(RelationGetDescr(matching.referenced), other[i] - 1);
		type = own->atttypid == key->atttypid && zdm_is_known_type(own->atttypid) ?
			lookup_type_cache(getBaseType(own->atttypid), TYPECACHE_EQ_OPR) : NULL;
		if (type == NULL || !OidIsValid(type->eq_opr) || type->eq_opr >= FirstNormalObjectId)
		{
			zdm_probe_cannot_tell(looking, "the columns of the foreign key have different types, or types of a user");
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
		zdm_probe_each_row(looking, rel, look_for_orphan, &matching);
		UnregisterSnapshot(matching.snapshot);
		UnlockRelationOid(matching.index, AccessShareLock);
	}
	relation_close(matching.referenced, AccessShareLock);
}
