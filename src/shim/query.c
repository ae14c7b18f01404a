/*
 * Queries on behalf of the text that is checked: those that read the system's catalogs and nothing else.
 */
#include "compat.h"
#include "zdm_shim.h"

#include "access/transam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "rewrite/rewriteHandler.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* the cost beyond which the planner's estimate says that it is not a look but work */
#define MAX_COST 1000000.0

/* a type whose values are made and shown by the server's own code */
static bool
is_builtin_type(Oid type)
{
	Oid			element = get_element_type(type);

	if (OidIsValid(element))
		type = element;
	return type < FirstNormalObjectId || get_typtype(type) == TYPTYPE_ENUM;
}

/* These are STABLE, and read tables that their arguments name, or give the transaction a number. */
static bool
does_work(Oid function)
{
	static const char *const names[] = {"table_to_xml", "schema_to_xml", "database_to_xml", "cursor_to_xml", "query_to_xml", "ts_stat",
	"ts_rewrite", "txid_current", "pg_current_xact_id"};
	char	   *name = get_func_name(function);

	for (int i = 0; name != NULL && i < lengthof(names); i++)
	{
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	}
	return false;
}

/* true stops the walk: something that is not to be run */
static bool
is_foreign_function(Oid function, void *context)
{
	return function >= FirstNormalObjectId || func_volatile(function) == PROVOLATILE_VOLATILE || does_work(function);
}

/* The types that a text names: constants of user's types would be made by their code while the text is analyzed. */
static bool
names_foreign_type(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, TypeName))
	{
		Type		type = LookupTypeName(NULL, (TypeName *) node, NULL, true);
		bool		foreign = true;

		if (type != NULL)
		{
			foreign = !is_builtin_type(typeTypeId(type));
			ReleaseSysCache(type);
		}
		return foreign;
	}
	return raw_expression_tree_walker(node, names_foreign_type, context);
}

/* Whether a text names a relation of a user: to analyze it would lock that. (What has no such name is a common table expression, or an error.) */
static bool
names_foreign_relation(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeVar))
	{
		RangeVar   *name = (RangeVar *) node;
		Oid			namespace = name->schemaname == NULL ? InvalidOid : LookupNamespaceNoError(name->schemaname);
		Oid			relation = InvalidOid;

		if (name->schemaname == NULL)
			relation = RelnameGetRelid(name->relname);
		else if (OidIsValid(namespace))
			relation = get_relname_relid(name->relname, namespace);
		return relation >= FirstNormalObjectId;
	}
	return raw_expression_tree_walker(node, names_foreign_relation, context);
}

static bool
does_more(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query	   *query = (Query *) node;

		if (query->commandType != CMD_SELECT || query->utilityStmt != NULL || query->rowMarks != NIL || query->hasModifyingCTE)
			return true;
		return query_tree_walker(query, does_more, context, QTW_EXAMINE_RTES_BEFORE);
	}
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *entry = (RangeTblEntry *) node;

		return entry->rtekind == RTE_RELATION && (entry->relid >= FirstNormalObjectId || entry->tablesample != NULL);
	}
	if (IsA(node, CoerceToDomain) && ((CoerceToDomain *) node)->resulttype >= FirstNormalObjectId)
		return true;
	if (check_functions_in_node(node, is_foreign_function, context))
		return true;
	return expression_tree_walker(node, does_more, context);
}

/* What receives the rows. */
typedef struct Receiver
{
	DestReceiver receiver;
	MemoryContext context;
	ZdmResult  *answer;
	int			limit;
} Receiver;

static bool
receive(TupleTableSlot *slot, DestReceiver *self)
{
	Receiver   *receiver = (Receiver *) self;
	ZdmResult  *answer = receiver->answer;
	MemoryContext old;

	if (!answer->answered || answer->nrows >= receiver->limit)
	{
		answer->answered = false;
		return false;
	}
	slot_getallattrs(slot);
	old = MemoryContextSwitchTo(receiver->context);
	answer->values = repalloc(answer->values, sizeof(char *) * (size_t) (answer->nrows + 1) * Max(answer->ncolumns, 1));
	for (int i = 0; i < answer->ncolumns; i++)
	{
		Oid			output;
		bool		is_varlena;

		getTypeOutputInfo(TupleDescAttr(slot->tts_tupleDescriptor, i)->atttypid, &output, &is_varlena);
		answer->values[answer->nrows * answer->ncolumns + i] =
			slot->tts_isnull[i] ? NULL : OidOutputFunctionCall(output, slot->tts_values[i]);
	}
	answer->nrows++;
	MemoryContextSwitchTo(old);
	return true;
}

