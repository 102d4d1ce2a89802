/*
 * A small font of fixed width, for labels on pictures: the printable characters of ASCII.
 */
#ifndef RL_IMAGE_FONT_H
#define RL_IMAGE_FONT_H

#include <stdbool.h>

/* A character's cell; the last two rows are below the line. */
enum { RL_FONT_WIDTH = 5, RL_FONT_HEIGHT = 9, RL_FONT_ASCENT = 7 };

/* Is there ink at (x, y) of its cell?  What the font has not is an empty frame. */
bool rl_font_ink(unsigned char c, int x, int y);

#endif
