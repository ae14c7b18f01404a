/*
 * What the analysis wants to know of every relation that it meets, read from the catalogs themselves: by their indexes, without a planner and
 * without a lock on the relation. Nothing is kept from call to call but what the server's own catalog caches keep. Errors are handled as in relation.c.
 *
 * What would open the relation is not called: no pg_get_expr, no pg_get_constraintdef, no relation cache; the file is told by its path.
 */
#include "describe.h"
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_partitioned_table.h"
#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* pg_relation_filepath, which looks into the syscache only; NULL for what has no file. */
static char *
file_path(Oid relation)
{
	LOCAL_FCINFO(fcinfo, 1);
	Datum		path;

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = ObjectIdGetDatum(relation);
	fcinfo->args[0].isnull = false;
	path = pg_relation_filepath(fcinfo);
	return fcinfo->isnull ? NULL : TextDatumGetCString(path);
}

/* The row of pg_class, and what depends on its kind alone. */
static bool
describe_class(Oid relation, ZdmRelation *result, bool *has_children)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class form;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_class) GETSTRUCT(tuple);
	result->schema = get_namespace_name(form->relnamespace);
	/* both may be gone by now */
	result->found = result->schema != NULL;
	result->name = pstrdup(NameStr(form->relname));
	result->kind = form->relkind;
	result->persistence = form->relpersistence;
	result->is_partition = form->relispartition;
	result->rows = form->reltuples;
	result->column_numbers = form->relnatts;
	result->tablespace = form->reltablespace;
	result->access_method = OidIsValid(form->relam) ? get_am_name(form->relam) : NULL;
	*has_children = form->relhassubclass;
	ReleaseSysCache(tuple);
	if (!result->found)
		return false;

	if (result->kind == RELKIND_PARTITIONED_TABLE)
	{
		tuple = SearchSysCache1(PARTRELID, ObjectIdGetDatum(relation));
		if (HeapTupleIsValid(tuple))
		{
			result->default_partition = ((Form_pg_partitioned_table) GETSTRUCT(tuple))->partdefid;
			ReleaseSysCache(tuple);
		}
	}
	else if (result->kind == RELKIND_INDEX || result->kind == RELKIND_PARTITIONED_INDEX)
	{
		tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(relation));
		if (HeapTupleIsValid(tuple))
		{
			result->index_of = ((Form_pg_index) GETSTRUCT(tuple))->indrelid;
			ReleaseSysCache(tuple);
		}
	}
	if (RELKIND_HAS_STORAGE(result->kind))
		result->file = file_path(relation);
	return true;
}

static void
describe_children(Oid relation, ZdmRelation *result)
{
	ZdmScan		scan;
	HeapTuple	tuple;

	zdm_begin_scan_of(&scan, InheritsRelationId, InheritsParentIndexId, Anum_pg_inherits_inhparent, relation);
	while (HeapTupleIsValid(tuple = zdm_next(&scan)))
		*ZDM_MORE(result->children, result->nchildren) = ((Form_pg_inherits) GETSTRUCT(tuple))->inhrelid;
	zdm_end_scan(&scan);
}

/* The expression of a generated column. */
static char *
default_tree(Oid relation, int16 number)
{
	ZdmScan		scan;
	ScanKeyData keys[2];
	HeapTuple	tuple;
	char	   *tree = NULL;

	ScanKeyInit(&keys[0], Anum_pg_attrdef_adrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	ScanKeyInit(&keys[1], Anum_pg_attrdef_adnum, BTEqualStrategyNumber, F_INT2EQ, Int16GetDatum(number));
	zdm_begin_scan(&scan, AttrDefaultRelationId, AttrDefaultIndexId, 2, keys);
	tuple = zdm_next(&scan);
	if (HeapTupleIsValid(tuple))
		tree = zdm_text_attribute(tuple, scan.catalog, Anum_pg_attrdef_adbin);
	zdm_end_scan(&scan);
	return tree;
}

static int
by_number(const void *one, const void *other)
{
	return ((const ZdmColumn *) one)->number - ((const ZdmColumn *) other)->number;
}

static void
describe_column(Form_pg_attribute form, ZdmRelation *result)
{
	ZdmColumn  *column;

	if (form->attnum <= 0 || form->attisdropped)
		return;
	column = ZDM_MORE(result->columns, result->ncolumns);
	column->number = form->attnum;
	column->not_null = form->attnotnull;
	column->has_default = form->atthasdef;
	column->identity = form->attidentity;
	column->generated = form->attgenerated;
	column->type = form->atttypid;
	column->typmod = form->atttypmod;
	column->collation = form->attcollation;
	column->name = pstrdup(NameStr(form->attname));
}

/* The columns, from the cache that the server reads them from too: it is filled once for a relation and told of every change. */
static void
describe_columns(Oid relation, ZdmRelation *result)
{
	if (zdm_cache_lists_are_hashed)
	{
		CatCList   *list = SearchSysCacheList1(ATTNUM, ObjectIdGetDatum(relation));

		for (int i = 0; i < list->n_members; i++)
			describe_column((Form_pg_attribute) GETSTRUCT(&list->members[i]->tuple), result);
		/* a list that was put together without the index is in no order */
		if (!list->ordered && result->ncolumns > 1)
			qsort(result->columns, result->ncolumns, sizeof(ZdmColumn), by_number);
		ReleaseCatCacheList(list);
	}
	else
	{
		for (int number = 1; number <= result->column_numbers; number++)
		{
			HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum((int16) number));

			if (!HeapTupleIsValid(tuple))
				continue;
			describe_column((Form_pg_attribute) GETSTRUCT(tuple), result);
			ReleaseSysCache(tuple);
		}
	}
	for (int i = 0; i < result->ncolumns; i++)
		if (result->columns[i].generated != '\0')
			result->columns[i].expression = default_tree(relation, result->columns[i].number);
}

/* A relation; `found` is false when there is none. */
ErrorData *
zdm_shim_describe(Oid relation, ZdmRelation *result)
{
	ZDM_KEEP_ERROR;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		bool		has_children = false;

		AcceptInvalidationMessages();
		if (describe_class(relation, result, &has_children))
		{
			if (has_children)
				describe_children(relation, result);
			describe_columns(relation, result);
		}
	}
	ZDM_RETURN_ERROR(context);
}
