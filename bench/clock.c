/*
 * clock REPORT COMMAND [ARGUMENT ...]: run a command and say in the file REPORT what it took.
 *
 * {"seconds":wall clock,"cpu_seconds":of it and all its children,"peak_kib":resident memory of the
 * largest process among them}.  Exits as the command does.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int main(int argc, char **argv)
{
	struct rusage use;
	int status;

	if (argc < 3) {
		fputs("usage: clock REPORT COMMAND [ARGUMENT ...]\n", stderr);
		return RL_EXIT_USAGE;
	}
	double start = rl_now();
	pid_t child = fork();
	if (child < 0)
		rl_die("fork:");
	if (!child) {
		execvp(argv[2], argv + 2);
		rl_die("%s: run:", argv[2]);
	}
	if (wait4(child, &status, 0, &use) < 0)
		rl_die("%s: wait:", argv[2]);
	double wall = rl_now() - start;

	json_t *o = json_pack("{s:f, s:f, s:I}", "seconds", wall, "cpu_seconds",
			      seconds(use.ru_utime) + seconds(use.ru_stime), "peak_kib",
			      (json_int_t)use.ru_maxrss);
	if (json_dump_file(o, argv[1], JSON_COMPACT))
		rl_die("%s: write:", argv[1]);
	json_decref(o);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
