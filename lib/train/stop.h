/*
 * SIGINT and SIGTERM as a wish to stop: the trainer takes it at the next good moment, with its work
 * saved.  The second one kills as usual.
 */
#ifndef RL_TRAIN_STOP_H
#define RL_TRAIN_STOP_H

#include <semaphore.h>
#include <stdbool.h>

/* From now on; a signal also posts `wake`, so that nobody sleeps through it.  What was ignored
 * before (as SIGINT is in a shell's background jobs) stays so. */
void rl_stop_listen(sem_t *wake);
bool rl_stop_asked(void);

/* Asked now or within a moment: an interrupt reaches the programs of a pipe one after another, so
 * that those before this one may end first. */
bool rl_stop_asked_soon(void);
void rl_stop_end(void); /* signals kill again */

#endif
