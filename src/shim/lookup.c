/*
 * Types, casts, functions, operators and settings, as the running session would find them. Only catalogs are read: no function of a user
 * runs, type modifiers of users' types included. Errors are handled as in relation.c.
 */
#include "zdm_shim.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_type.h"
#include "commands/tablespace.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/parsenodes.h"
#include "nodes/value.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_type.h"
#include "pgtime.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/* A cancel that is waiting, as an error. The analysis runs no code of the server's that would look. */
ErrorData *
zdm_shim_interrupts(void)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		CHECK_FOR_INTERRUPTS();
	}
	ZDM_RETURN_ERROR(context);
}

static List *
name_list(const char *schema, const char *name)
{
	List	   *names = list_make1(makeString(pstrdup(name)));

	return schema == NULL ? names : lcons(makeString(pstrdup(schema)), names);
}

/*
 * The modifier that a built-in type's own function makes of the ones in the text, as typenameTypeMod (parse_type.c) asks it; false when it refuses
 * them, which is an ERROR. Such a function looks at its argument only: it holds nothing that a subtransaction would have to give back.
 */
static bool
built_in_typmod(Oid function, const int32 *modifiers, int nmodifiers, int32 *typmod)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		Datum	   *texts = palloc(sizeof(Datum) * nmodifiers);

		for (int i = 0; i < nmodifiers; i++)
			texts[i] = CStringGetDatum(psprintf("%d", modifiers[i]));
		*typmod = DatumGetInt32(OidFunctionCall1(function,
												 PointerGetDatum(construct_array(texts, nmodifiers, CSTRINGOID, -2, false, TYPALIGN_CHAR))));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = zdm_shim_catch(context);
	}
	PG_END_TRY();
	if (error == NULL)
		return true;
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) != ERRCODE_DATA_EXCEPTION && error->sqlerrcode != ERRCODE_SYNTAX_ERROR)
		ReThrowError(error);
	FreeErrorData(error);
	return false;
}

/*
 * The type that a name with modifiers means: InvalidOid when there is none. The modifiers of a type that a user made are not evaluated; they
 * give ZDM_TYPMOD_UNKNOWN, which equals no column's.
 */
ErrorData *
zdm_shim_type(const char *schema, const char *name, const int32 *modifiers, int nmodifiers, bool array, Oid *oid, int32 *typmod)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		TypeName   *type_name = makeTypeNameFromNameList(name_list(schema, name));
		Type		type = NULL;

		*oid = InvalidOid;
		*typmod = -1;
		if (array)
			type_name->arrayBounds = list_make1(makeInteger(-1));
		if (schema == NULL || OidIsValid(zdm_visible_schema(schema)))
			type = LookupTypeName(NULL, type_name, NULL, true);
		if (type != NULL)
		{
			Form_pg_type form = (Form_pg_type) GETSTRUCT(type);
			Oid			found = form->typisdefined ? form->oid : InvalidOid;
			Oid			typmodin = form->typmodin;

			ReleaseSysCache(type);
			if (nmodifiers == 0)
				*oid = found;
			else if (typmodin >= FirstNormalObjectId)
			{
				*oid = found;
				*typmod = ZDM_TYPMOD_UNKNOWN;
			}
			else if (OidIsValid(typmodin) && built_in_typmod(typmodin, modifiers, nmodifiers, typmod))
				*oid = found;
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* How a value is converted in an assignment (parse_coerce.c); `path` gets a CoercionPathType. */
ErrorData *
zdm_shim_cast(Oid from, Oid to, int *path)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		Oid			function;

		*path = find_coercion_pathway(to, from, COERCION_ASSIGNMENT, &function);
	}
	ZDM_RETURN_ERROR(context);
}

/* The longest body that is looked into; a function with a longer one is taken for what it is declared to be. */
#define ZDM_BODY_MAX 65536

/* A body that no grammar reads: whether the planner inlines the function cannot be told. */
#define ZDM_BODY_UNREAD ")"

/*
 * Whether a volatile function whose body is kept as a tree is inlined, and nothing volatile is left of it then (inline_function, clauses.c). The
 * tree is only looked at.
 */
static bool
harmless_when_inlined(Datum body, bool strict)
{
	Node	   *node = stringToNode(TextDatumGetCString(body));
	List	   *queries = IsA(node, List) ? linitial_node(List, (List *) node) : list_make1(node);
	Query	   *query = linitial(queries);
	Node	   *expression;

	if (list_length(queries) != 1 || !IsA(query, Query) || query->commandType != CMD_SELECT || query->hasAggs || query->hasWindowFuncs ||
		query->hasTargetSRFs || query->hasSubLinks || query->cteList || query->rtable || query->jointree->fromlist ||
		query->jointree->quals || query->groupClause || query->groupingSets || query->havingQual || query->windowClause ||
		query->distinctClause || query->sortClause || query->limitOffset || query->limitCount || query->setOperations ||
		list_length(query->targetList) != 1)
		return false;
	expression = (Node *) ((TargetEntry *) linitial(query->targetList))->expr;
	return !contain_volatile_functions(expression) && !(strict && contain_nonstrict_functions(expression));
}

