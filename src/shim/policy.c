/*
 * What zdm.rule_policy says. Read directly, as zdm.guard_state is (guard.c): neither the caller's rights nor a planner matter, the only lock is
 * ACCESS SHARE on our own table, and the few rows take microseconds.
 */
#include "zdm_shim.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* A column's number; 0 if the table has none of that name and type. */
static AttrNumber
column(Oid table, const char *name, Oid type)
{
	AttrNumber	number = get_attnum(table, name);

	return number != InvalidAttrNumber && get_atttype(table, number) == type ? number : InvalidAttrNumber;
}

/* The columns rule, relation, risk and reason of all rows; none when the table is missing or is not ours. */
ErrorData *
zdm_shim_policies(ZdmPolicy **policies, int *npolicies)
{
	ZDM_KEEP_ERROR;

	*policies = NULL;
	*npolicies = 0;
	PG_TRY();
	{
		Oid			schema = get_namespace_oid("zdm", true);
		Oid			table = OidIsValid(schema) ? get_relname_relid("rule_policy", schema) : InvalidOid;
		Relation	rel = OidIsValid(table) ? table_open(table, AccessShareLock) : NULL;
		bool		any = rel != NULL && rel->rd_rel->relkind == RELKIND_RELATION && RelationGetNumberOfBlocks(rel) > 0;
		AttrNumber	rule = any ? column(table, "rule", TEXTOID) : InvalidAttrNumber;
		AttrNumber	relation = any ? column(table, "relation", REGCLASSOID) : InvalidAttrNumber;
		AttrNumber	risk = any ? column(table, "risk", TEXTOID) : InvalidAttrNumber;
		AttrNumber	reason = any ? column(table, "reason", TEXTOID) : InvalidAttrNumber;

		if (rule != InvalidAttrNumber && relation != InvalidAttrNumber && risk != InvalidAttrNumber && reason != InvalidAttrNumber)
		{
			Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
			TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL);
			TupleTableSlot *slot = table_slot_create(rel, NULL);
			int			room = 0;

			while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
			{
				ZdmPolicy  *policy;
				bool		no_rule,
							no_relation,
							no_risk,
							no_reason;
				Datum		values[4];

				values[0] = slot_getattr(slot, rule, &no_rule);
				values[1] = slot_getattr(slot, relation, &no_relation);
				values[2] = slot_getattr(slot, risk, &no_risk);
				values[3] = slot_getattr(slot, reason, &no_reason);
				if (no_rule || no_risk || no_reason)
					continue;
				if (*npolicies == room)
				{
					room = Max(8, room * 2);
					*policies = *policies == NULL ? palloc(room * sizeof(ZdmPolicy)) : repalloc(*policies, room * sizeof(ZdmPolicy));
				}
				policy = &(*policies)[(*npolicies)++];
				policy->rule = TextDatumGetCString(values[0]);
				policy->relation = no_relation ? InvalidOid : DatumGetObjectId(values[1]);
				policy->risk = TextDatumGetCString(values[2]);
				policy->reason = TextDatumGetCString(values[3]);
			}
			ExecDropSingleTupleTableSlot(slot);
			table_endscan(scan);
			UnregisterSnapshot(snapshot);
		}
		if (rel != NULL)
			table_close(rel, AccessShareLock);
	}
	ZDM_RETURN_ERROR(context);
}
