/*
 * The room that is left on a disk. Nothing here can raise an error.
 */
#include "zdm_shim.h"

#include <sys/statvfs.h>

/* The bytes that are left to the server on the disk of a file; -1 when it cannot be told. */
int64
zdm_shim_free_space(const char *path)
{
	struct statvfs disk;

	if (statvfs(path, &disk) != 0)
		return -1;
	return (int64) disk.f_bavail * (int64) disk.f_frsize;
}
