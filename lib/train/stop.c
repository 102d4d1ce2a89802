#include "train/stop.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

static const int signals[] = {SIGINT, SIGTERM};

/* A handler has no other way to know; and it runs in whichever thread the signal finds. */
static atomic_bool asked;
static _Atomic(sem_t *) wake;

static void set(void (*handler)(int))
{
	struct sigaction new = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &new, NULL);
}

static void ask(int signal)
{
	int error = errno;

	(void)signal;
	asked = true;
	set(SIG_DFL);
	sem_post(wake);
	errno = error;
}

void rl_stop_listen(sem_t *s)
{
	wake = s;
	set(ask);
}

bool rl_stop_asked(void)
{
	return asked;
}

bool rl_stop_asked_soon(void)
{
	for (int ms = 0; !asked && ms < 1000; ms++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return asked;
}

void rl_stop_end(void)
{
	set(SIG_DFL);
}
