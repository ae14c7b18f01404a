/*
 * The few frames of pg_zdm that are C.
 *
 * An ERROR that crosses from PostgreSQL into Rust is rebuilt there, and loses its CONTEXT, its position, its constraint name and every
 * SQLSTATE that pgrx does not know. Where an error must stay as it is, or must carry a SQLSTATE of our own, a C frame catches or raises it.
 * Rust sees an ErrorData pointer and never a longjmp.
 */
#ifndef ZDM_SHIM_H
#define ZDM_SHIM_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "nodes/execnodes.h"
#include "utils/elog.h"

/* A report made in Rust; NULL stands for "not given". Strings are in the server's encoding. */
typedef struct ZdmReport
{
	int			elevel;
	const char *sqlstate;		/* five characters */
	const char *message;
	const char *detail;
	const char *hint;
} ZdmReport;

/* The body of an SQL-callable function, in Rust: an error to raise, or NULL and the result. */
typedef ErrorData *(*ZdmBody) (FunctionCallInfo fcinfo, Datum *result);

extern Datum zdm_shim_call(FunctionCallInfo fcinfo, ZdmBody body);
extern void zdm_raise(ErrorData *error);
extern ErrorData *zdm_shim_error(const ZdmReport *report);
extern void zdm_shim_report(const ZdmReport *report);
extern void zdm_shim_append_hint(ErrorData *error, const char *hint);

extern ErrorData *zdm_shim_prepare(const char *sql, int nargs, Oid *types, SPIPlanPtr *plan, MemoryContext error_context);
extern ErrorData *zdm_shim_execute(SPIPlanPtr plan, Datum *values, const char *nulls, bool read_only, long limit,
								   MemoryContext error_context);
extern bool zdm_shim_where_is_volatile(SPIPlanPtr plan);
extern ErrorData *zdm_shim_temporary_relation(SPIPlanPtr plan, Oid *relation, MemoryContext error_context);
extern ErrorData *zdm_shim_planned_rows(SPIPlanPtr plan, double *rows, MemoryContext error_context);
extern ErrorData *zdm_shim_commit(MemoryContext error_context);
extern ErrorData *zdm_shim_nap(int64 milliseconds, MemoryContext error_context);
extern void zdm_shim_self_check(void);
extern ErrorData *zdm_shim_catch(MemoryContext context);
extern ErrorData *zdm_in_subtransaction(void (*work) (void *arg), void *arg, bool keep);
extern ErrorData *zdm_unanswered(ErrorData *error);

/*
 * The frame of a function that gives an error back: ZDM_KEEP_ERROR among its declarations, what may fail in PG_TRY(); { ... }, and
 * ZDM_RETURN_ERROR, which copies the error, if any, into a memory context.
 */
#define ZDM_KEEP_ERROR \
	ErrorData  *volatile error = NULL; \
	MemoryContext context = CurrentMemoryContext

#define ZDM_RETURN_ERROR(error_context) \
	PG_CATCH(); \
	{ \
		MemoryContextSwitchTo(context); \
		error = zdm_shim_catch(error_context); \
	} \
	PG_END_TRY(); \
	return error

/* check: rows.c; a value of a row */
typedef enum ZdmValueKind
{
	ZDM_VALUE_NULL,
	ZDM_VALUE_BOOL,
	ZDM_VALUE_INT,
	ZDM_VALUE_OID,
	ZDM_VALUE_INTERVAL,			/* in microseconds */
	ZDM_VALUE_TEXT
} ZdmValueKind;

typedef struct ZdmValue
{
	ZdmValueKind kind;
	int64		number;
	const char *text;			/* UTF-8, without a NUL byte at its end */
	Size		length;
} ZdmValue;

extern ErrorData *zdm_shim_put_row(ReturnSetInfo *result, const ZdmValue *values, int nvalues);

/* check: parse.c, relation.c, lookup.c */
typedef struct ZdmFunction
{
	Oid			oid;
	char		volatility;		/* pg_proc.provolatile */
	char	   *inlinable_body; /* or NULL */
} ZdmFunction;

/* the modifier of a type whose typmodin is a user's: equal to no column's */
#define ZDM_TYPMOD_UNKNOWN PG_INT32_MIN

extern ErrorData *zdm_shim_raw_parse(const char *sql);
extern ErrorData *zdm_shim_interrupts(void);
extern ErrorData *zdm_shim_expression(const char *tree, int16 **columns, int *ncolumns, char **text);
extern Oid	zdm_visible_schema(const char *schema);
extern ErrorData *zdm_shim_schema(const char *schema, bool any, Oid *oid);
extern Oid	zdm_shim_function_owner(FunctionCallInfo fcinfo);
extern ErrorData *zdm_shim_relation(const char *schema, const char *name, Oid *relation);
extern ErrorData *zdm_shim_created_here(Oid relation, bool *created);
extern ErrorData *zdm_shim_facts(const char *sql, SPIPlanPtr *plan, int nargs, Oid *types, Datum *values, Oid owner, char **text);
extern ErrorData *zdm_shim_type(const char *schema, const char *name, const int32 *modifiers, int nmodifiers, bool array, Oid *oid,
								int32 *typmod);
