/*
 * Reading a catalog by one of its indexes, and keeping what was read.
 */
#include "describe.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

/* Begins a scan under the catalogs' own snapshot: what is committed now. Without an index the whole catalog is read. */
void
zdm_begin_scan(ZdmScan *scan, Oid catalog, Oid index, int nkeys, ScanKey keys)
{
	scan->catalog = table_open(catalog, AccessShareLock);
	scan->scan = systable_beginscan(scan->catalog, index, OidIsValid(index), NULL, nkeys, keys);
}

/* Begins a scan of the rows that belong to an object: those with its number in a column that is the first of the index. */
void
zdm_begin_scan_of(ZdmScan *scan, Oid catalog, Oid index, AttrNumber column, Oid object)
{
	ScanKeyData key;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object));
	zdm_begin_scan(scan, catalog, index, 1, &key);
}

/* The next row; it is valid until the one after it, and to the end of the scan. */
HeapTuple
zdm_next(ZdmScan *scan)
{
	return systable_getnext(scan->scan);
}

void
zdm_end_scan(ZdmScan *scan)
{
	systable_endscan(scan->scan);
	table_close(scan->catalog, AccessShareLock);
}

/* See ZDM_MORE. */
void *
zdm_more(void *array, Size size, int *n)
{
	if (array == NULL)
		array = palloc(size * 8);
	else if (*n >= 8 && (*n & (*n - 1)) == 0)
		array = repalloc(array, mul_size(size, mul_size(*n, 2)));
	memset((char *) array + size * *n, 0, size);
	(*n)++;
	return array;
}

/* A column of a catalog that may be NULL, as text. */
char *
zdm_text_attribute(HeapTuple tuple, Relation catalog, AttrNumber attribute)
{
	bool		is_null;
	Datum		value = heap_getattr(tuple, attribute, RelationGetDescr(catalog), &is_null);

	return is_null ? NULL : TextDatumGetCString(value);
}
