/*
 * Questions that the parser's and the planner's own code answers: is a default volatile once functions are inlined, does a constraint prove that a
 * column is not null or that a partition's bound is met?
 *
 * That code evaluates what it can at plan time: immutable functions of constants, input functions of literals, operators in a proof. Functions of
 * users must not run in a check. So for the time of a question every function that is not the system's own goes through the function manager's
 * hook (fmgr.h, needs_fmgr_hook), which refuses it: then the answer is that it cannot be told. Volatile SQL functions are let through, which
 * the planner inlines and never evaluates.
 *
 * A question may raise an ERROR for many reasons (a name that only an earlier statement of the checked text makes); so each runs in a
 * subtransaction. No lock on a table is taken: what would look up a row type is not asked. (share.c has a question that takes one.)
 */
#include "zdm_shim.h"
#include "compat.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/heap.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_node.h"
#include "parser/parse_type.h"
#include "parser/parse_utilcmd.h"
#include "parser/parser.h"
#include "partitioning/partbounds.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

/* The most functions that are inlined for one question: functions that call two others each could grow without end. */
#define MAX_INLINED 1000

/* The longest body of a function that is looked into. */
#define MAX_BODY 65536

typedef struct Question
{
	/* a default: its text, and the column's type */
	const char *expression;
	Oid			type;
	int32		typmod;
	/* a proof: the table, and the column that is to be not null or the bound that is to be met */
	Oid			table;
	int16		attribute;
	Oid			parent;
	const char *bound;
	bool		outside;
	/* two indexes */
	Oid			wanted;
	Oid			index;
} Question;

static needs_fmgr_hook_type other_needs;
static fmgr_hook_type other_hook;
static bool cannot_tell;
static int	inlined;

/* The planner inlines no function with a subquery in it. */
static bool
has_subquery(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, SubLink) || raw_expression_tree_walker(node, has_subquery, context);
}

/* Whether the parser would have to look up a table's row type, which locks the table. (A parameter's name is a ColumnRef of one field.) */
static bool
is_out_of_reach(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, SubLink) || IsA(node, A_Indirection) || IsA(node, RowExpr) ||
		(IsA(node, ColumnRef) && list_length(((ColumnRef *) node)->fields) != 1))
		return true;
	if (IsA(node, TypeCast))
	{
		Oid			type = LookupTypeNameOid(NULL, ((TypeCast *) node)->typeName, true);

		if (OidIsValid(type) && type_is_rowtype(getBaseType(type)))
			return true;
	}
	return raw_expression_tree_walker(node, is_out_of_reach, context);
}

/* The expression of a text that is `SELECT expression` and nothing else. */
static Node *
only_expression(const char *text)
{
	List	   *statements = raw_parser(text, RAW_PARSE_DEFAULT);
	SelectStmt *select;

	if (list_length(statements) != 1)
		return NULL;
	select = (SelectStmt *) linitial_node(RawStmt, statements)->stmt;
	if (!IsA(select, SelectStmt) || select->distinctClause || select->intoClause || select->fromClause || select->whereClause ||
		select->groupClause || select->havingClause || select->windowClause || select->valuesLists || select->sortClause ||
		select->limitOffset || select->limitCount || select->lockingClause || select->withClause || select->op != SETOP_NONE ||
		list_length(select->targetList) != 1)
		return NULL;
	return linitial_node(ResTarget, select->targetList)->val;
}

/* Whether the planner may be let near a function: a volatile one in SQL whose body is an expression. It is inlined, or left as it is. */
static bool
may_be_inlined(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc form;
	bool		may;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_proc) GETSTRUCT(tuple);
	may = form->prolang == SQLlanguageId && form->provolatile == PROVOLATILE_VOLATILE && form->prokind == PROKIND_FUNCTION &&
		!form->prosecdef && !form->proretset && !type_is_rowtype(getBaseType(form->prorettype)) &&
		heap_attisnull(tuple, Anum_pg_proc_proconfig, NULL);
	/* a body that is kept as a tree is not parsed any more */
	if (may && heap_attisnull(tuple, Anum_pg_proc_prosqlbody, NULL))
	{
		bool		is_null;
		Datum		source = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosrc, &is_null);
		Node	   *expression = NULL;

		if (is_null || toast_raw_datum_size(source) > MAX_BODY)
			cannot_tell = true;
		else
			expression = only_expression(TextDatumGetCString(source));
		may = expression != NULL && !has_subquery(expression, NULL);
		if (may && is_out_of_reach(expression, NULL))
		{
			cannot_tell = true;
			may = false;
		}
	}
	ReleaseSysCache(tuple);
	return may;
}

