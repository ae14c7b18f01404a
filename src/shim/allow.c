/*
 * Allowances: who may give them, and who is using one right now.
 *
 * An allowance for one use is claimed by a lock before it is used, which nobody waits for. Its row goes in the transaction of the statement, with which it
 * comes back. DROP INDEX CONCURRENTLY must be the first in its transaction to write: there the lock is the session's, and the row goes at the
 * end of the command, in the last of its transactions.
 */
#include "zdm_shim.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#define MOST_CLAIMS 32

/* The allowances that a command uses that has not ended. */
static uint32 claims[MOST_CLAIMS];
static int	nclaims = 0;

/* zdm.stored_allowance, the class of the claims' locks */
static Oid	claim_table = InvalidOid;

/* Whether a role may set zdm.allow. */
ErrorData *
zdm_shim_may_allow(Oid role, bool *may)
{
	ZDM_KEEP_ERROR;

	*may = false;
	PG_TRY();
	{
		*may = superuser_arg(role) || pg_parameter_aclcheck("zdm.allow", role, ACL_SET) == ACLCHECK_OK;
	}
	ZDM_RETURN_ERROR(context);
}

static void
claim_tag(LOCKTAG *tag, uint32 id)
{
	SET_LOCKTAG_OBJECT(*tag, MyDatabaseId, claim_table, id, 0);
}

/* Claims an allowance to the end of the transaction, or (with `beyond`) of the command; not if somebody else uses it. */
ErrorData *
zdm_shim_claim(uint32 id, bool beyond, bool *claimed)
{
	ZDM_KEEP_ERROR;

	*claimed = false;
	PG_TRY();
	{
		LOCKTAG		tag;

		/* none is held while there are no claims of the session: the catalogs are asked anew, the extension may have been made anew */
		if (nclaims == 0)
			claim_table = get_relname_relid("stored_allowance", get_namespace_oid("zdm", false));
		claim_tag(&tag, id);
		if (!beyond || nclaims < MOST_CLAIMS)
			*claimed = LockAcquire(&tag, ExclusiveLock, beyond, true) != LOCKACQUIRE_NOT_AVAIL;
		if (*claimed && beyond)
			claims[nclaims++] = id;
	}
	ZDM_RETURN_ERROR(context);
}

/* The session's claims become the transaction's: their rows have gone. */
ErrorData *
zdm_shim_hand_over_claims(void)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		while (nclaims > 0)
		{
			LOCKTAG		tag;

			claim_tag(&tag, claims[nclaims - 1]);
			(void) LockAcquire(&tag, ExclusiveLock, false, false);
			(void) LockRelease(&tag, ExclusiveLock, true);
			nclaims--;
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* Copies the session's claims; how many there are. */
int
zdm_shim_claims(uint32 *ids, int room)
{
	int			count = Min(nclaims, room);

	memcpy(ids, claims, count * sizeof(uint32));
	return count;
}

/* A command that fails has used nothing. */
static void
at_end_of_transaction(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_ABORT)
		return;
	while (nclaims > 0)
	{
		LOCKTAG		tag;

		claim_tag(&tag, claims[--nclaims]);
		(void) LockRelease(&tag, ExclusiveLock, true);
	}
}

void
zdm_watch_claims(void)
{
	RegisterXactCallback(at_end_of_transaction, NULL);
}

/* Whether a name means a partitioned table, or an index of one. Nothing is locked. */
static bool
is_partitioned(RangeVar *name)
{
	Oid			relation = RangeVarGetRelid(name, NoLock, true);
	char		kind = OidIsValid(relation) ? get_rel_relkind(relation) : '\0';

	return kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_PARTITIONED_INDEX;
}

/* Whether a command cannot run in a transaction block (utility.c and what it calls: PreventInTransactionBlock). */
bool
zdm_stands_alone(Node *tree)
{
	ListCell   *cell;
	bool		concurrent = false;

	switch (nodeTag(tree))
	{
		case T_IndexStmt:
			return ((IndexStmt *) tree)->concurrent;
		case T_DropStmt:
			return ((DropStmt *) tree)->concurrent;
		case T_ClusterStmt:
			return ((ClusterStmt *) tree)->relation == NULL || is_partitioned(((ClusterStmt *) tree)->relation);
		case T_VacuumStmt:
			return ((VacuumStmt *) tree)->is_vacuumcmd;
		case T_DropdbStmt:
		case T_CreatedbStmt:
			return true;
		case T_ReindexStmt:
			if (((ReindexStmt *) tree)->kind != REINDEX_OBJECT_INDEX && ((ReindexStmt *) tree)->kind != REINDEX_OBJECT_TABLE)
				return true;
			foreach(cell, ((ReindexStmt *) tree)->params)
			{
				DefElem    *option = lfirst_node(DefElem, cell);

				if (strcmp(option->defname, "concurrently") == 0)
					concurrent = defGetBoolean(option);
			}
			return concurrent || is_partitioned(((ReindexStmt *) tree)->relation);
		case T_AlterDatabaseStmt:
			foreach(cell, ((AlterDatabaseStmt *) tree)->options)
			{
				if (strcmp(lfirst_node(DefElem, cell)->defname, "tablespace") == 0)
					return true;
			}
			return false;
		case T_AlterTableStmt:
			foreach(cell, ((AlterTableStmt *) tree)->cmds)
			{
				AlterTableCmd *command = lfirst_node(AlterTableCmd, cell);

				if (command->subtype == AT_DetachPartition && ((PartitionCmd *) command->def)->concurrent)
					return true;
			}
			return false;
		default:
			return false;
	}
}

/* Whether nothing may have been written before it in its transaction (catalog/index.c, index_drop). */
bool
zdm_comes_first(Node *tree)
{
	return IsA(tree, DropStmt) && ((DropStmt *) tree)->concurrent;
}
