/*
 * The rows of our own small tables, read directly: neither the caller's rights nor a planner matter, the only lock is ACCESS SHARE on the table, and a
 * few rows take microseconds.
 */
#include "zdm_shim.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#define MOST_COLUMNS 4

/* Gives the columns of each row to `take`, until that says that it has enough. A table that is missing, or is not ours, has no rows. */
static void
each_row(const char *table, int ncolumns, const char *const *names, const Oid *types,
		 bool (*take) (const Datum *values, const bool *nulls, void *to), void *to)
{
	Oid			schema = get_namespace_oid("zdm", true);
	Oid			oid = OidIsValid(schema) ? get_relname_relid(table, schema) : InvalidOid;
	Relation	rel = OidIsValid(oid) ? table_open(oid, AccessShareLock) : NULL;
	bool		ours = rel != NULL && rel->rd_rel->relkind == RELKIND_RELATION && RelationGetNumberOfBlocks(rel) > 0;
	AttrNumber	numbers[MOST_COLUMNS];

	Assert(ncolumns <= MOST_COLUMNS);
	for (int i = 0; ours && i < ncolumns; i++)
	{
		numbers[i] = get_attnum(oid, names[i]);
		ours = numbers[i] != InvalidAttrNumber && get_atttype(oid, numbers[i]) == types[i];
	}
	if (ours)
	{
		Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
		TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL);
		TupleTableSlot *slot = table_slot_create(rel, NULL);
		bool		more = true;

		while (more && table_scan_getnextslot(scan, ForwardScanDirection, slot))
		{
			Datum		values[MOST_COLUMNS];
			bool		nulls[MOST_COLUMNS];

			for (int i = 0; i < ncolumns; i++)
				values[i] = slot_getattr(slot, numbers[i], &nulls[i]);
			more = take(values, nulls, to);
		}
		ExecDropSingleTupleTableSlot(slot);
		table_endscan(scan);
		UnregisterSnapshot(snapshot);
	}
	if (rel != NULL)
		table_close(rel, AccessShareLock);
}

typedef struct TextBuffer
{
	char	   *text;
	int			size;
} TextBuffer;

static bool
take_text(const Datum *values, const bool *nulls, void *to)
{
	TextBuffer	   *buffer = to;

	if (!nulls[0])
		text_to_cstring_buffer(DatumGetTextPP(values[0]), buffer->text, buffer->size);
	return false;
}

/* Reads zdm.guard_state into `mode`: "" when the table or its row is missing. */
ErrorData *
zdm_shim_guard_state(char *mode, int size)
{
	ZDM_KEEP_ERROR;

	*mode = '\0';
	PG_TRY();
	{
		static const char *const names[] = {"mode"};
		static const Oid types[] = {TEXTOID};
		TextBuffer		buffer = {mode, size};

		each_row("guard_state", 1, names, types, take_text, &buffer);
	}
	ZDM_RETURN_ERROR(context);
}

typedef struct Role
{
	Oid			role;
	bool		found;
} Role;

static bool
take_role(const Datum *values, const bool *nulls, void *to)
{
	Role	   *wanted = to;

	wanted->found = !nulls[0] && DatumGetObjectId(values[0]) == wanted->role;
	return !wanted->found;
}

/* Whether zdm.guard_exemption names the session's user. */
ErrorData *
zdm_shim_session_is_exempt(bool *exempt)
{
	ZDM_KEEP_ERROR;

	*exempt = false;
	PG_TRY();
	{
		static const char *const names[] = {"role"};
		static const Oid types[] = {REGROLEOID};
		Role		wanted = {GetSessionUserId(), false};

		each_row("guard_exemption", 1, names, types, take_role, &wanted);
		*exempt = wanted.found;
	}
	ZDM_RETURN_ERROR(context);
}

static bool
take_any(const Datum *values, const bool *nulls, void *to)
{
	*(bool *) to = true;
	return false;
}

/* Whether zdm.stored_allowance has any row. */
ErrorData *
zdm_shim_has_allowances(bool *any)
{
	ZDM_KEEP_ERROR;

	*any = false;
	PG_TRY();
	{
		each_row("stored_allowance", 0, NULL, NULL, take_any, any);
	}
	ZDM_RETURN_ERROR(context);
}

typedef struct Policies
{
	ZdmPolicy **list;
	int		   *count;
	int			room;
} Policies;

static bool
take_policy(const Datum *values, const bool *nulls, void *to)
{
	Policies   *policies = to;
	ZdmPolicy  *policy;

	if (nulls[0] || nulls[2] || nulls[3])
		return true;
	if (*policies->count == policies->room)
	{
		policies->room = Max(8, policies->room * 2);
		*policies->list = *policies->list == NULL ? palloc(policies->room * sizeof(ZdmPolicy))
			: repalloc(*policies->list, policies->room * sizeof(ZdmPolicy));
	}
	policy = &(*policies->list)[(*policies->count)++];
	policy->rule = TextDatumGetCString(values[0]);
	policy->relation = nulls[1] ? InvalidOid : DatumGetObjectId(values[1]);
	policy->risk = TextDatumGetCString(values[2]);
	policy->reason = TextDatumGetCString(values[3]);
	return true;
}

/* All rows of zdm.rule_policy. */
ErrorData *
zdm_shim_policies(ZdmPolicy **policies, int *npolicies)
{
	ZDM_KEEP_ERROR;

	*policies = NULL;
	*npolicies = 0;
	PG_TRY();
	{
		static const char *const names[] = {"rule", "relation", "risk", "reason"};
		static const Oid types[] = {TEXTOID, REGCLASSOID, TEXTOID, TEXTOID};
		Policies	list = {policies, npolicies, 0};

		each_row("rule_policy", 4, names, types, take_policy, &list);
	}
	ZDM_RETURN_ERROR(context);
}
