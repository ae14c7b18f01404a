/*
 * Errors: made in Rust and raised here, or caught here and handed to Rust as data.
 */
#include "zdm_shim.h"

#include "miscadmin.h"
#include "utils/memutils.h"

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