extern ErrorData *zdm_shim_cast(Oid from, Oid to, int *path);
extern ErrorData *zdm_shim_functions(const char *schema, const char *name, int arguments, ZdmFunction **functions, int *nfunctions);
extern ErrorData *zdm_shim_operators(const char *schema, const char *name, ZdmFunction **functions, int *nfunctions);
extern ErrorData *zdm_shim_collation(const char *schema, const char *name, Oid *collation);
extern ErrorData *zdm_shim_statistics_relation(const char *schema, const char *name, Oid *relation);
extern ErrorData *zdm_shim_setting(const char *name, char **value);
extern ErrorData *zdm_shim_creation_schema(char **name);
extern ErrorData *zdm_shim_tablespace(Oid tablespace, char **name);
extern bool zdm_shim_time_zone_is_utc(void);

/* check: planner.c */
typedef enum ZdmAnswer
{
	ZDM_NO,
	ZDM_YES,
	ZDM_CANNOT_TELL,			/* without running a user's code, or waiting for a lock */
	ZDM_NO_ANSWER				/* the server does not accept the question */
} ZdmAnswer;

/* A question that the server's own code answers, without code of a user (planner.c). */
typedef ZdmAnswer (*ZdmDecide) (const void *question);

extern ErrorData *zdm_ask(ZdmDecide decision, const void *question, bool keep, ZdmAnswer *answer);
extern ErrorData *zdm_shim_share(Oid table, const char *statement, double *kept, double *all, ZdmAnswer *answer);

extern ErrorData *zdm_shim_default_is_volatile(const char *expression, Oid type, int32 typmod, ZdmAnswer *answer);
extern ErrorData *zdm_shim_proves_not_null(Oid table, int16 attribute, ZdmAnswer *answer);
extern ErrorData *zdm_shim_proves_bound(Oid parent, Oid table, const char *bound, bool outside, ZdmAnswer *answer);
extern ErrorData *zdm_shim_same_index(Oid wanted, Oid index, ZdmAnswer *answer);
extern struct RelationData *zdm_peek(Oid relation);

/* check: operator_class.c */
extern ErrorData *zdm_shim_has_operator_class(Oid type, const char *method, bool *known, bool *has);

/* check: same_index.c */
extern ZdmAnswer zdm_same_index(Oid wanted, Oid index);

/* check: query.c; the rows of a query */
typedef struct ZdmResult
{
	bool		answered;
	int			ncolumns;
	int			nrows;
	char	  **names;
	char	  **types;
	char	  **values;			/* row by row; NULL for NULL */
} ZdmResult;

extern ErrorData *zdm_shim_query(const char *sql, int limit, ZdmResult *answer);

/* check: activity.c */
typedef struct ZdmStanding
{
	bool		found;
	bool		owns;
	bool		may_drop;
	bool		populated;
	char	   *owner;			/* or NULL */
} ZdmStanding;

extern ErrorData *zdm_shim_is_locked(Oid relation, int mode, bool *locked);
extern ErrorData *zdm_shim_has_snapshots(bool *any);
extern ErrorData *zdm_shim_has_jobs(bool *any);
extern ErrorData *zdm_shim_standing(Oid relation, ZdmStanding *standing);

/* check: disk.c */
extern int64 zdm_shim_free_space(const char *path);

/* check: probe.c */
#define ZDM_PROBE_NULL 0		/* a NULL in keys[0] */
#define ZDM_PROBE_DUPLICATES 1	/* the same keys twice */
#define ZDM_PROBE_ORPHANS 2		/* keys that are not among referenced_keys */
#define ZDM_PROBE_CONSTRAINT 3	/* a row that breaks the CHECK of this name */
#define ZDM_PROBE_EXPRESSION 4	/* a row that breaks this expression */

#define ZDM_PROBE_NOT_FOUND 0
#define ZDM_PROBE_FOUND 1
#define ZDM_PROBE_CANNOT_TELL 2

typedef struct ZdmProbe
{
	int			kind;
	Oid			root;			/* whose rights count */
	Oid			relation;		/* whose rows are read: it, or a table below it */
	const char *text;			/* the name or the expression */
	int			nkeys;
	const char *const *keys;
	Oid			referenced;
	const char *const *referenced_keys;
	TimestampTz deadline;
	int64		most;			/* so many rows are sorted at most */
} ZdmProbe;

extern ErrorData *zdm_shim_probe(const ZdmProbe *probe, int *answer, char **reason);

