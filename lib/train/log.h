/*
 * A run's log, DIR/log.jsonl: one JSON object a line.  Who has it open has the directory: a second
 * trainer is refused.
 */
#ifndef RL_TRAIN_LOG_H
#define RL_TRAIN_LOG_H

#include "base/json.h"

struct rl_log;

/* Makes the directory if need be.  The first `bytes` bytes of an old log are kept and gone on
 * from. */
struct rl_log *rl_log_open(const char *dir, int64_t bytes);

void rl_log_line(struct rl_log *l, json_t *line); /* steals line */
int64_t rl_log_sync(struct rl_log *l);            /* bytes so far, now safe on the disk */
void rl_log_close(struct rl_log *l);

#endif
