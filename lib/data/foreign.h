/*
 * Features that were computed elsewhere: the rows of a .npy matrix and a text that names them, as
 * samples of a feature stream.
 */
#ifndef RL_DATA_FOREIGN_H
#define RL_DATA_FOREIGN_H

#include "stream/stream.h"

/*
 * The matrix is [N,D], of <f2, <f4 or <f8 in C order, at most 4 GiB; its rows become f4 [D] in the
 * field `field`.  The list has a line for each, "PATH" or "PATH<tab>CLASS", all of one kind; blank
 * lines do not count.  The key is rl_key_from_path() of the path, the class a number from 0, which
 * becomes `label`.
 */
struct rl_foreign;

/* Reads the whole list.  Dies, naming file and line, of one that is not so, and of a matrix with
 * another number of rows. */
struct rl_foreign *rl_foreign_open(const char *matrix, const char *list, const char *field);

/* Declares the fields, and adds both files to a history's entry. */
void rl_foreign_head(const struct rl_foreign *f, json_t *head, json_t *entry);

/* The next row into *s (zero it once); false at the end.  Dies of a file that is cut or too long.
 */
bool rl_foreign_next(struct rl_foreign *f, struct rl_sample *s);

void rl_foreign_close(struct rl_foreign *f);

#endif
