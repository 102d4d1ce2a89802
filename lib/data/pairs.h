/*
 * The field `pairs` of patches: rows of first, second and label, where the second lies as seen from
 * the first, row by row of the 3 x 3 places without the middle.
 */
#ifndef RL_DATA_PAIRS_H
#define RL_DATA_PAIRS_H

#include <stdint.h>

/* Dies, naming `where`, when the numbered pair is of a patch that is not among so many, or its
 * label is none. */
void rl_pair_check(const int32_t pair[3], int64_t number, int64_t patches, const char *where);

#endif
