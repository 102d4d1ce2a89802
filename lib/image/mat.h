/*
 * The class maps of the Semantic Boundaries Dataset (SBD; Hariharan et al., ICCV 2011): MATLAB 5
 * files with a structure GTcls whose field Segmentation, 8-bit, has the classes.
 *
 * A reader of our own for this one thing, because the files may be cut or worse and libmatio does
 * not survive that: version 1.5.23 dies of SIGSEGV on some prefixes of a file that is not
 * compressed and on some wrong bytes in one that is.  The format: MathWorks, "MAT-File Format", of
 * Level 5.
 */
#ifndef RL_IMAGE_MAT_H
#define RL_IMAGE_MAT_H

#include "image/image.h"

/* MATLAB's later files are HDF5, and not meant. */
bool rl_is_mat5(const uint8_t *data, size_t size);

/* As rl_png_values(). */
bool rl_mat5_values(const uint8_t *data, size_t size, int height, int width, uint16_t *values,
		    char why[RL_WHY]);

#endif
