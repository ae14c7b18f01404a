/*
 * The server's own grammar, and expressions as the catalogs store them.
 */
#include "zdm_shim.h"

#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parser.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/ruleutils.h"

/* Moves the position of a syntax error into the text that was checked: it is not a position in the client's query (compare spi.c). */
static void
point_into_text(void *text)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(text);
	}
}

/* Runs the raw parser of the running server over a text and forgets the tree: what it refuses, this server does not run. */
ErrorData *
zdm_shim_raw_parse(const char *sql)
{
	ErrorData  *volatile error = NULL;
	MemoryContext context = CurrentMemoryContext;
	MemoryContext scratch = AllocSetContextCreate(context, "pg_zdm raw parser", ALLOCSET_DEFAULT_SIZES);
	ErrorContextCallback callback = {.callback = point_into_text, .arg = unconstify(char *, sql), .previous = error_context_stack};

	PG_TRY();
	{
		error_context_stack = &callback;
		MemoryContextSwitchTo(scratch);
		(void) raw_parser(sql, RAW_PARSE_DEFAULT);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = zdm_shim_catch(context);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	MemoryContextDelete(scratch);
	return error;
}

typedef struct Printable
{
	bool		ok;				/* can be printed without users' code and without a whole row */
} Printable;

/* Replaces each column by a parameter with the column's number: ruleutils.c would lock the table to print a column's name. */
static Node *
columns_to_parameters(Node *node, void *context)
{
	Printable  *printable = context;

	if (node == NULL)
		return NULL;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;
		Param	   *param = makeNode(Param);

		if (var->varattno <= 0)
			printable->ok = false;
		param->paramkind = PARAM_EXTERN;
		param->paramid = var->varattno;
		param->paramtype = var->vartype;
		param->paramtypmod = var->vartypmod;
		param->paramcollid = var->varcollid;
		param->location = -1;
		return (Node *) param;
	}
	if (IsA(node, Const))
	{
		Oid			output;
		bool		is_varlena;

		getTypeOutputInfo(((Const *) node)->consttype, &output, &is_varlena);
		if (output >= FirstNormalObjectId || get_element_type(((Const *) node)->consttype) >= FirstNormalObjectId)
			printable->ok = false;
	}
	return expression_tree_mutator(node, columns_to_parameters, context);
}

/*
 * What an expression of pg_constraint, pg_attrdef or pg_index reads and says. `columns` gets the numbers of the columns (0: the whole row);
 * `text`, if wanted, the expression with each column written as $number, or NULL when printing it would run code of others. No lock is taken.
 */
ErrorData *
zdm_shim_expression(const char *tree, int16 **columns, int *ncolumns, char **text)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		Node	   *node = stringToNode(tree);
		Bitmapset  *attributes = NULL;
		int			attribute = -1;
		Printable	printable = {.ok = true};

		pull_varattnos(node, 1, &attributes);
		*ncolumns = 0;
		*columns = palloc(sizeof(int16) * Max(bms_num_members(attributes), 1));
		while ((attribute = bms_next_member(attributes, attribute)) >= 0)
			(*columns)[(*ncolumns)++] = attribute + FirstLowInvalidHeapAttributeNumber;

		if (text != NULL)
		{
			/* the predicate of a partial index is a list of conditions that are all to hold */
			if (node != NULL && IsA(node, List))
				node = (Node *) make_ands_explicit((List *) node);
			node = columns_to_parameters(node, &printable);
			*text = printable.ok && node != NULL ? deparse_expression(node, NIL, false, false) : NULL;
		}
	}
	ZDM_RETURN_ERROR(context);
}
