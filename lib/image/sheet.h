/*
 * A contact sheet: images in rows and columns, each with a caption below.
 */
#ifndef RL_IMAGE_SHEET_H
#define RL_IMAGE_SHEET_H

#include "image/image.h"

struct rl_sheet;

/* Columns `tile` pixels wide. */
struct rl_sheet *rl_sheet_new(int tile);

/* Takes the image, which must be no wider.  The end of a caption that is too long is kept.  Dies
 * when there are more pixels than RL_MAX_PIXELS. */
void rl_sheet_add(struct rl_sheet *s, struct rl_image im, const char *caption);

/* All of them, so many in a row (0: about as many as rows), white between.  False,
 * and why says so, when that would be too large. */
bool rl_sheet_image(const struct rl_sheet *s, int columns, struct rl_image *out, char why[RL_WHY]);
void rl_sheet_free(struct rl_sheet *s);

#endif
