/*
 * Rows of pictures: of each line of a file an image and those that go with it.
 *
 *	{"key":A,"place":[x1,y1,x2,y2],"neighbours":[[B,similarity,[x1,y1,x2,y2]],...]}   rl-knn
 *	{"key":A,"box":[x1,y1,x2,y2],"images":[{"key":B,"box":[...],"e":E},...]} rl-discover
 *
 * Places are cut out, with half their side more around them; boxes are framed on the whole image;
 * of neighbours without places there is the image.  They count pixels, or where the line has a
 * "grid":[W,H] the cells of W by H over each image.
 */
#ifndef RL_DATA_LINEUP_H
#define RL_DATA_LINEUP_H

#include "image/resize.h"
#include "image/sheet.h"
#include "stream/stream.h"

struct rl_lineup;

enum { RL_LINEUP_COLUMNS = 11 };

/* At most `columns` pictures of each line; of 0, as many as the longest has, but at most
 * RL_LINEUP_COLUMNS.  Dies, naming the line, on anything that is not as above, and when there is no
 * line. */
struct rl_lineup *rl_lineup_read(const char *path, int columns);
int rl_lineup_columns(const struct rl_lineup *l);

/* An image of the stream: what is wanted of it is drawn, at most `tile` pixels a side.  Memory is
 * that of the pictures alone. */
void rl_lineup_show(struct rl_lineup *l, struct rl_sample *s, int tile, struct rl_resizer *r);

/* All of them, row by row; a row that is shorter is filled.  Dies, naming it, when an image has not
 * been shown. */
void rl_lineup_add(struct rl_lineup *l, struct rl_sheet *sheet);
void rl_lineup_free(struct rl_lineup *l);

#endif
