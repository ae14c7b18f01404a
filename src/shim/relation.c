/*
 * Names, looked up as the running session would and without any lock; and the facts about what they name, by SPI.
 *
 * The functions that can fail return the ERROR as data, copied into the current memory context. They are read only, so nothing needs to be
 * rolled back at once; but the caller must stop asking, and raise the error in the end.
 */
#include "zdm_shim.h"
#include "compat.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* The schema of that name, if it exists and the current user may look into it. */
Oid
zdm_visible_schema(const char *schema)
{
	Oid			namespace = LookupNamespaceNoError(schema);

	if (OidIsValid(namespace) && zdm_namespace_aclcheck(namespace, GetUserId(), ACL_USAGE) != ACLCHECK_OK)
		return InvalidOid;
	return namespace;
}

/* The same, or (any) whoever may look into it; with errors as data. */
ErrorData *
zdm_shim_schema(const char *schema, bool any, Oid *oid)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		*oid = any ? get_namespace_oid(schema, true) : zdm_visible_schema(schema);
	}
	ZDM_RETURN_ERROR(context);
}

/* The relation that a name means for the session: InvalidOid when there is none, or it cannot be seen. */
ErrorData *
zdm_shim_relation(const char *schema, const char *name, Oid *relation)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		AcceptInvalidationMessages();
		if (schema == NULL)
			*relation = RelnameGetRelid(name);
		else
		{
			Oid			namespace = zdm_visible_schema(schema);

			*relation = OidIsValid(namespace) ? get_relname_relid(name, namespace) : InvalidOid;
		}
	}
	ZDM_RETURN_ERROR(context);
}

/*
 * Whether the running transaction created the relation. The relation cache is asked only under a lock that the session holds anyway: who
 * creates a relation keeps its ACCESS EXCLUSIVE lock until the end. (pg_class.xmin would be fooled by any update of the row.)
 */
static bool
created_here(Oid relation)
{
	bool		created = false;
	LOCKTAG		tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, relation);
	if (zdm_lock_held(&tag, AccessExclusiveLock))
	{
		Relation	rel = RelationIdGetRelation(relation);

		if (RelationIsValid(rel))
		{
			created = rel->rd_createSubid != InvalidSubTransactionId;
			RelationClose(rel);
		}
	}
	return created;
}

/* Whether the running transaction created the relation, and all below it: a new parent of an old table is not for the session alone. */
ErrorData *
zdm_shim_created_here(Oid relation, bool *created)
{
	ZDM_KEEP_ERROR;

	*created = false;
	PG_TRY();
	{
		*created = created_here(relation);
		if (*created && has_subclass(relation))
		{
			ListCell   *cell;

			foreach(cell, find_all_inheritors(relation, NoLock, NULL))
				*created = *created && created_here(lfirst_oid(cell));
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* The owner of the function that is being called: the rights with which our own reads run. */
Oid
zdm_shim_function_owner(FunctionCallInfo fcinfo)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
	Oid			owner = GetUserId();

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/*
 * Runs a query of ours that gives one text, with the rights of `owner`, a fixed search_path and the newest snapshot. `plan` is prepared at its
 * first use and kept. `text` is NULL when there is no row.
 */
ErrorData *
zdm_shim_facts(const char *sql, SPIPlanPtr *plan, int nargs, Oid *types, Datum *values, Oid owner, char **text)
{
	ErrorData  *volatile error = NULL;
	MemoryContext context = CurrentMemoryContext;
	Oid			user;
	int			security;

	GetUserIdAndSecContext(&user, &security);
	*text = NULL;
	PG_TRY();
	{
		int			nest_level = NewGUCNestLevel();
		int			code;

		SetUserIdAndSecContext(owner, security | SECURITY_LOCAL_USERID_CHANGE);
		(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
		PushActiveSnapshot(GetLatestSnapshot());
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		if (*plan == NULL)
		{
			SPIPlanPtr	fresh = SPI_prepare(sql, nargs, types);

			if (fresh == NULL || SPI_keepplan(fresh) != 0)
				elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
			*plan = fresh;
		}
		code = SPI_execute_plan(*plan, values, NULL, true, 1);
		if (code != SPI_OK_SELECT)
			elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(code));
		if (SPI_processed > 0)
		{
			char	   *value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);

			if (value != NULL)
				*text = MemoryContextStrdup(context, value);
		}
		SPI_finish();
		PopActiveSnapshot();
		AtEOXact_GUC(true, nest_level);
		SetUserIdAndSecContext(user, security);
	}
	PG_CATCH();
	{
		SetUserIdAndSecContext(user, security);
		MemoryContextSwitchTo(context);
		error = zdm_shim_catch(context);
	}
	PG_END_TRY();
	return error;
}
