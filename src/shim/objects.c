/*
 * Objects that are no relations, by their names: read by the indexes of their catalogs, without a planner. Errors are handled as in relation.c.
 */
#include "describe.h"

#include "access/htup_details.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_tablespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* A catalog, the index that has the name, and the columns of the name, of the schema or the database, if they are in one, and of the number. */
typedef struct Catalog
{
	Oid			catalog;
	Oid			index;
	AttrNumber	name;
	AttrNumber	within;
	AttrNumber	oid;
} Catalog;

static const Catalog catalogs[] = {
	{ProcedureRelationId, ProcedureNameArgsNspIndexId, Anum_pg_proc_proname, Anum_pg_proc_pronamespace, Anum_pg_proc_oid},
	{TypeRelationId, TypeNameNspIndexId, Anum_pg_type_typname, Anum_pg_type_typnamespace, Anum_pg_type_oid},
	{NamespaceRelationId, NamespaceNameIndexId, Anum_pg_namespace_nspname, 0, Anum_pg_namespace_oid},
	{AuthIdRelationId, AuthIdRolnameIndexId, Anum_pg_authid_rolname, 0, Anum_pg_authid_oid},
	{ExtensionRelationId, ExtensionNameIndexId, Anum_pg_extension_extname, 0, Anum_pg_extension_oid},
	{ForeignServerRelationId, ForeignServerNameIndexId, Anum_pg_foreign_server_srvname, 0, Anum_pg_foreign_server_oid},
	{PublicationRelationId, PublicationNameIndexId, Anum_pg_publication_pubname, 0, Anum_pg_publication_oid},
	{SubscriptionRelationId, SubscriptionNameIndexId, Anum_pg_subscription_subname, Anum_pg_subscription_subdbid, Anum_pg_subscription_oid},
	{EventTriggerRelationId, EventTriggerNameIndexId, Anum_pg_event_trigger_evtname, 0, Anum_pg_event_trigger_oid},
	{DatabaseRelationId, DatabaseNameIndexId, Anum_pg_database_datname, 0, Anum_pg_database_oid},
	{TableSpaceRelationId, TablespaceNameIndexId, Anum_pg_tablespace_spcname, 0, Anum_pg_tablespace_oid},
};

static bool
is_visible(Oid catalog, Oid object)
{
	return catalog == ProcedureRelationId ? FunctionIsVisible(object) : catalog == TypeRelationId ? TypeIsVisible(object) : true;
}

static void
list_objects(const Catalog *at, const char *name, Oid within, bool visible, ZdmOids *result)
{
	ZdmScan		scan;
	ScanKeyData keys[2];
	NameData	wanted;
	HeapTuple	tuple;

	/* a longer one would be cut off by the server */
	namestrcpy(&wanted, name);
	/* in the order of the index' columns: a schema is behind the name there, a database before it */
	if (at->catalog == SubscriptionRelationId)
	{
		ScanKeyInit(&keys[0], at->within, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(within));
		ScanKeyInit(&keys[1], at->name, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&wanted));
	}
	else
	{
		ScanKeyInit(&keys[0], at->name, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&wanted));
		ScanKeyInit(&keys[1], at->within, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(within));
	}
	zdm_begin_scan(&scan, at->catalog, at->index, OidIsValid(within) ? 2 : 1, keys);
	while (HeapTupleIsValid(tuple = zdm_next(&scan)))
	{
		bool		is_null;
		Oid			object = DatumGetObjectId(heap_getattr(tuple, at->oid, RelationGetDescr(scan.catalog), &is_null));

		if (!visible || is_visible(at->catalog, object))
			*ZDM_MORE(result->oids, result->noids) = object;
	}
	zdm_end_scan(&scan);
}

/* The objects of a name: those in a schema, or (visible) those that the name means without one, or all of the database. */
ErrorData *
zdm_shim_objects(Oid catalog, const char *name, const char *schema, bool visible, ZdmOids *result)
{
	ZDM_KEEP_ERROR;

	memset(result, 0, sizeof(*result));
	PG_TRY();
	{
		Oid			within = InvalidOid;

		AcceptInvalidationMessages();
		if (schema != NULL)
			within = get_namespace_oid(schema, true);
		else if (catalog == SubscriptionRelationId)
			within = MyDatabaseId;
		for (int i = 0; i < lengthof(catalogs) && (schema == NULL || OidIsValid(within)); i++)
			if (catalogs[i].catalog == catalog)
				list_objects(&catalogs[i], name, within, visible, result);
	}
	ZDM_RETURN_ERROR(context);
}