static bool
needs_refusal(Oid function)
{
	if (other_needs != NULL && other_needs(function))
		return true;
	if (function < FirstNormalObjectId)
		return false;
	if (inlined >= MAX_INLINED)
	{
		cannot_tell = true;
		return true;
	}
	if (!may_be_inlined(function))
		return true;
	inlined++;
	return false;
}

static void
refuse(FmgrHookEventType event, FmgrInfo *function, Datum *private)
{
	if (event == FHET_START && function->fn_oid >= FirstNormalObjectId)
	{
		cannot_tell = true;
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("a check does not run the function \"%s\"", get_func_name(function->fn_oid))));
	}
	if (other_hook != NULL)
		other_hook(event, function, private);
}

typedef struct Asking
{
	ZdmDecide	decide;
	const void *question;
	ZdmAnswer	answer;
} Asking;

/* Decides with the hooks in place. */
static void
decide(void *arg)
{
	Asking	   *asking = arg;

	other_needs = needs_fmgr_hook;
	other_hook = fmgr_hook;
	PG_TRY();
	{
		needs_fmgr_hook = needs_refusal;
		fmgr_hook = refuse;
		asking->answer = asking->decide(asking->question);
	}
	PG_FINALLY();
	{
		needs_fmgr_hook = other_needs;
		fmgr_hook = other_hook;
	}
	PG_END_TRY();
}

/* Asks in a subtransaction, which is kept or taken back. A cancel and lack of memory go on; every other ERROR means that there is no answer. */
ErrorData *
zdm_ask(ZdmDecide decision, const void *question, bool keep, ZdmAnswer *answer)
{
	Asking		asking = {.decide = decision, .question = question, .answer = ZDM_NO_ANSWER};
	ErrorData  *error;

	cannot_tell = false;
	inlined = 0;
	error = zdm_in_subtransaction(decide, &asking, keep);
	*answer = cannot_tell ? ZDM_CANNOT_TELL : error != NULL ? ZDM_NO_ANSWER : asking.answer;
	return zdm_unanswered(error);
}

/* As ATExecAddColumn does (tablecmds.c): cook the default, plan it, look for what is volatile. */
static ZdmAnswer
decide_default(const void *asked)
{
	const Question *question = asked;
	Node	   *expression = only_expression(psprintf("SELECT %s", question->expression));

	if (expression == NULL || is_out_of_reach(expression, NULL) || type_is_rowtype(getBaseType(question->type)))
		return ZDM_CANNOT_TELL;
	expression = cookDefault(make_parsestate(NULL), expression, question->type, question->typmod, "column", 0);
	expression = (Node *) expression_planner((Expr *) expression);
	return contain_volatile_functions(expression) ? ZDM_YES : ZDM_NO;
}

/*
 * A relation without a lock: what its constraints say is read from the relation cache, which is built from the catalogs alone and rebuilt when they
 * change. The statement that is checked will look again, under its lock.
 */
Relation
zdm_peek(Oid relation)
{
	Relation	found = RelationIdGetRelation(relation);

	if (!RelationIsValid(found))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("relation with OID %u does not exist", relation)));
	return found;
}

/* As NotNullImpliedByRelConstraints does (tablecmds.c). */
static ZdmAnswer
decide_not_null(const void *asked)
{
	const Question *question = asked;
	Relation	table = zdm_peek(question->table);
	Form_pg_attribute attribute;
	NullTest   *test = makeNode(NullTest);
	bool		proved;

	if (question->attribute <= 0 || question->attribute > RelationGetNumberOfAttributes(table))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column number %d does not exist", question->attribute)));
	attribute = TupleDescAttr(RelationGetDescr(table), question->attribute - 1);
	test->arg = (Expr *) makeVar(1, attribute->attnum, attribute->atttypid, attribute->atttypmod, attribute->attcollation, 0);
	test->nulltesttype = IS_NOT_NULL;
	test->argisrow = false;
	test->location = -1;
	proved = PartConstraintImpliedByRelConstraint(table, list_make1(test));
	RelationClose(table);
	return proved ? ZDM_YES : ZDM_NO;
}

