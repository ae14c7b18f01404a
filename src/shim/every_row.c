/*
 * Plans that change every row of a table, whatever the text looks like.
 */
#include "zdm_shim.h"

#include "nodes/plannodes.h"

/* Whether a plan reads its table as a whole: no condition is left in it, or there never was one. */
static bool
reads_everything(Plan *plan)
{
	ListCell   *cell;

	if (plan == NULL || plan->qual != NIL)
		return false;
	switch (nodeTag(plan))
	{
		case T_SeqScan:
			return true;
		case T_IndexScan:
			return ((IndexScan *) plan)->indexqual == NIL;
		case T_Append:
			foreach(cell, ((Append *) plan)->appendplans)
			{
				if (!reads_everything(lfirst(cell)))
					return false;
			}
			return true;
		case T_Result:
			return ((Result *) plan)->resconstantqual == NULL && reads_everything(outerPlan(plan));
		default:
			return false;
	}
}

/* Whether it is an UPDATE or a DELETE of every row of a table. */
bool
zdm_changes_everything(Plan *plan)
{
	ModifyTable *change = (ModifyTable *) plan;

	return plan != NULL && IsA(plan, ModifyTable) && (change->operation == CMD_UPDATE || change->operation == CMD_DELETE) &&
		reads_everything(outerPlan(plan));
}
