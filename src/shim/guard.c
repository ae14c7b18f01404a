/*
 * The guard: which statement fired the event trigger.
 */
#include "zdm_shim.h"
#include "compat.h"

#include "commands/event_trigger.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/cmdtag.h"
#include "storage/proc.h"
#include "tcop/pquery.h"
#include "utils/guc.h"

/* Whether a statement is DROP EXTENSION with this one in its list. */
static bool
drops_our_extension(Node *tree)
{
	ListCell   *cell;

	if (!IsA(tree, DropStmt) || ((DropStmt *) tree)->removeType != OBJECT_EXTENSION)
		return false;
	foreach(cell, ((DropStmt *) tree)->objects)
	{
		if (strcmp(strVal(lfirst(cell)), "pg_zdm") == 0)
			return true;
	}
	return false;
}

/* What concerns this extension itself must pass in every state: it is the way out. */
static bool
is_our_extension(Node *tree)
{
	if (IsA(tree, AlterExtensionStmt))
		return strcmp(((AlterExtensionStmt *) tree)->extname, "pg_zdm") == 0;
	if (IsA(tree, AlterExtensionContentsStmt))
		return strcmp(((AlterExtensionContentsStmt *) tree)->extname, "pg_zdm") == 0;
	return drops_our_extension(tree) && list_length(((DropStmt *) tree)->objects) == 1;
}

/*
 * The statement that fired the trigger. It has a text only if it is the one that the client's portal runs: in a statement that a function runs,
 * the portal holds the outer one, whose utilityStmt is NULL or another. A portal of a cached plan gives a copy of its tree to ProcessUtility
 * (pquery.c, PortalRunUtility: readOnlyTree), so there the trees are compared, not their addresses.
 */
ErrorData *
zdm_shim_statement(FunctionCallInfo fcinfo, ZdmStatement *statement)
{
	ZDM_KEEP_ERROR;

	memset(statement, 0, sizeof(*statement));
	PG_TRY();
	{
		EventTriggerData *data = (EventTriggerData *) fcinfo->context;
		Portal		portal = ActivePortal;
		ListCell   *cell;

		if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
			ereport(ERROR,
					(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
					 errmsg("not fired by event trigger manager")));
		zdm_is_judged();
		statement->tag = GetCommandTagName(data->tag);
		statement->alone = zdm_stands_alone(data->parsetree);
		statement->first = zdm_comes_first(data->parsetree);
		statement->farewell = !zdm_guard_keeps_out() && drops_our_extension(data->parsetree);
		/* the triggers of later events rest when that of the first is disabled, which fires only if it is not */
		statement->exempt = zdm_guard_keeps_out() || is_our_extension(data->parsetree) ||
			(strcmp(data->event, "ddl_command_start") != 0 && !zdm_guard_stands());

		if (!statement->exempt && !zdm_current_text(data->parsetree, statement) && portal != NULL && portal->sourceText != NULL)
		{
			foreach(cell, portal->stmts)
			{
				PlannedStmt *planned = lfirst_node(PlannedStmt, cell);
				Node	   *tree = planned->utilityStmt;

				if (tree == NULL)
					continue;
				if (tree == data->parsetree || (portal->cplan != NULL && equal(tree, data->parsetree)))
				{
					int			start = Max(planned->stmt_location, 0);
					int			rest = strlen(portal->sourceText) - start;

					if (rest >= 0)
					{
						statement->text = portal->sourceText + start;
						statement->before = start;
						statement->length = planned->stmt_len > 0 ? Min(planned->stmt_len, rest) : rest;
					}
					break;
				}
				/* REFRESH ... CONCURRENTLY makes and drops its temporary table by DDL of its own */
				if (IsA(tree, RefreshMatViewStmt))
					statement->exempt = true;
			}
		}
	}
	ZDM_RETURN_ERROR(context);
}

/*
 * Sets lock_timeout to the end of the transaction, if there is none: whoever waits for a strong lock has everybody else wait behind it. With
 * `respect`, only if the session has not said that it wants none.
 */
ErrorData *
zdm_shim_wait_at_most(int milliseconds, bool respect, bool *set)
{
	ZDM_KEEP_ERROR;

	*set = false;
	PG_TRY();
	{
		if (LockTimeout == 0 && milliseconds > 0 && !(respect && zdm_setting_source("lock_timeout") == PGC_S_SESSION))
		{
			char		value[16];

			snprintf(value, sizeof(value), "%d", milliseconds);
			*set = set_config_option("lock_timeout", value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false) > 0;
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* The DETAIL of a value that a check hook refuses. */
void
zdm_shim_guc_detail(const char *detail)
{
	GUC_check_errdetail("%s", detail);
}