/* The bound of a text `FOR VALUES ...`. */
static PartitionBoundSpec *
parse_bound(const char *text)
{
	List	   *statements = raw_parser(psprintf("ALTER TABLE a ATTACH PARTITION b %s", text), RAW_PARSE_DEFAULT);
	AlterTableStmt *statement;

	if (list_length(statements) != 1)
		return NULL;
	statement = (AlterTableStmt *) linitial_node(RawStmt, statements)->stmt;
	if (!IsA(statement, AlterTableStmt) || list_length(statement->cmds) != 1)
		return NULL;
	return castNode(PartitionCmd, linitial_node(AlterTableCmd, statement->cmds)->def)->bound;
}

/* As ATExecAttachPartition (tablecmds.c) and check_default_partition_contents (partbounds.c) do. */
static ZdmAnswer
decide_bound(const void *asked)
{
	const Question *question = asked;
	PartitionBoundSpec *bound = parse_bound(question->bound);
	Relation	parent = zdm_peek(question->parent);
	Relation	table = zdm_peek(question->table);
	List	   *constraint;
	bool		proved;

	/* the bounds above a parent that is a partition itself are read under a lock (generate_partition_qual, partcache.c) */
	if (bound == NULL || parent->rd_rel->relkind != RELKIND_PARTITIONED_TABLE || parent->rd_rel->relispartition)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("the bound cannot be proved")));
	bound = transformPartitionBound(make_parsestate(NULL), parent, bound);
	constraint = get_qual_from_partbound(parent, bound);
	if (question->outside)
		constraint = get_proposed_default_constraint(constraint);
	else if (constraint != NIL)
	{
		constraint = (List *) eval_const_expressions(NULL, (Node *) constraint);
		constraint = (List *) canonicalize_qual((Expr *) constraint, false);
		constraint = list_make1(make_ands_explicit(constraint));
	}
	constraint = map_partition_varattnos(constraint, 1, table, parent);
	proved = constraint == NIL || PartConstraintImpliedByRelConstraint(table, constraint);
	RelationClose(table);
	RelationClose(parent);
	return proved ? ZDM_YES : ZDM_NO;
}

static ZdmAnswer
decide_same_index(const void *asked)
{
	const Question *question = asked;

	return zdm_same_index(question->wanted, question->index);
}

/* Whether a default for a column of a type must be computed for each row. */
ErrorData *
zdm_shim_default_is_volatile(const char *expression, Oid type, int32 typmod, ZdmAnswer *answer)
{
	Question	question = {.expression = expression, .type = type, .typmod = typmod};

	return zdm_ask(decide_default, &question, true, answer);
}

/* Whether valid constraints prove that a column holds no NULL. */
ErrorData *
zdm_shim_proves_not_null(Oid table, int16 attribute, ZdmAnswer *answer)
{
	Question	question = {.table = table, .attribute = attribute};

	return zdm_ask(decide_not_null, &question, true, answer);
}

/* Whether valid constraints prove that the rows of a table lie within the bound of a partition of the parent, or outside it. */
ErrorData *
zdm_shim_proves_bound(Oid parent, Oid table, const char *bound, bool outside, ZdmAnswer *answer)
{
	Question	question = {.parent = parent, .table = table, .bound = bound, .outside = outside};

	return zdm_ask(decide_bound, &question, true, answer);
}

/* Whether an index of a table is what a partitioned index wants in that table, once it is a partition. */
ErrorData *
zdm_shim_same_index(Oid wanted, Oid index, ZdmAnswer *answer)
{
	Question	question = {.wanted = wanted, .index = index};

	return zdm_ask(decide_same_index, &question, true, answer);
}
