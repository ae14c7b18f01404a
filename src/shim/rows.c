/*
 * Rows of a result. The values come from Rust as they are and become datums here, all of a row in one frame that catches errors.
 */
#include "zdm_shim.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

/* The most columns of our functions. */
#define ZDM_COLUMNS 32

/* A text in UTF-8, up to its first NUL byte, as a text in the server's encoding. */
static Datum
text_datum(const char *text, Size length)
{
	int			size = (int) strnlen(text, Min(length, MaxAllocSize));
	char	   *converted = pg_any_to_server(text, size, PG_UTF8);

	return PointerGetDatum(converted == text ? cstring_to_text_with_len(text, size) : cstring_to_text(converted));
}

/* Adds a row of a set-returning function in materialize mode. */
ErrorData *
zdm_shim_put_row(ReturnSetInfo *result, const ZdmValue *values, int nvalues)
{
	ZDM_KEEP_ERROR;

	PG_TRY();
	{
		Datum		datums[ZDM_COLUMNS];
		bool		nulls[ZDM_COLUMNS];

		/* there may be millions */
		CHECK_FOR_INTERRUPTS();
		if (nvalues != result->setDesc->natts || nvalues > ZDM_COLUMNS)
			elog(ERROR, "a row has %d values for %d columns", nvalues, result->setDesc->natts);
		for (int i = 0; i < nvalues; i++)
		{
			const ZdmValue *value = &values[i];
			Interval   *interval;

			nulls[i] = value->kind == ZDM_VALUE_NULL;
			datums[i] = (Datum) 0;
			switch (value->kind)
			{
				case ZDM_VALUE_NULL:
					break;
				case ZDM_VALUE_BOOL:
					datums[i] = BoolGetDatum(value->number != 0);
					break;
				case ZDM_VALUE_INT:
					datums[i] = Int32GetDatum((int32) value->number);
					break;
				case ZDM_VALUE_OID:
					datums[i] = ObjectIdGetDatum((Oid) value->number);
					break;
				case ZDM_VALUE_INTERVAL:
					interval = palloc0(sizeof(Interval));
					interval->time = value->number;
					datums[i] = IntervalPGetDatum(interval);
					break;
				case ZDM_VALUE_TEXT:
					datums[i] = text_datum(value->text, value->length);
					break;
			}
		}
		tuplestore_putvalues(result->setResult, result->setDesc, datums, nulls);
	}
	ZDM_RETURN_ERROR(context);
}
