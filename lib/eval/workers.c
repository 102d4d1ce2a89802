#include "eval/workers.h"

#include "base/err.h"
#include "base/progress.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct board {
	atomic_size_t next, done;
	_Alignas(64) unsigned char slot[];
};

static _Noreturn void work(struct board *b, size_t n, void (*task)(size_t, const void *, void *),
			   const void *context, size_t size, pid_t parent)
{
	/* Do not compute on for a parent that was killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(RL_EXIT_FAILURE);
	for (size_t i; (i = atomic_fetch_add(&b->next, 1)) < n;) {
		task(i, context, b->slot + i * size);
		atomic_fetch_add(&b->done, 1);
	}
	_exit(RL_EXIT_OK);
}

/* One worker is gone: how?  Ends the program unless it had simply finished. */
static void judge(int status, pid_t *pid, int n)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == RL_EXIT_OK)
		return;
	for (int i = 0; i < n; i++)
		if (pid[i])
			kill(pid[i], SIGKILL);
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status)); /* its own message is out */
	rl_die("a worker process died: %s", strsignal(WTERMSIG(status)));
}

static void watch(struct board *b, pid_t *pid, int n, struct rl_progress *progress)
{
	const struct timespec pause = {.tv_nsec = 5000000};

	for (int left = n; left;) {
		for (int i = 0; i < n; i++) {
			int status;
			pid_t got = pid[i] ? waitpid(pid[i], &status, WNOHANG) : 0;

			if (got < 0 && errno != EINTR)
				rl_die("waiting for a worker:");
			if (got <= 0)
				continue;
			pid[i] = 0;
			left--;
			judge(status, pid, n);
		}
		rl_progress_show(progress, (int64_t)atomic_load(&b->done));
		if (left)
			nanosleep(&pause, NULL);
	}
}

void rl_workers_run(const struct rl_workers *w, size_t n,
		    void (*task)(size_t, const void *, void *), const void *context, void *results,
		    size_t size)
{
	int count = (size_t)w->processes < n ? w->processes : (int)n;
	pid_t *pid = rl_calloc((size_t)count + 1, sizeof(*pid)), self = getpid();
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) ||
	    __builtin_add_overflow(bytes, sizeof(struct board), &bytes))
		rl_die("workers: %zu results of %zu bytes: too many", n, size);
	struct board *b =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b == MAP_FAILED)
		rl_die("workers: %zu bytes of shared memory:", bytes);

	struct rl_progress progress = rl_progress_start(w->unit, (int64_t)n, w->quiet);
	for (int i = 0; i < count; i++) {
		pid[i] = fork();
		if (pid[i] < 0)
			rl_die("workers: fork:"); /* those started die with us */
		if (pid[i] == 0)
			work(b, n, task, context, size, self);
	}
	watch(b, pid, count, &progress);
	rl_progress_end(&progress, (int64_t)n);

	memcpy(results, b->slot, n * size);
	munmap(b, bytes);
	free(pid);
}
