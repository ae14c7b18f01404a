/*
 * The strong locks of this session, out of its own list in shared memory: a walk over them alone, where pg_locks copies those of all sessions. (The
 * backend's local table would tell without any lock of its own, but only servers built with assertions give it out.)
 *
 * Locks of ShareLock and above are always in that list: the fast path is for weaker ones (lock.c, EligibleForRelationFastPath).
 */
#include "describe.h"
#include "compat.h"

#include "access/transam.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "storage/lwlock.h"
#include "storage/proc.h"

#define ZDM_STRONG_LOCKS \
	(LOCKBIT_ON(ShareLock) | LOCKBIT_ON(ShareRowExclusiveLock) | LOCKBIT_ON(ExclusiveLock) | LOCKBIT_ON(AccessExclusiveLock))

/* One lock of the list, if it is wanted: noted while there is room, and counted in any case. */
static void
note_lock(PROCLOCK *held, ZdmHeldLock *locks, int room, int *n)
{
	LOCKTAG    *tag = &held->tag.myLock->tag;

	if (tag->locktag_type != LOCKTAG_RELATION || tag->locktag_lockmethodid != DEFAULT_LOCKMETHOD ||
		tag->locktag_field1 != MyDatabaseId || tag->locktag_field2 < FirstNormalObjectId || (held->holdMask & ZDM_STRONG_LOCKS) == 0)
		return;
	if (*n < room)
	{
		locks[*n].relation = tag->locktag_field2;
		locks[*n].modes = held->holdMask & ZDM_STRONG_LOCKS;
	}
	(*n)++;
}

/* Walks over the list; gives the number of locks, of which the first `room` are noted. Nothing in here can fail while a partition is locked. */
static int
note_locks(ZdmHeldLock *locks, int room)
{
	int			n = 0;

	for (int i = 0; i < NUM_LOCK_PARTITIONS; i++)
	{
		LWLockAcquire(LockHashPartitionLockByIndex(i), LW_SHARED);
		zdm_each_lock(MyProc, i, note_lock(held, locks, room, &n));
		LWLockRelease(LockHashPartitionLockByIndex(i));
	}
	return n;
}

/* The relations of this database that the session has locked so that readers or writers wait, with the modes (a bit for each LOCKMODE). */
ErrorData *
zdm_shim_held_locks(ZdmHeldLock **locks, int *nlocks)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		int			room = 64;

		*locks = palloc(sizeof(ZdmHeldLock) * room);
		/* nobody but this session takes locks for it, so the second time there is room */
		while ((*nlocks = note_locks(*locks, room)) > room)
		{
			room = *nlocks;
			*locks = repalloc(*locks, sizeof(ZdmHeldLock) * room);
		}
	}
	ZDM_RETURN_ERROR(context);
}
