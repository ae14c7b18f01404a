/*
 * The differences between the supported server versions (15 to 18) that the C shim sees. The Rust side's are in src/pg_compat.rs.
 */
#ifndef ZDM_COMPAT_H
#define ZDM_COMPAT_H

#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/guc_tables.h"

#if PG_VERSION_NUM < 160000
#define zdm_namespace_aclcheck(namespace, role, mode) pg_namespace_aclcheck(namespace, role, mode)
#else
#define zdm_namespace_aclcheck(namespace, role, mode) object_aclcheck(NamespaceRelationId, namespace, role, mode)
#endif

#if PG_VERSION_NUM < 160000
#define zdm_map_by_name(in, out) build_attrmap_by_name(in, out)
#else
#define zdm_map_by_name(in, out) build_attrmap_by_name(in, out, false)
#endif

#if PG_VERSION_NUM < 170000
#define zdm_lock_held(tag, mode) LockHeldByMe(tag, mode)
#else
#define zdm_lock_held(tag, mode) LockHeldByMe(tag, mode, false)
#endif

/* Lists in the server's cache are found by a hash; before, each search walked through all of them (catcache.c, SearchCatCacheList). */
#define zdm_cache_lists_are_hashed (PG_VERSION_NUM >= 160000)

/* Runs `what` for each lock (`held`, a PROCLOCK) in a partition of a process' list; the partition is locked. */
#if PG_VERSION_NUM < 160000
#define zdm_each_lock(proc, partition, what) \
	do { \
		SHM_QUEUE  *queue = &(proc)->myProcLocks[partition]; \
		PROCLOCK   *held = (PROCLOCK *) SHMQueueNext(queue, queue, offsetof(PROCLOCK, procLink)); \
		for (; held != NULL; held = (PROCLOCK *) SHMQueueNext(queue, &held->procLink, offsetof(PROCLOCK, procLink))) \
			what; \
	} while (0)
#else
#define zdm_each_lock(proc, partition, what) \
	do { \
		dlist_iter	place; \
		dlist_foreach(place, &(proc)->myProcLocks[partition]) \
		{ \
			PROCLOCK   *held = dlist_container(PROCLOCK, procLink, place.cur); \
			what; \
		} \
	} while (0)
#endif

/* Where the value of a setting comes from. */
static inline GucSource
zdm_setting_source(const char *name)
{
#if PG_VERSION_NUM < 160000
	for (int i = 0; i < GetNumConfigOptions(); i++)
	{
		if (strcmp(get_guc_variables()[i]->name, name) == 0)
			return get_guc_variables()[i]->source;
	}
	return PGC_S_DEFAULT;
#else
	return find_option(name, false, false, ERROR)->source;
#endif
}

/* generated columns that are computed when they are read */
#if PG_VERSION_NUM < 180000
#define zdm_is_virtual(generated) false
#else
#define zdm_is_virtual(generated) ((generated) == ATTRIBUTE_GENERATED_VIRTUAL)
#endif

#if PG_VERSION_NUM < 180000
#define zdm_executor_run(description, direction, count) ExecutorRun(description, direction, count, true)
#else
#define zdm_executor_run(description, direction, count) ExecutorRun(description, direction, count)
#endif

#endif
