/*
 * Would an index do for a partitioned one? AttachPartitionEnsureIndexes (tablecmds.c) asks CompareIndexInfo (index.c) and builds what lacks; here the same
 * code is asked, over the relation cache and without locks. Whether both belong to constraints of one kind is the caller's question.
 */
#include "zdm_shim.h"
#include "compat.h"

#include "access/attmap.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "nodes/execnodes.h"
#include "utils/rel.h"
#include "utils/relcache.h"

static bool
is_index(Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_INDEX || relation->rd_rel->relkind == RELKIND_PARTITIONED_INDEX;
}

/* Expressions are folded for it (RelationGetIndexExpressions), so that it is a question to the planner, asked by planner.c. */
ZdmAnswer
zdm_same_index(Oid wanted, Oid index)
{
	Relation	parent = zdm_peek(wanted);
	Relation	child = zdm_peek(index);
	Relation	parent_table;
	Relation	child_table;
	AttrMap    *map;
	bool		same;

	if (!is_index(parent) || !is_index(child))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("only indexes can be compared")));
	parent_table = zdm_peek(parent->rd_index->indrelid);
	child_table = zdm_peek(child->rd_index->indrelid);
	map = zdm_map_by_name(RelationGetDescr(child_table), RelationGetDescr(parent_table));
	same = CompareIndexInfo(BuildIndexInfo(child), BuildIndexInfo(parent), child->rd_indcollation, parent->rd_indcollation,
							child->rd_opfamily, parent->rd_opfamily, map);
	RelationClose(child_table);
	RelationClose(parent_table);
	RelationClose(child);
	RelationClose(parent);
	return same ? ZDM_YES : ZDM_NO;
}
