/*
 * Refuses to load a library whose palloc is not the backend's.
 *
 * libpg_query holds a copy of parts of the backend. If the link bound our calls to that copy, pgrx would allocate from an allocator that
 * was never initialised and the first error would take the cluster down. So the very first thing after loading is to ask which file holds
 * the palloc that we see. In a broken build errstart and errfinish are the copy's too: they are looked up in the main program.
 */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "zdm_shim.h"

void
zdm_shim_self_check(void)
{
	void	   *main_program = dlopen(NULL, RTLD_NOW | RTLD_NOLOAD);
	void	   *backend_palloc = main_program != NULL ? dlsym(main_program, "palloc") : NULL;
	bool		(*backend_errstart) (int, const char *);
	void		(*backend_errfinish) (const char *, int, const char *);
	int			(*backend_errcode) (int);
	int			(*backend_errmsg) (const char *, ...);
	int			(*backend_errdetail) (const char *, ...);
	int			(*backend_errhint) (const char *, ...);

	if (backend_palloc == (void *) palloc && backend_palloc != NULL)
	{
		dlclose(main_program);
		return;
	}

	backend_errstart = dlsym(main_program, "errstart");
	backend_errfinish = dlsym(main_program, "errfinish");
	backend_errcode = dlsym(main_program, "errcode");
	backend_errmsg = dlsym(main_program, "errmsg");
	backend_errdetail = dlsym(main_program, "errdetail");
	backend_errhint = dlsym(main_program, "errhint");
	if (backend_errstart(ERROR, NULL))
	{
		backend_errcode(MAKE_SQLSTATE('5', '8', 'P', '0', '1'));
		backend_errmsg("could not load pg_zdm: the library was linked against the wrong memory allocator");
		backend_errdetail("Its palloc is not the server's; running it would crash the server.");
		backend_errhint("Build it with \"make\", which keeps the parser's symbols apart, and install it again.");
		backend_errfinish(__FILE__, __LINE__, __func__);
	}
}
