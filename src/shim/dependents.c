/*
 * What only few rules ask, read like describe.c does: how an index is made and used, and what depends on a relation or a column. Where there is
 * nothing, which is most often so, no SQL has to find that out. Errors are handled as in relation.c.
 */
#include "describe.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* Whether an operator class is the default of its type. */
static bool
is_default_class(Oid class)
{
	HeapTuple	tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(class));
	bool		is_default = true;

	if (HeapTupleIsValid(tuple))
	{
		is_default = ((Form_pg_opclass) GETSTRUCT(tuple))->opcdefault;
		ReleaseSysCache(tuple);
	}
	return is_default;
}

/* The collation of a column; InvalidOid for what is none. */
static Oid
column_collation(Oid relation, int16 number, bool *found)
{
	HeapTuple	tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(number));
	Oid			collation = InvalidOid;

	*found = HeapTupleIsValid(tuple);
	if (*found)
	{
		collation = ((Form_pg_attribute) GETSTRUCT(tuple))->attcollation;
		ReleaseSysCache(tuple);
	}
	return collation;
}

/* How an index is made; `found` is false when there is none. */
ErrorData *
zdm_shim_index_shape(Oid index, ZdmShape *result)
{
	ZDM_KEEP_ERROR;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		HeapTuple	tuple;
		HeapTuple	class;

		AcceptInvalidationMessages();
		tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
		class = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
		if (HeapTupleIsValid(tuple) && HeapTupleIsValid(class))
		{
			Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);
			bool		is_null;
			Datum		classes = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indclass, &is_null);
			Datum		collations = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indcollation, &is_null);
			Datum		options = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indoption, &is_null);

			result->found = true;
			result->method = get_am_name(((Form_pg_class) GETSTRUCT(class))->relam);
			result->nkeys = form->indnkeyatts;
			result->keys = palloc(sizeof(int16) * Max(result->nkeys, 1));
			memcpy(result->keys, form->indkey.values, sizeof(int16) * result->nkeys);
			result->plain = heap_attisnull(tuple, Anum_pg_index_indpred, NULL) && heap_attisnull(tuple, Anum_pg_index_indexprs, NULL) &&
				!form->indnullsnotdistinct && !form->indisexclusion;
			for (int i = 0; i < form->indnkeyatts && result->plain; i++)
			{
				bool		is_column;
				Oid			collation = column_collation(form->indrelid, form->indkey.values[i], &is_column);

				result->plain = ((int2vector *) DatumGetPointer(options))->values[i] == 0 &&
					is_default_class(((oidvector *) DatumGetPointer(classes))->values[i]) &&
					(!is_column || ((oidvector *) DatumGetPointer(collations))->values[i] == collation);
			}
		}
		if (HeapTupleIsValid(tuple))
			ReleaseSysCache(tuple);
		if (HeapTupleIsValid(class))
			ReleaseSysCache(class);
	}
	ZDM_RETURN_ERROR(context);
}

/* How often an index was used since the statistics were reset. */
ErrorData *
zdm_shim_index_scans(Oid index, int64 *scans)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		*scans = DatumGetInt64(DirectFunctionCall1(pg_stat_get_numscans, ObjectIdGetDatum(index)));
	}
	ZDM_RETURN_ERROR(context);
}

/* The column that a default or a generated column's expression belongs to; 0 when it is gone. */
static int16
default_column(Oid attrdef, Oid *relation)
{
	ZdmScan		scan;
	HeapTuple	tuple;
	int16		number = 0;

	*relation = InvalidOid;
	zdm_begin_scan_of(&scan, AttrDefaultRelationId, AttrDefaultOidIndexId, Anum_pg_attrdef_oid, attrdef);
	tuple = zdm_next(&scan);
	if (HeapTupleIsValid(tuple))
	{
		number = ((Form_pg_attrdef) GETSTRUCT(tuple))->adnum;
		*relation = ((Form_pg_attrdef) GETSTRUCT(tuple))->adrelid;
	}
	zdm_end_scan(&scan);
	return number;
}

