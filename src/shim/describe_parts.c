/*
 * The parts of a relation that not every statement asks for: what is above it, its constraints, its indexes, and what depends on its columns. As in describe.c no
 * lock is taken on a relation.
 */
#include "describe.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

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

/* `key_attribute` is the column with the numbers that are wanted: conkey or confkey. */
static void
describe_constraint(HeapTuple tuple, Relation catalog, AttrNumber key_attribute, ZdmConstraint *constraint)
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
	constraint->expression = zdm_text_attribute(tuple, catalog, Anum_pg_constraint_conbin);
}

/* The relations right above it, in the order of inhseqno. */
ErrorData *
zdm_shim_describe_parents(Oid relation, ZdmParents *result)
{
	ZDM_KEEP_ERROR;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		ZdmScan		scan;
		HeapTuple	tuple;

		AcceptInvalidationMessages();
		zdm_begin_scan_of(&scan, InheritsRelationId, InheritsRelidSeqnoIndexId, Anum_pg_inherits_inhrelid, relation);
		while (HeapTupleIsValid(tuple = zdm_next(&scan)))
			*ZDM_MORE(result->parents, result->nparents) = ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent;
		zdm_end_scan(&scan);
	}
	ZDM_RETURN_ERROR(context);
}

/* The constraints of a relation, in the order of their names. */
static void
describe_constraints(Oid relation, ZdmConstraints *result)
{
	ZdmScan		scan;
	HeapTuple	tuple;

	zdm_begin_scan_of(&scan, ConstraintRelationId, ConstraintRelidTypidNameIndexId, Anum_pg_constraint_conrelid, relation);
	while (HeapTupleIsValid(tuple = zdm_next(&scan)))
		describe_constraint(tuple, scan.catalog, Anum_pg_constraint_conkey, ZDM_MORE(result->constraints, result->nconstraints));
	zdm_end_scan(&scan);
}

ErrorData *
zdm_shim_describe_constraints(Oid relation, ZdmConstraints *result)
{
	ZDM_KEEP_ERROR;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		AcceptInvalidationMessages();
		describe_constraints(relation, result);
	}
	ZDM_RETURN_ERROR(context);
}

static void
describe_indexes(Oid relation, ZdmIndexes *result)
{
	ZdmScan		scan;
	HeapTuple	tuple;

	zdm_begin_scan_of(&scan, IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid, relation);
	while (HeapTupleIsValid(tuple = zdm_next(&scan)))
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
		index->expressions = zdm_text_attribute(tuple, scan.catalog, Anum_pg_index_indexprs);
		index->predicate = zdm_text_attribute(tuple, scan.catalog, Anum_pg_index_indpred);
	}
	zdm_end_scan(&scan);
}

ErrorData *
zdm_shim_describe_indexes(Oid relation, ZdmIndexes *result)
{
	ZDM_KEEP_ERROR;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		AcceptInvalidationMessages();
		describe_indexes(relation, result);
	}
	ZDM_RETURN_ERROR(context);
}

/* A foreign key that references the relation, if the constraint is one. */
static void
describe_reference(Oid constraint, Oid relation, Relation catalog, ZdmUsers *result)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

		if (form->contype == CONSTRAINT_FOREIGN && form->confrelid == relation)
			describe_constraint(tuple, catalog, Anum_pg_constraint_confkey, ZDM_MORE(result->referenced_by, result->nreferenced_by));
		ReleaseSysCache(tuple);
	}
}

static void
describe_users(Oid relation, Relation constraints, ZdmUsers *result)
{
	ZdmScan		scan;
	ScanKeyData keys[3];
	HeapTuple	tuple;
	Oid		   *seen = NULL;
	int			nseen = 0;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	/* both depend on columns */
	ScanKeyInit(&keys[2], Anum_pg_depend_refobjsubid, BTGreaterStrategyNumber, F_INT4GT, Int32GetDatum(0));
	zdm_begin_scan(&scan, DependRelationId, DependReferenceIndexId, 3, keys);
	while (HeapTupleIsValid(tuple = zdm_next(&scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		/* a foreign key of another table depends in the usual way; a table's own constraints go with its columns (pg_constraint.c) */
		if (form->classid == ConstraintRelationId && form->deptype == DEPENDENCY_NORMAL)
			*ZDM_MORE(seen, nseen) = form->objid;
		else if (form->classid == RelationRelationId &&
				 (form->deptype == DEPENDENCY_AUTO || form->deptype == DEPENDENCY_INTERNAL) &&
				 get_rel_relkind(form->objid) == RELKIND_SEQUENCE)
		{
			ZdmSequence *sequence = ZDM_MORE(result->sequences, result->nsequences);

			sequence->column = form->refobjsubid;
			sequence->sequence = form->objid;
		}
	}
	zdm_end_scan(&scan);

	/* there is a row for each column of a constraint */
	if (nseen > 1)
		qsort(seen, nseen, sizeof(Oid), oid_cmp);
	for (int i = 0; i < nseen; i++)
		if (i == 0 || seen[i] != seen[i - 1])
			describe_reference(seen[i], relation, constraints, result);
}

/* Foreign keys that reference the relation (pg_constraint has no index on the referenced table) and sequences of its columns. */
ErrorData *
zdm_shim_describe_users(Oid relation, ZdmUsers *result)
{
	ZDM_KEEP_ERROR;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		Relation	constraints;

		AcceptInvalidationMessages();
		constraints = table_open(ConstraintRelationId, AccessShareLock);
		describe_users(relation, constraints, result);
		table_close(constraints, AccessShareLock);
	}
	ZDM_RETURN_ERROR(context);
}
