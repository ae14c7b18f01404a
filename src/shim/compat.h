/*
 * The differences between the supported server versions (15 to 18) that the C shim sees. The Rust side's are in src/pg_compat.rs.
 */
#ifndef ZDM_COMPAT_H
#define ZDM_COMPAT_H

#include "postgres.h"

#include "catalog/pg_namespace.h"
#include "storage/lock.h"
#include "utils/acl.h"

#if PG_VERSION_NUM < 160000
#define zdm_namespace_aclcheck(namespace, role, mode) pg_namespace_aclcheck(namespace, role, mode)
#else
#define zdm_namespace_aclcheck(namespace, role, mode) object_aclcheck(NamespaceRelationId, namespace, role, mode)
#endif

#if PG_VERSION_NUM < 170000
#define zdm_lock_held(tag, mode) LockHeldByMe(tag, mode)
#else
#define zdm_lock_held(tag, mode) LockHeldByMe(tag, mode, false)
#endif

#if PG_VERSION_NUM < 180000
#define zdm_executor_run(description, direction, count) ExecutorRun(description, direction, count, true)
#else
#define zdm_executor_run(description, direction, count) ExecutorRun(description, direction, count)
#endif

#endif
