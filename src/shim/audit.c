/*
 * The audit: who runs the statement, whether its table can be written to at once, and the moment before a transaction ends.
 */
#include "zdm_shim.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

static ZdmAuditCommit write_pending = NULL;
static ZdmAuditForget forget = NULL;
static ZdmAuditMove move_up = NULL;

/* The address of the client; NULL for a socket of the file system, and for a process without a client. */
static char *
client_address(void)
{
	LOCAL_FCINFO(call, 0);
	Datum		address;

	InitFunctionCallInfoData(*call, NULL, 0, InvalidOid, NULL, NULL);
	address = inet_client_addr(call);
	return call->isnull ? NULL : DatumGetCString(DirectFunctionCall1(inet_out, address));
}

/* Who it is, and when; the role is the one that SET ROLE has chosen, whosever function runs. */
ErrorData *
zdm_shim_audit_who(ZdmWho *who)
{
	ZDM_KEEP_ERROR;

	memset(who, 0, sizeof(*who));
	PG_TRY();
	{
		struct pg_tm tm;
		fsec_t		fraction;
		char		at[MAXDATELEN + 1];

		if (timestamp2tm(GetCurrentTimestamp(), NULL, &tm, &fraction, NULL, NULL) != 0)
			elog(ERROR, "timestamp out of range");
		tm.tm_isdst = 0;		/* below 0 there is no time zone (datetime.c, EncodeDateTime) */
		EncodeDateTime(&tm, fraction, true, 0, NULL, USE_XSD_DATES, at);
		who->at = pstrdup(at);
		who->session_user = GetUserNameFromId(GetSessionUserId(), true);
		who->current_user = GetUserNameFromId(GetOuterUserId(), true);
		who->client_addr = client_address();
		who->application = application_name;
		who->pid = MyProcPid;
	}
	ZDM_RETURN_ERROR(context);
}

/* Whether zdm.audit is there and can be written to without waiting; then it is locked for that. */
ErrorData *
zdm_shim_audit_table(ZdmAuditTable *state, Oid *owner)
{
	ZDM_KEEP_ERROR;

	*state = ZDM_AUDIT_GONE;
	*owner = InvalidOid;
	PG_TRY();
	{
		Oid			schema = get_namespace_oid("zdm", true);
		Oid			table = OidIsValid(schema) ? get_relname_relid("audit", schema) : InvalidOid;

		if (OidIsValid(table))
		{
			*state = ZDM_AUDIT_BUSY;
			if (!XactReadOnly && !RecoveryInProgress() && ConditionalLockRelationOid(table, RowExclusiveLock))
			{
				HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));

				*state = ZDM_AUDIT_GONE;
				if (HeapTupleIsValid(tuple))
				{
					*owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
					*state = ZDM_AUDIT_READY;
					ReleaseSysCache(tuple);
				}
			}
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* A line in the server's log and nowhere else, without the statement, which may hold what the line leaves out. */
void
zdm_shim_audit_log(const char *line)
{
	HOLD_INTERRUPTS();
	ereport(LOG_SERVER_ONLY,
			(errmsg_internal("%s", line),
			 errhidestmt(true),
			 errhidecontext(true)));
	RESUME_INTERRUPTS();
}

uint32
zdm_shim_subtransaction(void)
{
	return GetCurrentSubTransactionId();
}

/*
 * What is written down about a transaction is written just before it commits: by then the commands that must come first, or that commit on their way,
 * have begun, and no lock on the table is held for long.
 */
static void
at_transaction_end(XactEvent event, void *argument)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			zdm_raise(write_pending());
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			forget(InvalidSubTransactionId);
			break;
		default:
			break;
	}
}

/* What was rolled back has not happened. */
static void
at_subtransaction_end(SubXactEvent event, SubTransactionId own, SubTransactionId parent, void *argument)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget(own);
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		move_up(own, parent);
}

/* Once a process. */
void
zdm_shim_audit_install(ZdmAuditCommit commit, ZdmAuditForget forget_it, ZdmAuditMove move)
{
	write_pending = commit;
	forget = forget_it;
	move_up = move;
	RegisterXactCallback(at_transaction_end, NULL);
	RegisterSubXactCallback(at_subtransaction_end, NULL);
}
