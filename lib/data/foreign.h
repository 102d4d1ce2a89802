/*
 * Features that were computed elsewhere: the rows of a .npy matrix and a text that names them, as
 * samples of a feature stream.
 */
#ifndef RL_DATA_FOREIGN_H
#define RL_DATA_FOREIGN_H

#include "stream/stream.h"

/*
 * The matrix is [N,D], of <f2, <f4 or <f8 in C order, at most 4 GiB; its rows become f4 [D] in the
 * field `field`.  With a grid it is [N,M,D], the patches of each image row by row, such as the
 * tokens of a vision transformer; then that is f4 [M,D], and the cells of the grid, not pixels, are
 * `places`, as the head says; their number down and across is `size` (see train/dense.h).
 *
 * The list has a line for each of N, "PATH" or "PATH<tab>CLASS", all of one kind; blank lines do
 * not count.  The key is rl_key_from_path() of the path, the class a number from 0, which becomes
 * `label`.
 */
struct rl_foreign;

struct rl_foreign_wish {
	const char *matrix, *list, *field;
	int64_t across, down; /* the grid; 0: none */
};

/* Reads the whole list.  Dies, naming file and line, of one that is not so or has a key twice, and
 * of a matrix with another number of rows.  The strings of the wish are borrowed. */
struct rl_foreign *rl_foreign_open(const struct rl_foreign_wish *wish);

/* A head that declares the fields; both files are in its history's entry of the tool. */
json_t *rl_foreign_head(const struct rl_foreign *f, const struct rl_tool *tool, int argc,
			char **argv);

/* The next row into *s (zero it once); false at the end.  Dies of a file that is cut or too long,
 * and of a number that as f4 is not finite. */
bool rl_foreign_next(struct rl_foreign *f, struct rl_sample *s);

void rl_foreign_close(struct rl_foreign *f);

#endif
