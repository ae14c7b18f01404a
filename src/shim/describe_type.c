/*
 * Types, and what ANALYZE found in columns, from the system caches. Nothing is kept from call to call; no lock is taken on a table; no function of
 * a user runs. Errors are handled as in relation.c.
 */
#include "describe.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Whether a domain has CHECK constraints of its own (in PostgreSQL 17 and later: also a NOT NULL). */
static bool
has_constraint(Oid domain)
{
	ZdmScan		scan;
	bool		found;

	zdm_begin_scan_of(&scan, ConstraintRelationId, ConstraintTypidIndexId, Anum_pg_constraint_contypid, domain);
	found = HeapTupleIsValid(zdm_next(&scan));
	zdm_end_scan(&scan);
	return found;
}

/*
 * The name of a type as format_type prints it when only pg_catalog is searched. A modifier is printed by the output functions of built-in types
 * only.
 */
static char *
type_name(Oid type, Form_pg_type form, int32 typmod)
{
	const char *prefix = "pg_catalog.";
	bits16		flags = FORMAT_TYPE_ALLOW_INVALID;
	char	   *name;

	if (form->typmodout < FirstNormalObjectId)
		flags |= FORMAT_TYPE_TYPEMOD_GIVEN;
	else
		typmod = -1;
	name = format_type_extended(type, typmod, flags | FORMAT_TYPE_FORCE_QUALIFY);
	return form->typnamespace == PG_CATALOG_NAMESPACE && strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;
}

/* A type, its domains resolved; `found` is false when there is none. */
ErrorData *
zdm_shim_describe_type(Oid type, int32 typmod, ZdmType *result)
{
	ZDM_KEEP_ERROR;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		HeapTuple	tuple;

		AcceptInvalidationMessages();
		tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
		if (HeapTupleIsValid(tuple))
		{
			Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);

			result->found = true;
			result->name = type_name(type, form, typmod);
			result->element = form->typlen == -1 ? form->typelem : InvalidOid;
			result->collation = form->typcollation;
			result->is_domain = form->typtype == TYPTYPE_DOMAIN;
			if (result->is_domain)
			{
				bool		is_null;
				Datum		tree = SysCacheGetAttr(TYPEOID, tuple, Anum_pg_type_typdefaultbin, &is_null);

				result->default_tree = is_null ? NULL : TextDatumGetCString(tree);
			}
			result->base = type;
			result->base_typmod = form->typtypmod;
			while (HeapTupleIsValid(tuple) && form->typtype == TYPTYPE_DOMAIN)
			{
				Oid			domain = result->base;

				result->base = form->typbasetype;
				result->base_typmod = form->typtypmod;
				result->constrained |= form->typnotnull || has_constraint(domain);
				ReleaseSysCache(tuple);
				tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(result->base));
				if (HeapTupleIsValid(tuple))
					form = (Form_pg_type) GETSTRUCT(tuple);
			}
			if (HeapTupleIsValid(tuple))
				ReleaseSysCache(tuple);
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* Whether a role may read a column and all of its rows: then pg_stats would show it. */
static bool
may_read(Oid relation, int16 column, Oid role)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class form;
	bool		may;
	bool		missing = false;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_class) GETSTRUCT(tuple);
	may = !form->relrowsecurity || (!form->relforcerowsecurity && has_privs_of_role(role, form->relowner));
	ReleaseSysCache(tuple);
	/* what is gone since then gives no error: it is missing */
	return may && (pg_class_aclcheck_ext(relation, role, ACL_SELECT, &missing) == ACLCHECK_OK ||
				   pg_attribute_aclcheck_ext(relation, column, role, ACL_SELECT, &missing) == ACLCHECK_OK);
}

/* The greatest of the values that ANALYZE kept of an integer column. */
static void
note_greatest(HeapTuple tuple, int kind, ZdmStatistics *result)
{
	AttStatsSlot slot;

	if (!get_attstatsslot(&slot, tuple, kind, InvalidOid, ATTSTATSSLOT_VALUES))
		return;
	for (int i = 0; i < slot.nvalues; i++)
	{
		int64		value;

		switch (slot.valuetype)
		{
			case INT2OID:
				value = DatumGetInt16(slot.values[i]);
				break;
			case INT4OID:
				value = DatumGetInt32(slot.values[i]);
				break;
			case INT8OID:
				value = DatumGetInt64(slot.values[i]);
				break;
			default:
				free_attstatsslot(&slot);
				return;
		}
		result->greatest = result->has_greatest ? Max(result->greatest, value) : value;
		result->has_greatest = true;
	}
	free_attstatsslot(&slot);
}

/*
 * What ANALYZE found in a column, if the caller may know and the owner of our function may, too; `found` is false otherwise. With a table that has others below, the figures are those
 * of all of them.
 */
ErrorData *
zdm_shim_statistics(Oid relation, int16 column, Oid owner, ZdmStatistics *result)
{
	ZDM_KEEP_ERROR;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		AcceptInvalidationMessages();
		if (may_read(relation, column, GetUserId()) && may_read(relation, column, owner))
		{
			HeapTuple	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relation), Int16GetDatum(column), BoolGetDatum(true));

			if (!HeapTupleIsValid(tuple))
				tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(relation), Int16GetDatum(column), BoolGetDatum(false));
			if (HeapTupleIsValid(tuple))
			{
				Form_pg_statistic form = (Form_pg_statistic) GETSTRUCT(tuple);

				result->found = true;
				result->null_fraction = form->stanullfrac;
				result->distinct = form->stadistinct;
				note_greatest(tuple, STATISTIC_KIND_HISTOGRAM, result);
				note_greatest(tuple, STATISTIC_KIND_MCV, result);
				ReleaseSysCache(tuple);
			}
		}
	}
	ZDM_RETURN_ERROR(context);
}
