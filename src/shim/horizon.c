/*
 * What the walk of a backfill wants to know of the row versions of others. Errors are handled as in relation.c.
 */
#include "zdm_shim.h"

#include "access/table.h"
#include "storage/lmgr.h"
#include "storage/procarray.h"
#include "utils/rel.h"

/*
 * The oldest transaction that may still see old row versions of a table: what older ones removed can be pruned. Invalid if there is no table, or somebody
 * holds it so that nobody may look: this waits for nobody.
 */
ErrorData *
zdm_shim_horizon(Oid relation, TransactionId *oldest)
{
	ZDM_KEEP_ERROR;

	*oldest = InvalidTransactionId;
	PG_TRY();
	{
		if (ConditionalLockRelationOid(relation, AccessShareLock))
		{
			Relation	table = try_table_open(relation, NoLock);

			if (table != NULL)
			{
				*oldest = GetOldestNonRemovableTransactionId(table);
				table_close(table, NoLock);
			}
			UnlockRelationOid(relation, AccessShareLock);
		}
	}
	ZDM_RETURN_ERROR(context);
}
