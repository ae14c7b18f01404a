/*
 * The hooks of the guard: which statement is being run right now, with its exact text, and a look at what fires no event trigger.
 *
 * The server tells an event trigger the parse tree, but not the text, of a statement that a function or a DO block runs; and for some commands it
 * fires none. ProcessUtility sees them all, with the text and the place of the statement in it (utility.c). An ERROR that passes here is not
 * touched: PG_FINALLY throws it on as it is.
 */
#define _GNU_SOURCE				/* memmem */
#include "zdm_shim.h"

#include "executor/executor.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"
#include "tcop/pquery.h"
#include "tcop/utility.h"

/* A utility statement that is being run; the innermost one first. */
typedef struct Frame
{
	struct Frame *outer;
	Node	   *tree;
	const char *text;
	int			length;
	int			before;
	bool		owes;			/* something is to be done when the command is done */
	bool		judged;
} Frame;

static Frame *innermost = NULL;
static ZdmUtilityGuard guard = NULL;
static const bool *comments_allow = NULL;
static ProcessUtility_hook_type next_utility = NULL;
static ExecutorStart_hook_type next_start = NULL;

/* The part of a text that a statement takes (gram.y: a length of 0 is "to the end", a location of -1 "not known"). */
static const char *
slice(const char *text, int location, int length, int *result)
{
	int			start = Max(location, 0);
	int			rest;

	*result = 0;
	if (text == NULL)
		return NULL;
	rest = (int) strnlen(text, MaxAllocSize) - start;
	if (rest < 0)
		return NULL;
	*result = length > 0 ? Min(length, rest) : rest;
	return text + start;
}

/* Commands that lock, rewrite or destroy and fire no ddl_command_start (event_trigger.c, EventTriggerCommonSetup; cmdtaglist.h). */
static bool
fires_no_event(Node *tree)
{
	switch (nodeTag(tree))
	{
		case T_TruncateStmt:
		case T_ClusterStmt:
		case T_LockStmt:
		case T_ReassignOwnedStmt:
		case T_VacuumStmt:
		case T_DropdbStmt:
		case T_AlterDatabaseStmt:
#if PG_VERSION_NUM < 170000
		case T_ReindexStmt:
#endif
			return true;
		case T_ExplainStmt:
			{
				ExplainStmt *explain = (ExplainStmt *) tree;
				ListCell   *cell;

				/* EXPLAIN ANALYZE makes the table without saying so */
				foreach(cell, explain->options)
				{
					DefElem    *option = lfirst_node(DefElem, cell);

					if (strcmp(option->defname, "analyze") == 0)
						return true;
				}
				return false;
			}
		default:
			return false;
	}
}

/* Of a statement that changes every row the text may be that of another one, or missing. */
static void
judge(const ZdmStatement *statement, ZdmWhy why)
{
	if ((statement->text != NULL || why == ZDM_EVERY_ROW) && zdm_guard_stands())
		zdm_raise(guard(statement, why));
}

/* What marks a comment that allows something, and how far before a statement one is looked for. */
#define ZDM_MARK "zdm:allow"
#define ZDM_BEFORE 65536

/* Has it said, if comments count, that one for a statement which is not judged allows nothing. Of what functions run nothing is said. */
static void
remark(const ZdmStatement *statement, const char *whole)
{
	int			near = Min(statement->before, ZDM_BEFORE);

	if (*comments_allow && statement->text != NULL && ActivePortal != NULL && ActivePortal->sourceText == whole &&
		memmem(statement->text - near, near + statement->length, ZDM_MARK, strlen(ZDM_MARK)) != NULL)
		judge(statement, ZDM_REMARK);
}

static ZdmStatement
statement_of(const Frame *frame)
{
	return (ZdmStatement) {
		.tag = GetCommandTagName(CreateCommandTag(frame->tree)),
		.text = frame->text,
		.length = frame->length,
		.before = frame->before,
		.alone = zdm_stands_alone(frame->tree),
		.first = zdm_comes_first(frame->tree),
		.relation = InvalidOid
	};
}

