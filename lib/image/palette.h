/*
 * Colours for classes.
 */
#ifndef RL_IMAGE_PALETTE_H
#define RL_IMAGE_PALETTE_H

#include <stddef.h>
#include <stdint.h>

/* VOC's, of label maps: the bits of an index, three at a time, become the high bits of red, green
 * and blue.  0, the background, is black. */
void rl_palette_voc(uint8_t palette[256 * 3]);

/* Bright ones, those of neighbouring numbers far apart: hues at the golden angle. */
void rl_palette_bright(size_t number, uint8_t rgb[3]);

#endif
