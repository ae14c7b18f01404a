/*
 * SPI and waiting, with the ERROR given back as data.
 *
 * Each function returns NULL, or the error, copied into `error_context`. After an error the caller must roll back the subtransaction that it
 * opened before (zdm_shim_commit apart: a failed commit leaves a new transaction, src/backend/executor/spi.c, _SPI_commit).
 */
#include "zdm_shim.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "optimizer/optimizer.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/pmsignal.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

ErrorData *
zdm_shim_prepare(const char *sql, int nargs, Oid *types, SPIPlanPtr *plan, MemoryContext error_context)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		/* after a commit there is no snapshot, and parse analysis may need one (constants of type regclass, for instance) */
		PushActiveSnapshot(GetTransactionSnapshot());
		*plan = SPI_prepare(sql, nargs, types);
		if (*plan == NULL)
			elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
		if (SPI_keepplan(*plan) != 0)
			elog(ERROR, "SPI_keepplan failed");
		PopActiveSnapshot();
	}
	ZDM_RETURN_ERROR(error_context);
}

bool
zdm_shim_where_is_volatile(SPIPlanPtr plan)
{
	ListCell   *source;
	ListCell   *query;

	foreach(source, SPI_plan_get_plan_sources(plan))
	{
		foreach(query, ((CachedPlanSource *) lfirst(source))->query_list)
		{
			if (contain_volatile_functions((Node *) lfirst_node(Query, query)->jointree->quals))
				return true;
		}
	}
	return false;
}

/* The first temporary relation that a prepared statement reads or writes, else InvalidOid. */
ErrorData *
zdm_shim_temporary_relation(SPIPlanPtr plan, Oid *relation, MemoryContext error_context)
{
	ZDM_KEEP_ERROR;

	*relation = InvalidOid;
	PG_TRY();
	{
		ListCell   *source;
		ListCell   *oid;

		foreach(source, SPI_plan_get_plan_sources(plan))
		{
			foreach(oid, ((CachedPlanSource *) lfirst(source))->relationOids)
			{
				if (!OidIsValid(*relation) && get_rel_persistence(lfirst_oid(oid)) == RELPERSISTENCE_TEMP)
					*relation = lfirst_oid(oid);
			}
		}
	}
	ZDM_RETURN_ERROR(error_context);
}

ErrorData *
zdm_shim_planned_rows(SPIPlanPtr plan, double *rows, MemoryContext error_context)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		CachedPlan *cached;

		PushActiveSnapshot(GetTransactionSnapshot());
		cached = SPI_plan_get_cached_plan(plan);
		if (cached == NULL)
			elog(ERROR, "the plan does not hold exactly one statement");
		*rows = linitial_node(PlannedStmt, cached->stmt_list)->planTree->plan_rows;
		ReleaseCachedPlan(cached, CurrentResourceOwner);
		PopActiveSnapshot();
	}
	ZDM_RETURN_ERROR(error_context);
}

ErrorData *
zdm_shim_execute(SPIPlanPtr plan, Datum *values, const char *nulls, bool read_only, long limit, MemoryContext error_context)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		int			code = SPI_execute_plan(plan, values, nulls, read_only, limit);

		if (code < 0)
			elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(code));
	}
	ZDM_RETURN_ERROR(error_context);
}

ErrorData *
zdm_shim_commit(MemoryContext error_context)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		SPI_commit();
	}
	ZDM_RETURN_ERROR(error_context);
}

/*
 * Waits, and can be cancelled. WaitLatch may return at once (the latch was set for another reason), hence the loop to the deadline.
 */
ErrorData *
zdm_shim_nap(int64 milliseconds, MemoryContext error_context)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		TimestampTz deadline = GetCurrentTimestamp() + milliseconds * 1000;

		for (;;)
		{
			int64		left = (deadline - GetCurrentTimestamp() + 999) / 1000;

			CHECK_FOR_INTERRUPTS();
			/* without a wait nothing else would tell: a backend that outlives its postmaster keeps the server from being started again */
			if (!PostmasterIsAlive())
				proc_exit(1);
			if (left <= 0)
				break;
			(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, Min(left, 3600000), PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
		}
	}
	ZDM_RETURN_ERROR(error_context);
}
