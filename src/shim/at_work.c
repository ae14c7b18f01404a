/*
 * Whether the guard is at work here and now.
 */
#include "zdm_shim.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_event_trigger.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "replication/logicalworker.h"
#include "utils/syscache.h"

/*
 * What runs in these is not the guard's concern (and there are no event triggers in some of them). On a standby the server itself refuses all DDL,
 * and what it replays never comes by here.
 */
bool
zdm_guard_keeps_out(void)
{
	return creating_extension || IsBinaryUpgrade || !IsUnderPostmaster || IsLogicalWorker() || RecoveryInProgress();
}

/* Whether the event trigger of the guard would fire: one who has disabled it wants no guard at all. */
bool
zdm_guard_stands(void)
{
	Oid			trigger;
	HeapTuple	tuple;
	bool		enabled;

	/* a worker of a parallel query may not open a subtransaction, and changes nothing */
	if (zdm_guard_keeps_out() || !IsTransactionState() || IsInParallelMode())
		return false;
#if PG_VERSION_NUM >= 170000
	if (!event_triggers)
		return false;
#endif
	if (!OidIsValid(get_extension_oid("pg_zdm", true)))
		return false;
	trigger = get_event_trigger_oid("zdm_guard", true);
	if (!OidIsValid(trigger))
		return false;
	tuple = SearchSysCache1(EVENTTRIGGEROID, ObjectIdGetDatum(trigger));
	if (!HeapTupleIsValid(tuple))
		return false;
	enabled = ((Form_pg_event_trigger) GETSTRUCT(tuple))->evtenabled != TRIGGER_DISABLED;
	ReleaseSysCache(tuple);
	return enabled;
}

/* The owner of the event trigger, a superuser. */
ErrorData *
zdm_shim_guard_owner(Oid *owner)
{
	ZDM_KEEP_ERROR;

	*owner = InvalidOid;
	PG_TRY();
	{
		HeapTuple	tuple = SearchSysCache1(EVENTTRIGGEROID, ObjectIdGetDatum(get_event_trigger_oid("zdm_guard", false)));

		if (HeapTupleIsValid(tuple))
		{
			*owner = ((Form_pg_event_trigger) GETSTRUCT(tuple))->evtowner;
			ReleaseSysCache(tuple);
		}
	}
	ZDM_RETURN_ERROR(context);
}