static void
startup(DestReceiver *self, int operation, TupleDesc descriptor)
{
	Receiver   *receiver = (Receiver *) self;
	ZdmResult  *answer = receiver->answer;
	MemoryContext old = MemoryContextSwitchTo(receiver->context);

	answer->answered = true;
	answer->ncolumns = descriptor->natts;
	answer->names = palloc(sizeof(char *) * Max(descriptor->natts, 1));
	answer->types = palloc(sizeof(char *) * Max(descriptor->natts, 1));
	answer->values = palloc(sizeof(char *) * Max(descriptor->natts, 1));
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (!is_builtin_type(attribute->atttypid))
			answer->answered = false;
		answer->names[i] = pstrdup(NameStr(attribute->attname));
		answer->types[i] = format_type_extended(attribute->atttypid, -1, FORMAT_TYPE_FORCE_QUALIFY);
	}
	if (!answer->answered)
		answer->ncolumns = 0;
	MemoryContextSwitchTo(old);
}

static void
nothing(DestReceiver *self)
{
}

static void
look(const char *sql, int limit, MemoryContext context, ZdmResult *answer)
{
	Receiver	receiver = {.receiver = {receive, startup, nothing, nothing, DestNone}, .context = context, .answer = answer, .limit = limit};
	List	   *parsed = raw_parser(sql, RAW_PARSE_DEFAULT);
	RawStmt    *raw;
	Query	   *query;
	List	   *rewritten;
	PlannedStmt *plan;
	QueryDesc  *description;

	if (list_length(parsed) != 1)
		return;
	raw = linitial_node(RawStmt, parsed);
	if (!IsA(raw->stmt, SelectStmt) || ((SelectStmt *) raw->stmt)->intoClause != NULL || names_foreign_type(raw->stmt, NULL) ||
		names_foreign_relation(raw->stmt, NULL))
		return;
	query = parse_analyze_fixedparams(raw, sql, NULL, 0, NULL);
	if (does_more((Node *) query, NULL))
		return;
	rewritten = QueryRewrite(query);
	if (list_length(rewritten) != 1)
		return;
	plan = pg_plan_query(linitial_node(Query, rewritten), sql, 0, NULL);
	if (plan->planTree->total_cost > MAX_COST)
		return;
	description = CreateQueryDesc(plan, sql, GetActiveSnapshot(), InvalidSnapshot, &receiver.receiver, NULL, NULL, 0);
	ExecutorStart(description, 0);
	zdm_executor_run(description, ForwardScanDirection, limit + 1);
	ExecutorFinish(description);
	ExecutorEnd(description);
	FreeQueryDesc(description);
}

typedef struct Asking
{
	const char *sql;
	int			limit;
	MemoryContext context;
	ZdmResult  *answer;
} Asking;

static void
look_briefly(void *arg)
{
	Asking	   *asking = arg;
	int			nest_level = NewGUCNestLevel();

	(void) set_config_option("lock_timeout", "10ms", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	PushActiveSnapshot(GetLatestSnapshot());
	look(asking->sql, asking->limit, asking->context, asking->answer);
	PopActiveSnapshot();
	AtEOXact_GUC(true, nest_level);
}

/*
 * What a query gives, if it is one that reads the system's catalogs by built-in functions. It runs with the rights of the caller, in a subtransaction that
 * is taken back, so that no lock stays and an error of the query's is no error of ours; it waits for no lock.
 */
ErrorData *
zdm_shim_query(const char *sql, int limit, ZdmResult *answer)
{
	Asking		asking = {.sql = sql, .limit = limit, .context = CurrentMemoryContext, .answer = answer};
	ErrorData  *error;

	memset(answer, 0, sizeof(*answer));
	/* there are no subtransactions then */
	if (IsInParallelMode())
		return NULL;
	error = zdm_in_subtransaction(look_briefly, &asking, false);
	if (error != NULL)
		answer->answered = false;
	return zdm_unanswered(error);
}
