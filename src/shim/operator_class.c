/*
 * Operator classes that come by themselves, as an index would find them (indexcmds.c, ResolveOpClass). Only catalogs are read.
 */
#include "zdm_shim.h"

#include "commands/defrem.h"

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
			*has = OidIsValid(GetDefaultOpClass(type, found));
	}
	ZDM_RETURN_ERROR(context);
}