/* What may depend on a relation or a column and is worth a query. */
static bool
is_of_interest(Form_pg_depend form, int32 column, bool views_only)
{
	if (form->classid == RewriteRelationId)
		return true;
	if (views_only)
		return false;
	switch (form->classid)
	{
		case RelationRelationId:	/* indexes, sequences */
		case ConstraintRelationId:
		case StatisticExtRelationId:
		case TypeRelationId:
			return false;
		case AttrDefaultRelationId:
			{
				Oid			relation;
				int16		number = default_column(form->objid, &relation);

				return relation == form->refobjid && number != column;
			}
		default:
			return true;
	}
}

/*
 * Whether anything but its own indexes, constraints, statistics and default depends on a column, or, for `views_only`, whether any rule (so: any
 * view) depends on the relation, or on the column if that is not 0.
 */
ErrorData *
zdm_shim_has_dependents(Oid relation, int32 column, bool views_only, bool *any)
{
	ZDM_KEEP_ERROR;

	*any = false;
	PG_TRY();
	{
		ZdmScan		scan;
		ScanKeyData keys[3];
		HeapTuple	tuple;

		ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(RelationRelationId));
		ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
		ScanKeyInit(&keys[2], Anum_pg_depend_refobjsubid, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(column));
		zdm_begin_scan(&scan, DependRelationId, DependReferenceIndexId, column != 0 ? 3 : 2, keys);
		while (!*any && HeapTupleIsValid(tuple = zdm_next(&scan)))
			*any = is_of_interest((Form_pg_depend) GETSTRUCT(tuple), column, views_only);
		zdm_end_scan(&scan);
	}
	ZDM_RETURN_ERROR(context);
}

/* How many row-level security policies a table has. */
ErrorData *
zdm_shim_count_policies(Oid relation, int *npolicies)
{
	ZDM_KEEP_ERROR;

	*npolicies = 0;
	PG_TRY();
	{
		ZdmScan		scan;

		zdm_begin_scan_of(&scan, PolicyRelationId, PolicyPolrelidPolnameIndexId, Anum_pg_policy_polrelid, relation);
		while (HeapTupleIsValid(zdm_next(&scan)))
			(*npolicies)++;
		zdm_end_scan(&scan);
	}
	ZDM_RETURN_ERROR(context);
}

/* The partition of a table whose DETACH CONCURRENTLY was interrupted; InvalidOid when there is none. */
ErrorData *
zdm_shim_detach_pending(Oid parent, Oid *partition)
{
	ZDM_KEEP_ERROR;

	*partition = InvalidOid;
	PG_TRY();
	{
		ZdmScan		scan;
		HeapTuple	tuple;

		zdm_begin_scan_of(&scan, InheritsRelationId, InheritsParentIndexId, Anum_pg_inherits_inhparent, parent);
		while (*partition == InvalidOid && HeapTupleIsValid(tuple = zdm_next(&scan)))
		{
			Form_pg_inherits form = (Form_pg_inherits) GETSTRUCT(tuple);

			if (form->inhdetachpending)
				*partition = form->inhrelid;
		}
		zdm_end_scan(&scan);
	}
	ZDM_RETURN_ERROR(context);
}

/* Whether any publication passes on updates or deletes: only then it has to be found out of which tables. */
ErrorData *
zdm_shim_has_publications(bool *any)
{
	ZDM_KEEP_ERROR;

	*any = false;
	PG_TRY();
	{
		ZdmScan		scan;
		HeapTuple	tuple;

		zdm_begin_scan(&scan, PublicationRelationId, InvalidOid, 0, NULL);
		while (!*any && HeapTupleIsValid(tuple = zdm_next(&scan)))
			*any = ((Form_pg_publication) GETSTRUCT(tuple))->pubupdate || ((Form_pg_publication) GETSTRUCT(tuple))->pubdelete;
		zdm_end_scan(&scan);
	}
	ZDM_RETURN_ERROR(context);
}
