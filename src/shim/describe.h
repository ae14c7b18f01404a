/*
 * What describe.c tells of a relation. The Rust side is src/catalog/describe.rs. Strings are in the server's encoding; a NULL pointer stands for
 * "none". All of it lives in the context that was current when it was asked for.
 */
#ifndef ZDM_DESCRIBE_H
#define ZDM_DESCRIBE_H

#include "zdm_shim.h"

#include "access/genam.h"
#include "access/htup.h"
#include "utils/relcache.h"

typedef struct ZdmColumn
{
	int16		number;
	bool		not_null;
	bool		has_default;
	char		identity;
	char		generated;
	Oid			type;
	int32		typmod;
	Oid			collation;
	char	   *name;
	char	   *expression;		/* of a generated column: its pg_node_tree */
} ZdmColumn;

typedef struct ZdmConstraint
{
	Oid			oid;
	char		kind;
	bool		validated;
	bool		no_inherit;
	int			ncolumns;
	int16	   *columns;
	Oid			table;			/* conrelid */
	Oid			references;		/* confrelid */
	Oid			index;
	char	   *name;
	char	   *expression;		/* pg_node_tree */
} ZdmConstraint;

typedef struct ZdmIndex
{
	Oid			oid;
	bool		unique;
	bool		primary;
	bool		valid;
	int			ncolumns;
	int16	   *columns;		/* 0 for an expression */
	char	   *name;
	char	   *expressions;	/* pg_node_tree */
	char	   *predicate;		/* pg_node_tree */
} ZdmIndex;

typedef struct ZdmSequence
{
	int32		column;
	Oid			sequence;
} ZdmSequence;

typedef struct ZdmRelation
{
	bool		found;
	char		kind;
	char		persistence;
	bool		is_partition;
	float		rows;
	int			column_numbers;
	Oid			tablespace;
	Oid			default_partition;
	Oid			index_of;
	char	   *schema;
	char	   *name;
	char	   *access_method;
	char	   *file;
	Oid		   *children;
	int			nchildren;
	ZdmColumn  *columns;
	int			ncolumns;
} ZdmRelation;

typedef struct ZdmParents
{
	Oid		   *parents;
	int			nparents;
} ZdmParents;

typedef struct ZdmConstraints
{
	ZdmConstraint *constraints;
	int			nconstraints;
} ZdmConstraints;

typedef struct ZdmIndexes
{
	ZdmIndex   *indexes;
	int			nindexes;
} ZdmIndexes;

/* What depends on a relation's columns. */
typedef struct ZdmUsers
{
	ZdmConstraint *referenced_by;	/* their columns are the referenced ones */
	int			nreferenced_by;
	ZdmSequence *sequences;
	int			nsequences;
} ZdmUsers;

/* A list of objects. */
typedef struct ZdmOids
{
	Oid		   *oids;
	int			noids;
} ZdmOids;

/* A growing array: room for one more, zeroed. */
#define ZDM_MORE(array, n) ((array) = zdm_more((array), sizeof(*(array)), &(n)), &(array)[(n) - 1])

extern void *zdm_more(void *array, Size size, int *n);

/* A scan of a catalog. */
typedef struct ZdmScan
{
	Relation	catalog;
	SysScanDesc scan;
} ZdmScan;

extern void zdm_begin_scan(ZdmScan *scan, Oid catalog, Oid index, int nkeys, ScanKey keys);
extern void zdm_begin_scan_of(ZdmScan *scan, Oid catalog, Oid index, AttrNumber column, Oid object);
extern HeapTuple zdm_next(ZdmScan *scan);
extern void zdm_end_scan(ZdmScan *scan);
extern char *zdm_text_attribute(HeapTuple tuple, Relation catalog, AttrNumber attribute);

extern ErrorData *zdm_shim_may_read_catalogs(Oid role);
extern ErrorData *zdm_shim_describe(Oid relation, ZdmRelation *result);
extern ErrorData *zdm_shim_describe_parents(Oid relation, ZdmParents *result);
extern ErrorData *zdm_shim_describe_constraints(Oid relation, ZdmConstraints *result);
extern ErrorData *zdm_shim_describe_indexes(Oid relation, ZdmIndexes *result);
extern ErrorData *zdm_shim_describe_users(Oid relation, ZdmUsers *result);
extern ErrorData *zdm_shim_type_users(Oid type, ZdmOids *result);
extern ErrorData *zdm_shim_objects(Oid catalog, const char *name, const char *schema, bool visible, ZdmOids *result);

typedef struct ZdmType
{
	bool		found;
	bool		is_domain;
	bool		constrained;	/* the domain, or one below it */
	Oid			element;
	Oid			collation;
	Oid			base;
	int32		base_typmod;
	char	   *name;
	char	   *default_tree;	/* of a domain: pg_node_tree */
} ZdmType;

extern ErrorData *zdm_shim_describe_type(Oid type, int32 typmod, ZdmType *result);

typedef struct ZdmStatistics
{
	bool		found;
	bool		has_greatest;
	double		null_fraction;
	double		distinct;
	int64		greatest;
} ZdmStatistics;

extern ErrorData *zdm_shim_statistics(Oid relation, int16 column, Oid owner, ZdmStatistics *result);

typedef struct ZdmShape
{
	bool		found;
	bool		plain;			/* classes, collations and order are those that come by themselves, no WHERE, NULLs distinct */
	int			nkeys;
	int16	   *keys;			/* 0 for an expression */
	char	   *method;
} ZdmShape;

extern ErrorData *zdm_shim_index_shape(Oid index, ZdmShape *result);
extern ErrorData *zdm_shim_index_scans(Oid index, int64 *scans);
extern ErrorData *zdm_shim_has_dependents(Oid relation, int32 column, bool views_only, bool *any);
extern ErrorData *zdm_shim_count_policies(Oid relation, int *npolicies);
extern ErrorData *zdm_shim_detach_pending(Oid parent, Oid *partition);
extern ErrorData *zdm_shim_has_publications(bool *any);

typedef struct ZdmHeldLock
{
	Oid			relation;
	uint32		modes;			/* LOCKMASK */
} ZdmHeldLock;

extern ErrorData *zdm_shim_held_locks(ZdmHeldLock **locks, int *nlocks);

#endif