/* Fills in what the analysis wants to know of one function. */
static void
describe_function(Oid oid, ZdmFunction *function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(oid));
	Form_pg_proc form;

	function->oid = oid;
	function->volatility = PROVOLATILE_VOLATILE;
	function->inlinable_body = NULL;
	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_proc) GETSTRUCT(tuple);
	function->volatility = form->provolatile;
	/* the conditions of inline_function (clauses.c) that the catalog tells */
	if (form->provolatile == PROVOLATILE_VOLATILE && form->prolang == SQLlanguageId && form->prokind == PROKIND_FUNCTION && !form->prosecdef && !form->proretset &&
		form->prorettype != RECORDOID && heap_attisnull(tuple, Anum_pg_proc_proconfig, NULL))
	{
		bool		is_null;
		Datum		body = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosqlbody, &is_null);

		if (!is_null)
		{
			if (toast_raw_datum_size(body) <= ZDM_BODY_MAX && harmless_when_inlined(body, form->proisstrict))
				function->volatility = PROVOLATILE_STABLE;
		}
		else if (form->proisstrict)
			/* inlined only if its body is strict, too */
			function->inlinable_body = pstrdup(ZDM_BODY_UNREAD);
		else
		{
			body = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosrc, &is_null);
			if (!is_null && toast_raw_datum_size(body) <= ZDM_BODY_MAX)
				function->inlinable_body = TextDatumGetCString(body);
		}
	}
	ReleaseSysCache(tuple);
}

/* All functions that a call could mean; with -1 arguments, all of the name. */
ErrorData *
zdm_shim_functions(const char *schema, const char *name, int arguments, ZdmFunction **functions, int *nfunctions)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		FuncCandidateList candidates = NULL;
		int			n = 0;

		if (schema == NULL || OidIsValid(zdm_visible_schema(schema)))
			candidates = FuncnameGetCandidates(name_list(schema, name), arguments, NIL, arguments >= 0, arguments >= 0, false, true);
		for (FuncCandidateList candidate = candidates; candidate != NULL; candidate = candidate->next)
			n++;
		*functions = palloc0(sizeof(ZdmFunction) * Max(n, 1));
		*nfunctions = 0;
		for (FuncCandidateList candidate = candidates; candidate != NULL; candidate = candidate->next)
		{
			/* InvalidOid stands for an ambiguous set of defaults (namespace.c) */
			if (OidIsValid(candidate->oid))
				describe_function(candidate->oid, &(*functions)[(*nfunctions)++]);
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* The functions behind all operators of a name. */
ErrorData *
zdm_shim_operators(const char *schema, const char *name, ZdmFunction **functions, int *nfunctions)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		FuncCandidateList candidates = NULL;
		int			n = 0;

		if (schema == NULL || OidIsValid(zdm_visible_schema(schema)))
			candidates = OpernameGetCandidates(name_list(schema, name), '\0', true);
		for (FuncCandidateList candidate = candidates; candidate != NULL; candidate = candidate->next)
			n++;
		*functions = palloc0(sizeof(ZdmFunction) * Max(n, 1));
		*nfunctions = 0;
		for (FuncCandidateList candidate = candidates; candidate != NULL; candidate = candidate->next)
		{
			Oid			function = get_opcode(candidate->oid);

			if (OidIsValid(function))
				describe_function(function, &(*functions)[(*nfunctions)++]);
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* The collation that a name means: InvalidOid when there is none. */
ErrorData *
zdm_shim_collation(const char *schema, const char *name, Oid *collation)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		*collation = InvalidOid;
		if (schema == NULL || OidIsValid(zdm_visible_schema(schema)))
			*collation = get_collation_oid(name_list(schema, name), true);
	}
	ZDM_RETURN_ERROR(context);
}

/* The table that an extended statistics object belongs to: InvalidOid when there is none of that name. */
ErrorData *
zdm_shim_statistics_relation(const char *schema, const char *name, Oid *relation)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		HeapTuple	tuple = NULL;

		*relation = InvalidOid;
		if (schema == NULL || OidIsValid(zdm_visible_schema(schema)))
			tuple = SearchSysCache1(STATEXTOID, ObjectIdGetDatum(get_statistics_object_oid(name_list(schema, name), true)));
		if (HeapTupleIsValid(tuple))
		{
			*relation = ((Form_pg_statistic_ext) GETSTRUCT(tuple))->stxrelid;
			ReleaseSysCache(tuple);
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* A setting as SHOW prints it; NULL when there is none of that name. */
ErrorData *
zdm_shim_setting(const char *name, char **value)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		*value = GetConfigOptionByName(name, NULL, true);
	}
	ZDM_RETURN_ERROR(context);
}

/* The schema in which a name without one is created, or NULL. Nothing is created for it, as RangeVarGetCreationNamespace would. */
ErrorData *
zdm_shim_creation_schema(char **name)
{
	ZDM_KEEP_ERROR;

	*name = NULL;
	PG_TRY();
	{
		List	   *path = fetch_search_path(false);

		if (path != NIL)
			*name = get_namespace_name(linitial_oid(path));
	}
	ZDM_RETURN_ERROR(context);
}

/* The name of a tablespace, that of the database for InvalidOid; NULL when there is none. */
ErrorData *
zdm_shim_tablespace(Oid tablespace, char **name)
{
	ZDM_KEEP_ERROR;

	*name = NULL;
	PG_TRY();
	{
		*name = get_tablespace_name(OidIsValid(tablespace) ? tablespace : MyDatabaseTableSpace);
	}
	ZDM_RETURN_ERROR(context);
}

/* The test of TimestampTimestampTzRequiresRewrite (timestamp.c), turned round. */
bool
zdm_shim_time_zone_is_utc(void)
{
	long		offset;

	return pg_get_timezone_offset(session_timezone, &offset) && offset == 0;
}
