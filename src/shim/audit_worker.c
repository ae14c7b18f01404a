/*
 * The audit of what cannot be written down by the transaction itself: the event of a refusal, whose transaction is gone, travels to a background
 * worker. Shared memory is not ours to have (the library need not be preloaded), so whoever needs a worker makes a segment with room for some events
 * and starts one; the number of the segment is part of the worker's type (pg_stat_activity.backend_type), by which all others in the database find
 * it. Nobody waits: an event for which there is no room is counted, and is in the server's log.
 */
#include "zdm_shim.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/dsm.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "storage/procarray.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#define MAGIC 0x7a646d61
#define SLOTS 32
/* for so long a worker waits for more */
#define LINGER_MS 200
/* and for so long none is tried after one could not be started */
#define GIVE_UP_MS 1000
#define TYPE "pg_zdm audit %u"

enum SlotState
{
	SLOT_FREE,
	SLOT_FILLING,
	SLOT_FULL
};

typedef struct Slot
{
	pg_atomic_uint32 state;
	int			length;
	char		text[ZDM_AUDIT_ROOM];
} Slot;

typedef struct Queue
{
	uint32		magic;
	Oid			database;
	pg_atomic_uint32 closed;
	pg_atomic_uint32 lost;		/* events for which there was no room */
	PGPROC	   *volatile writer;
	Slot		slots[SLOTS];
} Queue;

/* the segment of the worker that was started last from here */
static dsm_handle started = 0;
static TimestampTz failed_at = 0;
/* whether the last event found a queue, but no room in it */
static bool full = false;

/* Whether the queue is open; then the event is in it, or counted. */
static bool
put(Queue *queue, const char *text, int length)
{
	for (int at = 0; at < SLOTS; at++)
	{
		Slot	   *slot = &queue->slots[at];
		uint32		expected = SLOT_FREE;
		PGPROC	   *writer;

		if (!pg_atomic_compare_exchange_u32(&slot->state, &expected, SLOT_FILLING))
			continue;
		/* the worker closes it first and then looks at the slots a last time */
		if (pg_atomic_read_u32(&queue->closed) != 0)
		{
			pg_atomic_write_u32(&slot->state, SLOT_FREE);
			return false;
		}
		memcpy(slot->text, text, length);
		slot->length = length;
		pg_write_barrier();
		pg_atomic_write_u32(&slot->state, SLOT_FULL);
		pg_memory_barrier();
		writer = queue->writer;
		if (writer != NULL)
			SetLatch(&writer->procLatch);
		return true;
	}
	if (pg_atomic_read_u32(&queue->closed) != 0)
		return false;
	pg_atomic_fetch_add_u32(&queue->lost, 1);
	full = true;
	return true;
}

static bool
put_into(dsm_handle handle, const char *text, int length)
{
	dsm_segment *segment = handle == 0 || dsm_find_mapping(handle) != NULL ? NULL : dsm_attach(handle);
	bool		done = false;

	if (segment == NULL)
		return false;
	if (dsm_segment_map_length(segment) >= sizeof(Queue))
	{
		Queue	   *queue = dsm_segment_address(segment);

		done = queue->magic == MAGIC && queue->database == MyDatabaseId && put(queue, text, length);
	}
	dsm_detach(segment);
	return done;
}

/* The same with the worker of somebody else. What is read of other processes may be old: the segment itself tells. */
static bool
put_into_another(const char *text, int length)
{
	for (uint32 at = 0; at < ProcGlobal->allProcCount; at++)
	{
		volatile PGPROC *other = &ProcGlobal->allProcs[at];
		int			pid = other->pid;
		const char *type;
		unsigned int handle;

		if (pid == 0 || other->databaseId != MyDatabaseId)
			continue;
		type = GetBackgroundWorkerTypeByPid(pid);
		if (type != NULL && sscanf(type, TYPE, &handle) == 1 && put_into(handle, text, length))
			return true;
	}
	return false;
}

static bool
start(const char *text, int length)
{
	BackgroundWorker worker;
	dsm_segment *segment = dsm_create(sizeof(Queue), DSM_CREATE_NULL_IF_MAXSEGMENTS);
	Queue	   *queue;
	dsm_handle	handle;
	bool		done;

	if (segment == NULL)
		return false;
	queue = dsm_segment_address(segment);
	handle = dsm_segment_handle(segment);
	queue->magic = MAGIC;
	queue->database = MyDatabaseId;
	queue->writer = NULL;
	pg_atomic_init_u32(&queue->closed, 0);
	pg_atomic_init_u32(&queue->lost, 0);
	for (int at = 0; at < SLOTS; at++)
		pg_atomic_init_u32(&queue->slots[at].state, SLOT_FREE);
	put(queue, text, length);

	memset(&worker, 0, sizeof(worker));
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	snprintf(worker.bgw_name, BGW_MAXLEN, "pg_zdm audit");
	snprintf(worker.bgw_type, BGW_MAXLEN, TYPE, (unsigned int) handle);
	snprintf(worker.bgw_library_name, BGW_MAXLEN, "$libdir/pg_zdm");
	snprintf(worker.bgw_function_name, BGW_MAXLEN, "zdm_audit_worker");
	worker.bgw_main_arg = UInt32GetDatum(handle);
	memcpy(worker.bgw_extra, &MyDatabaseId, sizeof(Oid));

	/* it outlives us: the client of a refusal is often gone before the worker has begun */
	dsm_pin_segment(segment);
	done = RegisterDynamicBackgroundWorker(&worker, NULL);
	if (done)
		started = handle;
	else
		dsm_unpin_segment(handle);
	dsm_detach(segment);
	return done;
}

