/*
 * What the parts of a probe (probe.c, probe_keys.c, probe_check.c) know of each other.
 */
#ifndef ZDM_PROBE_H
#define ZDM_PROBE_H

#include "zdm_shim.h"

#include "executor/tuptable.h"

/* What a probe has found out so far. */
typedef struct Looking
{
	const ZdmProbe *probe;
	int64		rows;
	int			answer;
	const char *reason;
} Looking;

typedef bool (*ZdmLook) (Looking *looking, TupleTableSlot *slot, void *arg);

extern bool zdm_is_known_type(Oid type);
extern bool zdm_probe_cannot_tell(Looking *looking, const char *reason);
extern bool zdm_probe_may_read(Looking *looking, Oid relation, const char *column);
extern Relation zdm_probe_open(Looking *looking, Oid relation);
extern AttrNumber zdm_probe_column(Looking *looking, Relation rel, const char *column);
extern void zdm_probe_each_row(Looking *looking, Relation rel, ZdmLook look, void *arg);
extern void zdm_probe_duplicates(Looking *looking, Relation rel);
extern void zdm_probe_orphans(Looking *looking, Relation rel);
extern Expr *zdm_probe_expression(Relation rel, const ZdmProbe *probe, Bitmapset **columns, const char **reason);

#endif
