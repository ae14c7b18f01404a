/*
 * A library that does nothing but the self-check of src/shim/selfcheck.c. With -DBROKEN it brings a palloc of its own, as the extension would if
 * libpg_query's symbols had captured its calls.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

extern void zdm_shim_self_check(void);
PGDLLEXPORT void _PG_init(void);

#ifdef BROKEN
void *
palloc(Size size)
{
	return NULL;
}

bool
errstart(int elevel, const char *domain)
{
	abort();					/* the check must not use the errstart that it sees */
}
#endif

void
_PG_init(void)
{
	zdm_shim_self_check();
}