/* guard: guard.c */
typedef struct ZdmStatement
{
	const char *tag;			/* the command tag */
	const char *text;			/* the start of its text, or NULL when there is none at hand */
	int			length;
	int			before;			/* so many bytes of the text that it is a part of come before it */
	bool		exempt;			/* never judged, whatever it is */
	bool		alone;			/* it cannot run in a transaction block */
	bool		first;			/* nothing may have been written before it in its transaction */
	bool		farewell;		/* it drops this extension */
	Oid			relation;		/* the table of which it changes every row, or InvalidOid */
} ZdmStatement;

/* Why the hooks ask about a statement. */
typedef enum ZdmWhy
{
	ZDM_NO_EVENT,				/* it fires none */
	ZDM_EVERY_ROW,				/* it changes every row of a table */
	ZDM_DONE,					/* it has run, and something was left for then */
	ZDM_REMARK					/* it is none of the guard's business, but there is a comment that would allow something */
} ZdmWhy;

/* Judges a statement: an error to raise, or NULL. */
typedef ErrorData *(*ZdmUtilityGuard) (const ZdmStatement *statement, ZdmWhy why);

extern ErrorData *zdm_shim_statement(FunctionCallInfo fcinfo, ZdmStatement *statement);
extern ErrorData *zdm_shim_wait_at_most(int milliseconds, bool respect, bool *set);

/* guard: hook.c */
extern void zdm_shim_install_hooks(ZdmUtilityGuard judge_utility, const bool *comments);
extern void zdm_is_judged(void);
extern bool zdm_shim_owe(void);
extern int	zdm_shim_depth(void);
extern bool zdm_current_text(struct Node *tree, ZdmStatement *statement);

/* guard: at_work.c */
extern ErrorData *zdm_shim_guard_owner(Oid *owner);
extern bool zdm_guard_keeps_out(void);
extern bool zdm_guard_stands(void);

/* guard: every_row.c */
extern bool zdm_changes_everything(struct Plan *plan);

/* guard: allow.c */
extern ErrorData *zdm_shim_may_allow(Oid role, bool *may);
extern ErrorData *zdm_shim_claim(uint32 id, bool beyond, bool *claimed);
extern ErrorData *zdm_shim_hand_over_claims(void);
extern int	zdm_shim_claims(uint32 *ids, int room);
extern void zdm_watch_claims(void);
extern bool zdm_stands_alone(struct Node *tree);
extern bool zdm_comes_first(struct Node *tree);

/* guard, check: own_table.c */
extern ErrorData *zdm_shim_guard_state(char *mode, int size);
extern ErrorData *zdm_shim_session_is_exempt(bool *exempt);
extern ErrorData *zdm_shim_has_allowances(bool *any);

/* A row of zdm.rule_policy; a relation of InvalidOid stands for NULL. */
typedef struct ZdmPolicy
{
	Oid			relation;
	char	   *rule;
	char	   *risk;
	char	   *reason;
} ZdmPolicy;

extern ErrorData *zdm_shim_policies(ZdmPolicy **policies, int *npolicies);

extern void zdm_shim_guc_detail(const char *detail);

/* audit: audit.c */
typedef struct ZdmWho
{
	const char *at;				/* ISO 8601, in UTC */
	const char *session_user;
	const char *current_user;
	const char *client_addr;	/* or NULL */
	const char *application;	/* or NULL */
	int			pid;
} ZdmWho;

typedef enum ZdmAuditTable
{
	ZDM_AUDIT_GONE,				/* there is none */
	ZDM_AUDIT_BUSY,				/* it cannot be written to now, or not in this transaction */
	ZDM_AUDIT_READY
} ZdmAuditTable;

/* Writes what is pending: an error to raise, or NULL. */
typedef ErrorData *(*ZdmAuditCommit) (void);

/* Forgets what is pending of a subtransaction, or all of it. */
typedef void (*ZdmAuditForget) (uint32 subtransaction);
typedef void (*ZdmAuditMove) (uint32 subtransaction, uint32 parent);

extern ErrorData *zdm_shim_audit_who(ZdmWho *who);
extern ErrorData *zdm_shim_audit_table(ZdmAuditTable *state, Oid *owner);
extern void zdm_shim_audit_log(const char *line);
extern uint32 zdm_shim_subtransaction(void);
extern void zdm_shim_audit_install(ZdmAuditCommit commit, ZdmAuditForget forget_it, ZdmAuditMove move);

/* audit: audit_worker.c; the longest text of an event */
#define ZDM_AUDIT_ROOM 12288

/* Writes these down: an error to raise, or NULL. */
typedef ErrorData *(*ZdmAuditSink) (const char *const *texts, int count, uint32 lost);
typedef ErrorData *(*ZdmAuditTrim) (bool *more);

extern ErrorData *zdm_shim_audit_send(const char *text, int length, bool *sent);
extern void zdm_shim_audit_worker(Datum argument, ZdmAuditSink sink, ZdmAuditTrim trim);

#endif
