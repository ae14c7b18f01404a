/*
 * What the walk of a backfill wants to know of the row versions of others. Errors are handled as in relation.c.
 */
#include "zdm_shim.h"

#include "access/table.h"
#include "storage/procarray.h"
#include "utils/rel.h"

/* The oldest transaction that may still see old row versions of a table: what older ones removed can be pruned. Invalid if there is no table. */
ErrorData *
zdm_shim_horizon(Oid relation, TransactionId *oldest)
{
	ZDM_KEEP_ERROR;

	*oldest = InvalidTransactionId;
	PG_TRY();
	{
		Relation	table = try_table_open(relation, AccessShareLock);

		if (table != NULL)
		{
			*oldest = GetOldestNonRemovableTransactionId(table);
			table_close(table, AccessShareLock);
		}
	}
	ZDM_RETURN_ERROR(context);
}
