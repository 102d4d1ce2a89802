/*
 * What a run is: everything that its outcome depends on, as one JSON object.  A run that goes on
 * from a checkpoint must be the one that wrote it.
 */
#ifndef RL_TRAIN_IDENTITY_H
#define RL_TRAIN_IDENTITY_H

#include "base/json.h"

/* Of the settings of the trainer, an object, and the head of its stream: where the stream starts is
 * left out.  New reference. */
json_t *rl_identity(const json_t *settings, const json_t *head);

/* What all ranks of a job have in common: the settings, but for --val, which is rank 0's. */
char *rl_identity_of_all(const json_t *run);
/* What no two of them have: the programs that made the stream, with their arguments and inputs. */
char *rl_identity_of_rank(const json_t *run);

/* As text that keeps every bit of a number. */
char *rl_identity_text(const json_t *run);

/* Whether `was`, such a text from `where`, is the same run; if not, `why` names the first
 * difference. */
bool rl_identity_agrees(const json_t *run, const char *was, const char *where, char *why,
			size_t size);

#endif
