/*
 * A box in JSON: four numbers, whether two corners or a corner and a size; and the grid that it
 * counts in where it does not count pixels.
 */
#ifndef RL_STREAM_BOX_H
#define RL_STREAM_BOX_H

#include <jansson.h>
#include <stdint.h>

#define RL_BOX_FAR 1e9 /* pixels: areas are still exact enough to compare */

/* Dies, naming `where` and `what`, unless it is four numbers of at most RL_BOX_FAR. */
void rl_box_parse(const json_t *list, double out[4], const char *what, const char *where);

/* Dies unless two corners are in order: a box may be empty, but not inside out. */
void rl_box_check_corners(const double corner[4], const char *where);

/* Cells across and down; dies, naming `where`, unless it is two whole numbers from 1. */
void rl_grid_parse(const json_t *list, int64_t out[2], const char *where);

#endif
