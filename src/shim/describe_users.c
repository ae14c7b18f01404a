/*
 * What depends on the columns of a relation: foreign keys that reference it (pg_constraint has no index on the referenced table) and sequences.
 * Few statements make anything of it, so that it is read apart from the rest of a description. As in describe.c no lock is taken on a relation.
 */
#include "describe.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* A foreign key that references the relation, if the constraint is one. */
static void
describe_reference(Oid constraint, Oid relation, Relation catalog, ZdmUsers *result)
{
	HeapTuple	tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

		if (form->contype == CONSTRAINT_FOREIGN && form->confrelid == relation)
			zdm_describe_constraint(tuple, catalog, Anum_pg_constraint_confkey, ZDM_MORE(result->referenced_by, result->nreferenced_by));
		ReleaseSysCache(tuple);
	}
}

static void
describe_users(Oid relation, Relation constraints, Snapshot snapshot, ZdmUsers *result)
{
	Relation	catalog = table_open(DependRelationId, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData keys[3];
	HeapTuple	tuple;
	Oid		   *seen = NULL;
	int			nseen = 0;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	/* both depend on columns */
	ScanKeyInit(&keys[2], Anum_pg_depend_refobjsubid, BTGreaterStrategyNumber, F_INT4GT, Int32GetDatum(0));
	scan = systable_beginscan(catalog, DependReferenceIndexId, true, snapshot, 3, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->classid == ConstraintRelationId)
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
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);

	/* there is a row for each column of a constraint */
	if (nseen > 1)
		qsort(seen, nseen, sizeof(Oid), oid_cmp);
	for (int i = 0; i < nseen; i++)
		if (i == 0 || seen[i] != seen[i - 1])
			describe_reference(seen[i], relation, constraints, result);
}

ErrorData *
zdm_shim_describe_users(Oid relation, ZdmUsers *result)
{
	ErrorData  *volatile error = NULL;
	MemoryContext context = CurrentMemoryContext;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		Snapshot	snapshot;
		Relation	constraints;

		AcceptInvalidationMessages();
		snapshot = RegisterSnapshot(GetLatestSnapshot());
		constraints = table_open(ConstraintRelationId, AccessShareLock);
		describe_users(relation, constraints, snapshot, result);
		table_close(constraints, AccessShareLock);
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
