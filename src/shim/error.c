/*
 * Errors: made in Rust and raised here, or caught here and handed to Rust as data.
 */
#include "zdm_shim.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

static int
sqlstate_code(const char *sqlstate)
{
	return MAKE_SQLSTATE(sqlstate[0], sqlstate[1], sqlstate[2], sqlstate[3], sqlstate[4]);
}

/* Raises an error that Rust has returned, if it has. */
void
zdm_raise(ErrorData *error)
{
	if (error == NULL)
		return;
	/* an error that was caught has its place in the source and its CONTEXT already; one of our own gets them now */
	if (error->filename != NULL)
		ReThrowError(error);
	ThrowErrorData(error);
}

/* Calls the Rust body of an SQL function and raises what it returns. No Rust frame is left when the error is raised. */
Datum
zdm_shim_call(FunctionCallInfo fcinfo, ZdmBody body)
{
	Datum		result = (Datum) 0;

	zdm_raise(body(fcinfo, &result));
	return result;
}

/* An ErrorData of level ERROR from a report; allocated in the current memory context. */
ErrorData *
zdm_shim_error(const ZdmReport *report)
{
	ErrorData  *error = palloc0(sizeof(ErrorData));

	error->elevel = ERROR;
	error->sqlerrcode = sqlstate_code(report->sqlstate);
	error->message = pstrdup(report->message);
	if (report->detail != NULL)
		error->detail = pstrdup(report->detail);
	if (report->hint != NULL)
		error->hint = pstrdup(report->hint);
	error->assoc_context = CurrentMemoryContext;
	return error;
}

/*
 * Raises a report of a level below ERROR, and returns. errfinish ends with CHECK_FOR_INTERRUPTS, which would raise a pending cancel here and jump
 * over the Rust frames that called us: interrupts are held back, the next wait or commit sees them.
 */
void
zdm_shim_report(const ZdmReport *report)
{
	HOLD_INTERRUPTS();
	ereport(report->elevel,
			(errcode(sqlstate_code(report->sqlstate)),
			 errmsg_internal("%s", report->message),
			 report->detail != NULL ? errdetail_internal("%s", report->detail) : 0,
			 report->hint != NULL ? errhint("%s", report->hint) : 0,
	/* what goes to the log only says itself how much of the statement may be read there */
			 report->elevel == LOG ? errhidestmt(true) : 0));
	RESUME_INTERRUPTS();
}

/* Adds a sentence to the HINT of an error. */
void
zdm_shim_append_hint(ErrorData *error, const char *hint)
{
	MemoryContext old = MemoryContextSwitchTo(error->assoc_context);

	error->hint = error->hint == NULL ? pstrdup(hint) : psprintf("%s\n%s", error->hint, hint);
	MemoryContextSwitchTo(old);
}

/* For PG_CATCH: copies the error into `context`, ends error processing. The caller rolls back its subtransaction. */
ErrorData *
zdm_shim_catch(MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	ErrorData  *error = CopyErrorData();

	FlushErrorState();
	MemoryContextSwitchTo(old);
	return error;
}

/*
 * Runs `work` in a subtransaction, which is kept or taken back in the end, and in memory that goes with it; an error takes it back, too, and is given
 * back, in the current memory context. That is for work that may raise an ERROR which is no error of ours.
 */
ErrorData *
zdm_in_subtransaction(void (*work) (void *arg), void *arg, bool keep)
{
	ErrorData  *volatile error = NULL;
	volatile bool begun = false;
	MemoryContext context = CurrentMemoryContext;
	MemoryContext scratch = AllocSetContextCreate(context, "pg_zdm subtransaction", ALLOCSET_DEFAULT_SIZES);
	ResourceOwner owner = CurrentResourceOwner;

	PG_TRY();
	{
		BeginInternalSubTransaction(NULL);
		begun = true;
		MemoryContextSwitchTo(scratch);
		work(arg);
		if (keep)
		{
			ReleaseCurrentSubTransaction();
			begun = false;
		}
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = zdm_shim_catch(context);
	}
	PG_END_TRY();
	if (begun)
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	MemoryContextDelete(scratch);
	return error;
}

/*
 * Of an error that a question met: what has to go on, since it says nothing of what was asked (a cancel, a shutdown, a lack of memory or of room). Any
 * other is an answer, and is given back.
 */
ErrorData *
zdm_unanswered(ErrorData *error)
{
	int			category;

	if (error == NULL)
		return NULL;
	category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
	if (category == ERRCODE_OPERATOR_INTERVENTION || category == ERRCODE_INSUFFICIENT_RESOURCES)
		return error;
	FreeErrorData(error);
	return NULL;
}
