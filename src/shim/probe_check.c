/*
 * The expression of a CHECK, ready to be computed for each row: only what the server itself brings, and only what gives the same result each time.
 */
#include "probe.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parse_type.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#define ZDM_USER_CODE "the constraint uses code of a user"

static bool
is_users_function(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}

/* Whether an analyzed expression has a part that is not the server's own, or that reads more than stored columns of the row. */
static bool
has_foreign_part(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, List))
		return expression_tree_walker(node, has_foreign_part, context);
	if (IsA(node, Var))
	{
		if (((Var *) node)->varattno <= 0)
			return true;
	}
	else if (IsA(node, SubLink) || IsA(node, SubPlan) || IsA(node, CoerceToDomain) || IsA(node, CoerceToDomainValue) || IsA(node, Param) ||
			 IsA(node, Aggref) || IsA(node, WindowFunc) || IsA(node, NextValueExpr))
		return true;
	if (check_functions_in_node(node, is_users_function, context) || !zdm_is_known_type(exprType(node)))
		return true;
	/* a text search configuration may lead to a user's dictionary */
	if (exprType(node) == REGCONFIGOID || exprType(node) == REGDICTIONARYOID)
		return true;
	return expression_tree_walker(node, has_foreign_part, context);
}

/* Whether a name belongs to no other schema than the server's. */
static bool
is_ours(List *name)
{
	return list_length(name) == 1 || (list_length(name) == 2 && strcmp(strVal(linitial(name)), "pg_catalog") == 0);
}

/*
 * The same before the analysis, which calls the input functions of types for constants. It is looked up under a search_path of pg_catalog alone.
 */
static bool
has_foreign_name(Node *node, void *context)
{
	Relation	rel = context;

	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_SubLink:
			return true;
		case T_TypeName:
			{
				TypeName   *name = (TypeName *) node;
				Type		type = is_ours(name->names) ? LookupTypeName(NULL, name, NULL, true) : NULL;

				Oid			oid = type != NULL ? typeTypeId(type) : InvalidOid;

				if (type != NULL)
					ReleaseSysCache(type);
				if (!zdm_is_known_type(oid))
					return true;
				break;
			}
		case T_FuncCall:
			if (!is_ours(((FuncCall *) node)->funcname))
				return true;
			break;
		case T_A_Expr:
			if (!is_ours(((A_Expr *) node)->name))
				return true;
			break;
		case T_ColumnRef:
			{
				Node	   *last = llast(((ColumnRef *) node)->fields);
				AttrNumber	number = IsA(last, String) ? get_attnum(RelationGetRelid(rel), strVal(last)) : InvalidAttrNumber;

				return number <= 0 || !zdm_is_known_type(get_atttype(RelationGetRelid(rel), number));
			}
		default:
			break;
	}
	return raw_expression_tree_walker(node, has_foreign_name, context);
}

/* The expression of a text; NULL when it would need code of a user. */
static Node *
of_text(Relation rel, const ZdmProbe *probe)
{
	List	   *parsed = raw_parser(psprintf("SELECT (%s)", probe->text), RAW_PARSE_DEFAULT);
	SelectStmt *select;
	Node	   *expression;
	ParseState *state;
	ParseNamespaceItem *item;
	int			nest_level;

	if (list_length(parsed) != 1 || !IsA(linitial_node(RawStmt, parsed)->stmt, SelectStmt))
		return NULL;
	select = (SelectStmt *) linitial_node(RawStmt, parsed)->stmt;
	if (list_length(select->targetList) != 1 || select->fromClause != NIL)
		return NULL;
	expression = linitial_node(ResTarget, select->targetList)->val;

	/* where pg_catalog does not come first a name may mean something else */
	if (strstr(namespace_search_path, "pg_catalog") != NULL)
		return NULL;
	nest_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (has_foreign_name(expression, rel))
		expression = NULL;
	else
	{
		state = make_parsestate(NULL);
		item = addRangeTableEntryForRelation(state, rel, AccessShareLock, makeAlias(get_rel_name(probe->root), NIL), false, true);
		addNSItemToQuery(state, item, true, true, true);
		expression = transformExpr(state, expression, EXPR_KIND_CHECK_CONSTRAINT);
		expression = coerce_to_boolean(state, expression, "CHECK");
		assign_expr_collations(state, expression);
		free_parsestate(state);
	}
	AtEOXact_GUC(true, nest_level);
	return expression;
}

/* The expression of a constraint of the relation. */
static Node *
of_constraint(Relation rel, const char *name, const char **reason)
{
	Oid			oid = get_relation_constraint_oid(RelationGetRelid(rel), name, true);
	HeapTuple	tuple = OidIsValid(oid) ? SearchSysCache1(CONSTROID, ObjectIdGetDatum(oid)) : NULL;
	Node	   *expression = NULL;

	if (HeapTupleIsValid(tuple))
	{
		bool		is_null;
		Datum		tree = SysCacheGetAttr(CONSTROID, tuple, Anum_pg_constraint_conbin, &is_null);

		if (!is_null)
			expression = stringToNode(TextDatumGetCString(tree));
		ReleaseSysCache(tuple);
	}
	if (expression == NULL)
		*reason = "there is no such constraint yet";
	return expression;
}

/* The expression to be computed, and the columns that it reads; or NULL and why not. */
Expr *
zdm_probe_expression(Relation rel, const ZdmProbe *probe, Bitmapset **columns, const char **reason)
{
	Node	   *expression;
	Bitmapset  *found = NULL;
	int			member = -1;

	*reason = ZDM_USER_CODE;
	if (probe->kind == ZDM_PROBE_CONSTRAINT)
		expression = of_constraint(rel, probe->text, reason);
	else
		expression = of_text(rel, probe);
	if (expression == NULL || has_foreign_part(expression, NULL))
		return NULL;
	if (contain_mutable_functions(expression))
	{
		*reason = "the constraint is not the same each time";
		return NULL;
	}
	pull_varattnos(expression, 1, &found);
	while ((member = bms_next_member(found, member)) >= 0)
		*columns = bms_add_member(*columns, member + FirstLowInvalidHeapAttributeNumber);
	return (Expr *) expression;
}
