/*
 * Direct reads of the catalogs ask for no right, as a query would. So that they are what the owner of our function may do and nothing more, this is
 * asked before the first of them. Errors are handled as in relation.c.
 */
#include "describe.h"

#include "catalog/pg_am.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

static const Oid catalogs[] = {
	AccessMethodRelationId, AttrDefaultRelationId, AttributeRelationId, ConstraintRelationId, DependRelationId, IndexRelationId, InheritsRelationId,
	NamespaceRelationId, OperatorClassRelationId, PartitionedRelationId, PolicyRelationId, PublicationRelationId, RelationRelationId,
	TableSpaceRelationId, TypeRelationId
};

/* Refuses, in the words of a query, when the role may not read one of the catalogs that we read directly. */
ErrorData *
zdm_shim_may_read_catalogs(Oid role)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		AcceptInvalidationMessages();
		if (!superuser_arg(role))
			for (int i = 0; i < lengthof(catalogs); i++)
				if (pg_class_aclcheck(catalogs[i], role, ACL_SELECT) != ACLCHECK_OK)
					aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, get_rel_name(catalogs[i]));
	}
	ZDM_RETURN_ERROR(context);
}
