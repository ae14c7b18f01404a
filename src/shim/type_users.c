/*
 * Which tables have a column of a type. By pg_depend, which has an index for this: it says nothing of the system's pinned types, of which
 * nobody asks. Errors are handled as in relation.c.
 */
#include "describe.h"

#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* Whether a type is made of another: a domain over it, an array, a range of it. */
static bool
is_made_of(Oid type, Oid other)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	bool		made = false;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

		made = form->typbasetype == other || form->typelem == other || form->typtype == TYPTYPE_RANGE || form->typtype == TYPTYPE_MULTIRANGE;
		ReleaseSysCache(tuple);
	}
	return made;
}

/* A relation that depends on a type, by a column or (without one) as a whole: it is noted, or the type that it stands for. */
static void
note_relation(Oid relation, int column, Oid type, List **types, ZdmOids *result)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class form;
	bool		uses = false;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_class) GETSTRUCT(tuple);
	if (form->relkind == RELKIND_COMPOSITE_TYPE)
		*types = list_append_unique_oid(*types, form->reltype);
	else if (form->relkind == RELKIND_RELATION || form->relkind == RELKIND_PARTITIONED_TABLE || form->relkind == RELKIND_MATVIEW)
		uses = form->reloftype == type || (column > 0 && get_atttype(relation, (AttrNumber) column) == type);
	ReleaseSysCache(tuple);
	if (uses)
		*ZDM_MORE(result->oids, result->noids) = relation;
}

static void
note_users(Oid type, List **types, ZdmOids *result)
{
	ZdmScan		scan;
	ScanKeyData keys[2];
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(TypeRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(type));
	zdm_begin_scan(&scan, DependRelationId, DependReferenceIndexId, 2, keys);
	while (HeapTupleIsValid(tuple = zdm_next(&scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		CHECK_FOR_INTERRUPTS();
		if (form->classid == TypeRelationId && is_made_of(form->objid, type))
			*types = list_append_unique_oid(*types, form->objid);
		else if (form->classid == RelationRelationId)
			note_relation(form->objid, form->objsubid, type, types, result);
	}
	zdm_end_scan(&scan);
}

/*
 * The tables and materialized views with a column of a type, or of a domain, array, range or composite type made of it, and the tables OF it; one
 * may be there more than once.
 */
ErrorData *
zdm_shim_type_users(Oid type, ZdmOids *result)
{
	ZDM_KEEP_ERROR;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		List	   *types = list_make1_oid(type);

		AcceptInvalidationMessages();
		/* it grows while it is walked through */
		for (int i = 0; i < list_length(types); i++)
			note_users(list_nth_oid(types, i), &types, result);
	}
	ZDM_RETURN_ERROR(context);
}