static void
process_utility(PlannedStmt *planned, const char *text, bool read_only_tree, ProcessUtilityContext context, ParamListInfo params,
				QueryEnvironment *environment, DestReceiver *receiver, QueryCompletion *completion)
{
	ProcessUtility_hook_type next = next_utility ? next_utility : standard_ProcessUtility;
	Frame		frame;

	/* what is part of another statement fires no event of its own, and was judged with it */
	if (context == PROCESS_UTILITY_SUBCOMMAND || planned->utilityStmt == NULL)
	{
		next(planned, text, read_only_tree, context, params, environment, receiver, completion);
		return;
	}
	frame.outer = innermost;
	frame.tree = planned->utilityStmt;
	frame.text = slice(text, planned->stmt_location, planned->stmt_len, &frame.length);
	frame.before = Max(planned->stmt_location, 0);
	frame.owes = false;
	frame.judged = false;
	innermost = &frame;
	PG_TRY();
	{
		if (fires_no_event(planned->utilityStmt))
		{
			ZdmStatement statement = statement_of(&frame);

			frame.judged = true;
			judge(&statement, ZDM_NO_EVENT);
		}
		next(planned, text, read_only_tree, context, params, environment, receiver, completion);
		if (frame.owes)
		{
			ZdmStatement statement = statement_of(&frame);

			zdm_raise(guard(&statement, ZDM_DONE));
		}
		/* a comment in PREPARE is for the statement that is prepared */
		if (*comments_allow && !frame.judged && frame.outer == NULL && !IsA(frame.tree, PrepareStmt))
		{
			ZdmStatement statement = statement_of(&frame);

			remark(&statement, text);
		}
	}
	PG_FINALLY();
	{
		innermost = frame.outer;
	}
	PG_END_TRY();
}

static bool
look_at_change(PlannedStmt *planned, Plan *plan, const char *text)
{
	bool		judged = zdm_changes_everything(plan);

	if (judged)
	{
		ModifyTable *change = (ModifyTable *) plan;
		ZdmStatement statement = {
			.tag = change->operation == CMD_DELETE ? "DELETE" : "UPDATE",
			.before = Max(planned->stmt_location, 0),
			.relation = rt_fetch(change->nominalRelation, planned->rtable)->relid
		};

		statement.text = slice(text, planned->stmt_location, planned->stmt_len, &statement.length);
		judge(&statement, ZDM_EVERY_ROW);
	}
	return judged;
}

static bool
look_at_rows(PlannedStmt *planned, const char *text)
{
	bool		judged = look_at_change(planned, planned->planTree, text);
	ListCell   *cell;

	if (planned->hasModifyingCTE)
	{
		foreach(cell, planned->subplans)
			judged |= look_at_change(planned, lfirst(cell), text);
	}
	return judged;
}

/* The same as for a command, for a query that is one by itself. */
static void
remark_on_query(PlannedStmt *planned, const char *text)
{
	ZdmStatement statement = {
		.tag = GetCommandTagName(CreateCommandTag((Node *) planned)),
		.before = Max(planned->stmt_location, 0),
		.relation = InvalidOid
	};

	statement.text = slice(text, planned->stmt_location, planned->stmt_len, &statement.length);
	remark(&statement, text);
}

static void
executor_start(QueryDesc *description, int flags)
{
	PlannedStmt *planned = description->plannedstmt;
	bool		judged = false;

	/* what only explains runs nothing */
	if ((description->operation != CMD_SELECT || planned->hasModifyingCTE) && !(flags & EXEC_FLAG_EXPLAIN_ONLY))
		judged = look_at_rows(planned, description->sourceText);
	/* what rules add has the text of the statement that they were added to */
	if (*comments_allow && !judged && innermost == NULL && planned->canSetTag)
		remark_on_query(planned, description->sourceText);
	if (next_start)
		next_start(description, flags);
	else
		standard_ExecutorStart(description, flags);
}

/* The text of the statement whose event is being told, if a hook has seen it. */
bool
zdm_current_text(Node *tree, ZdmStatement *statement)
{
	/* the server may run a copy of the tree (utility.c, standard_ProcessUtility: readOnlyTree) */
	if (innermost == NULL || nodeTag(innermost->tree) != nodeTag(tree))
		return false;
	statement->text = innermost->text;
	statement->length = innermost->length;
	statement->before = innermost->before;
	return innermost->text != NULL;
}

/* The current command fires an event. */
void
zdm_is_judged(void)
{
	if (innermost != NULL)
		innermost->judged = true;
}

/* Asks to be called when the current command is done; false if no hook sees that. */
bool
zdm_shim_owe(void)
{
	if (innermost == NULL)
		return false;
	innermost->owes = true;
	return true;
}

/* How many statements lie around the current one. */
int
zdm_shim_depth(void)
{
	int			depth = 0;

	for (Frame *frame = innermost; frame != NULL; frame = frame->outer)
		depth++;
	return depth;
}

/* Puts the hooks in place, once a process. */
void
zdm_shim_install_hooks(ZdmUtilityGuard judge_utility, const bool *comments)
{
	comments_allow = comments;
	guard = judge_utility;
	zdm_watch_claims();
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = process_utility;
	next_start = ExecutorStart_hook;
	ExecutorStart_hook = executor_start;
}