/* Hands an event to a worker; whether one takes it. A text of no length only asks for the table to be trimmed. */
ErrorData *
zdm_shim_audit_send(const char *text, int length, bool *sent)
{
	ZDM_KEEP_ERROR;

	*sent = false;
	PG_TRY();
	{
		if (IsUnderPostmaster && !RecoveryInProgress() && length <= ZDM_AUDIT_ROOM)
		{
			bool		found;

			full = false;
			found = put_into(started, text, length) || put_into_another(text, length);
			if (!found && (failed_at == 0 || TimestampDifferenceExceeds(failed_at, GetCurrentTimestamp(), GIVE_UP_MS)))
			{
				found = start(text, length);
				failed_at = found ? 0 : GetCurrentTimestamp();
			}
			*sent = found && !full;
		}
	}
	ZDM_RETURN_ERROR(context);
}

/* The events that are there, and how many; `last` also waits for those that are being put in. */
static int
take(Queue *queue, const char **texts, bool last)
{
	int			count = 0;

	for (int at = 0; at < SLOTS; at++)
	{
		Slot	   *slot = &queue->slots[at];

		for (int tries = 0; last && tries < 1000 && pg_atomic_read_u32(&slot->state) == SLOT_FILLING; tries++)
			pg_usleep(1000);
		if (pg_atomic_read_u32(&slot->state) != SLOT_FULL)
			continue;
		pg_read_barrier();
		if (slot->length > 0)
			texts[count++] = pnstrdup(slot->text, Min(slot->length, ZDM_AUDIT_ROOM));
		pg_memory_barrier();
		pg_atomic_write_u32(&slot->state, SLOT_FREE);
	}
	return count;
}

static void
write_down(Queue *queue, ZdmAuditSink sink, MemoryContext memory, bool last)
{
	const char *texts[SLOTS];
	MemoryContext old = MemoryContextSwitchTo(memory);
	int			count = take(queue, texts, last);
	uint32		lost = pg_atomic_exchange_u32(&queue->lost, 0);

	if (count > 0 || lost > 0)
	{
		pgstat_report_activity(STATE_RUNNING, "writing zdm.audit");
		StartTransactionCommand();
		MemoryContextSwitchTo(memory);
		zdm_raise(sink(texts, count, lost));
		CommitTransactionCommand();
		pgstat_report_activity(STATE_IDLE, NULL);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(memory);
}

static void
trim_table(ZdmAuditTrim trim, MemoryContext memory)
{
	bool		more = true;

	/* bounded: the next worker goes on */
	for (int round = 0; more && round < 100; round++)
	{
		StartTransactionCommand();
		MemoryContextSwitchTo(memory);
		zdm_raise(trim(&more));
		CommitTransactionCommand();
		MemoryContextReset(memory);
		CHECK_FOR_INTERRUPTS();
	}
}

static void
unpin(int code, Datum handle)
{
	dsm_unpin_segment(DatumGetUInt32(handle));
}

/* What the process does. */
void
zdm_shim_audit_worker(Datum argument, ZdmAuditSink sink, ZdmAuditTrim trim)
{
	dsm_segment *segment;
	Queue	   *queue;
	Oid			database;
	MemoryContext memory;
	bool		closing = false;

	memcpy(&database, MyBgworkerEntry->bgw_extra, sizeof(Oid));
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	CurrentResourceOwner = ResourceOwnerCreate(NULL, "pg_zdm audit");
	segment = dsm_attach(DatumGetUInt32(argument));
	if (segment == NULL)
		return;
	before_shmem_exit(unpin, argument);
	dsm_pin_mapping(segment);
	queue = dsm_segment_address(segment);
	if (dsm_segment_map_length(segment) < sizeof(Queue) || queue->magic != MAGIC)
		return;

	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	/* nothing of the database's settings may keep it waiting or from writing */
	SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("synchronous_commit", "local", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("lock_timeout", "5s", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("statement_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("search_path", "pg_catalog, pg_temp", PGC_SUSET, PGC_S_OVERRIDE);
	memory = AllocSetContextCreate(TopMemoryContext, "pg_zdm audit", ALLOCSET_DEFAULT_SIZES);
	queue->writer = MyProc;
	pg_memory_barrier();

	while (!closing)
	{
		int			woken;

		write_down(queue, sink, memory, false);
		woken = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, LINGER_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		/* whoever closes the server need not read of us in the log */
		closing = ProcDiePending || (woken & WL_LATCH_SET) == 0;
		if (!closing)
			CHECK_FOR_INTERRUPTS();
	}
	pg_atomic_exchange_u32(&queue->closed, 1);
	queue->writer = NULL;
	if (ProcDiePending)
		return;
	write_down(queue, sink, memory, true);
	trim_table(trim, memory);
}
