/*
 * Operator classes that come by themselves, as an index would find them (indexcmds.c, ResolveOpClass). Only catalogs are read.
 */
#include "zdm_shim.h"

#include "catalog/pg_am.h"
#include "commands/defrem.h"
#include "utils/typcache.h"

/* The type cache knows it of these two methods, and is told of every change; GetDefaultOpClass reads all operator classes of the method. */
static bool
has_operator_class(Oid type, Oid method)
{
	if (method == BTREE_AM_OID)
		return OidIsValid(lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY)->btree_opf);
	if (method == HASH_AM_OID)
		return OidIsValid(lookup_type_cache(type, TYPECACHE_HASH_OPFAMILY)->hash_opf);
	return OidIsValid(GetDefaultOpClass(type, method));
}

/* Whether a type has a default operator class for an access method; not known if there is no such method. */
ErrorData *
zdm_shim_has_operator_class(Oid type, const char *method, bool *known, bool *has)
{
	ZDM_KEEP_ERROR;

	*known = false;
	*has = false;
	PG_TRY();
	{
		Oid			found = get_index_am_oid(method, true);

		*known = OidIsValid(found);
		if (*known)
			*has = has_operator_class(type, found);
	}
	ZDM_RETURN_ERROR(context);
}
