/*
 * Locks and snapshots of this moment, and the caller's standing towards a relation. Only shared memory and the system
 * caches are read, so that each answer takes microseconds; nothing is locked. Errors are handled as in relation.c.
 */
#include "zdm_shim.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lock.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Whether another transaction runs in this database, or is prepared; or, of those with a snapshot, one that is no VACUUM. */
static bool
others_run(bool with_snapshot)
{
	int			count = 0;

	pfree(GetCurrentVirtualXIDs(InvalidTransactionId, with_snapshot, false, with_snapshot ? PROC_IS_AUTOVACUUM | PROC_IN_VACUUM : 0, &count));
	return count > 0;
}

/*
 * Whether anybody else holds a lock on the relation that conflicts with this mode (a LOCKMODE). The lock manager is asked only if there is somebody
 * who may: it looks at each slot for a session that the server has room for.
 */
ErrorData *
zdm_shim_is_locked(Oid relation, int mode, bool *locked)
{
	ZDM_KEEP_ERROR;

	*locked = false;
	PG_TRY();
	{
		LOCKTAG		tag;
		int			count = 0;

		SET_LOCKTAG_RELATION(tag, MyDatabaseId, relation);
		/* The result is in a static array of the server's, or in the current context: not to be freed. */
		if (others_run(false))
			(void) GetLockConflicts(&tag, mode, &count);
		*locked = count > 0;
	}
	ZDM_RETURN_ERROR(context);
}

/* Whether another transaction of this database has a snapshot that CREATE INDEX CONCURRENTLY would wait for (WaitForOlderSnapshots). */
ErrorData *
zdm_shim_has_snapshots(bool *any)
{
	ZDM_KEEP_ERROR;

	*any = false;
	PG_TRY();
	{
		*any = others_run(true);
	}
	ZDM_RETURN_ERROR(context);
}

/* Whether there was ever a backfill job in this database: whether our table of jobs has a block. */
ErrorData *
zdm_shim_has_jobs(bool *any)
{
	ZDM_KEEP_ERROR;

	*any = false;
	PG_TRY();
	{
		Oid			table = get_relname_relid("job", get_namespace_oid("zdm", true));

		if (OidIsValid(table))
		{
			Relation	jobs = table_open(table, AccessShareLock);

			*any = RelationGetNumberOfBlocks(jobs) > 0;
			table_close(jobs, AccessShareLock);
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* Who owns a relation, what that means for the caller, and whether it is populated. */
ErrorData *
zdm_shim_standing(Oid relation, ZdmStanding *standing)
{
	ZDM_KEEP_ERROR;

	memset(standing, 0, sizeof(*standing));
	PG_TRY();
	{
		HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));

		if (HeapTupleIsValid(tuple))
		{
			Form_pg_class class = (Form_pg_class) GETSTRUCT(tuple);
			HeapTuple	schema = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(class->relnamespace));

			standing->found = true;
			standing->owner = GetUserNameFromId(class->relowner, true);
			/* has_privs_of_role is what object_ownercheck and pg_class_ownercheck come down to */
			standing->owns = has_privs_of_role(GetUserId(), class->relowner);
			standing->may_drop = standing->owns;
			standing->populated = class->relispopulated;
			if (HeapTupleIsValid(schema))
			{
				standing->may_drop |= has_privs_of_role(GetUserId(), ((Form_pg_namespace) GETSTRUCT(schema))->nspowner);
				ReleaseSysCache(schema);
			}
			ReleaseSysCache(tuple);
		}
	}
	ZDM_RETURN_ERROR(context);
}
