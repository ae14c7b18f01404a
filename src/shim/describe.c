/*
 * All that the analysis wants to know of a relation, read from the catalogs themselves: by their indexes, under one snapshot, without a planner and
 * without a lock on the relation. Nothing is kept from call to call, so that nothing can be stale. Errors are handled as in relation.c.
 *
 * What would open the relation is not called: no pg_get_expr, no pg_get_constraintdef, no relation cache; the file is told by its path.
 */
#include "describe.h"
#include "compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_partitioned_table.h"
#include "commands/defrem.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

void *
zdm_more(void *array, Size size, int *n)
{
	if (array == NULL)
		array = palloc(size * 8);
	else if (*n >= 8 && (*n & (*n - 1)) == 0)
		array = repalloc(array, mul_size(size, mul_size(*n, 2)));
	memset((char *) array + size * *n, 0, size);
	(*n)++;
	return array;
}

/* A column of a catalog that may be NULL, as text. */
static char *
text_attribute(HeapTuple tuple, Relation catalog, AttrNumber attribute)
{
	bool		is_null;
	Datum		value = heap_getattr(tuple, attribute, RelationGetDescr(catalog), &is_null);

	return is_null ? NULL : TextDatumGetCString(value);
}

/* A column of a catalog that is an int2[] or NULL. */
static int16 *
numbers_attribute(HeapTuple tuple, Relation catalog, AttrNumber attribute, int *n)
{
	bool		is_null;
	Datum		value = heap_getattr(tuple, attribute, RelationGetDescr(catalog), &is_null);
	ArrayType  *array;
	int16	   *numbers;

	*n = 0;
	if (is_null)
		return NULL;
	array = DatumGetArrayTypeP(value);
	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != INT2OID)
		return NULL;
	*n = ARR_DIMS(array)[0];
	numbers = palloc(sizeof(int16) * Max(*n, 1));
	memcpy(numbers, ARR_DATA_PTR(array), sizeof(int16) * *n);
	return numbers;
}

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
describe_inheritance(Oid relation, Snapshot snapshot, ZdmRelation *result, bool has_children)
{
	Relation	catalog = table_open(InheritsRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	/* in the order of inhseqno */
	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(catalog, InheritsRelidSeqnoIndexId, true, snapshot, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		*ZDM_MORE(result->parents, result->nparents) = ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent;
	systable_endscan(scan);
	if (has_children)
	{
		ScanKeyInit(&key, Anum_pg_inherits_inhparent, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
		scan = systable_beginscan(catalog, InheritsParentIndexId, true, snapshot, 1, &key);
		while (HeapTupleIsValid(tuple = systable_getnext(scan)))
			*ZDM_MORE(result->children, result->nchildren) = ((Form_pg_inherits) GETSTRUCT(tuple))->inhrelid;
		systable_endscan(scan);
	}
	table_close(catalog, AccessShareLock);
}

/* The expression of a generated column. */
static char *
default_tree(Oid relation, int16 number, Snapshot snapshot)
{
	Relation	catalog = table_open(AttrDefaultRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData keys[2];
	HeapTuple	tuple;
	char	   *tree = NULL;

	ScanKeyInit(&keys[0], Anum_pg_attrdef_adrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	ScanKeyInit(&keys[1], Anum_pg_attrdef_adnum, BTEqualStrategyNumber, F_INT2EQ, Int16GetDatum(number));
	scan = systable_beginscan(catalog, AttrDefaultIndexId, true, snapshot, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		tree = text_attribute(tuple, catalog, Anum_pg_attrdef_adbin);
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	return tree;
}

static void
describe_columns(Oid relation, Snapshot snapshot, ZdmRelation *result)
{
	Relation	catalog = table_open(AttributeRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData keys[2];
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTGreaterStrategyNumber, F_INT2GT, Int16GetDatum(0));
	scan = systable_beginscan(catalog, AttributeRelidNumIndexId, true, snapshot, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_attribute form = (Form_pg_attribute) GETSTRUCT(tuple);
		ZdmColumn  *column;

		if (form->attisdropped)
			continue;
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
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	for (int i = 0; i < result->ncolumns; i++)
		if (result->columns[i].generated != '\0')
			result->columns[i].expression = default_tree(relation, result->columns[i].number, snapshot);
}

/* `key_attribute` is the column with the numbers that are wanted: conkey or confkey. */
void
zdm_describe_constraint(HeapTuple tuple, Relation catalog, AttrNumber key_attribute, ZdmConstraint *constraint)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

	constraint->oid = form->oid;
	constraint->kind = form->contype;
	constraint->validated = form->convalidated;
	constraint->no_inherit = form->connoinherit && (form->contype == 'c' || form->contype == 'n');
	constraint->table = form->conrelid;
	constraint->references = form->confrelid;
	constraint->index = form->conindid;
	constraint->name = pstrdup(NameStr(form->conname));
	constraint->columns = numbers_attribute(tuple, catalog, key_attribute, &constraint->ncolumns);
	constraint->expression = text_attribute(tuple, catalog, Anum_pg_constraint_conbin);
}

/* The constraints of the relation, in the order of their names. */
static void
describe_constraints(Oid relation, Snapshot snapshot, ZdmRelation *result)
{
	Relation	catalog = table_open(ConstraintRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(catalog, ConstraintRelidTypidNameIndexId, true, snapshot, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		zdm_describe_constraint(tuple, catalog, Anum_pg_constraint_conkey, ZDM_MORE(result->constraints, result->nconstraints));
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

static void
describe_indexes(Oid relation, Snapshot snapshot, ZdmRelation *result)
{
	Relation	catalog = table_open(IndexRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(catalog, IndexIndrelidIndexId, true, snapshot, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
		char	   *name = get_rel_name(form->indexrelid);
		ZdmIndex   *index;

		if (name == NULL)		/* gone since */
			continue;
		index = ZDM_MORE(result->indexes, result->nindexes);
		index->name = name;
		index->oid = form->indexrelid;
		index->unique = form->indisunique;
		index->primary = form->indisprimary;
		index->valid = form->indisvalid;
		index->ncolumns = form->indkey.dim1;
		index->columns = palloc(sizeof(int16) * Max(index->ncolumns, 1));
		memcpy(index->columns, form->indkey.values, sizeof(int16) * index->ncolumns);
		index->expressions = text_attribute(tuple, catalog, Anum_pg_index_indexprs);
		index->predicate = text_attribute(tuple, catalog, Anum_pg_index_indpred);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
}

/* All about a relation but what depends on it (describe_users.c); `found` is false when there is none. */
ErrorData *
zdm_shim_describe(Oid relation, ZdmRelation *result)
{
	ErrorData  *volatile error = NULL;
	MemoryContext context = CurrentMemoryContext;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		Snapshot	snapshot;
		bool		has_children = false;

		AcceptInvalidationMessages();
		snapshot = RegisterSnapshot(GetLatestSnapshot());
		if (describe_class(relation, result, &has_children))
		{
			describe_inheritance(relation, snapshot, result, has_children);
			describe_columns(relation, snapshot, result);
			describe_constraints(relation, snapshot, result);
			describe_indexes(relation, snapshot, result);
		}
		UnregisterSnapshot(snapshot);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = zdm_shim_catch(context);
	}
	PG_END_TRY();
	return error;
}
