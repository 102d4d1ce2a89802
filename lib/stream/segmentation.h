/*
 * The member "segmentation" of a manifest's record: where the classes of the image's pixels are,
 * and what the values there mean.
 *
 *	"segmentation":{"path":".../000012.png","names":["background","aeroplane",...],
 *	 "relabel":[255,255,0,1,...]}
 *
 * A pixel's value is the number of its class, or with "relabel" that array's entry of this place;
 * 255 is none.
 */
#ifndef RL_STREAM_SEGMENTATION_H
#define RL_STREAM_SEGMENTATION_H

#include "base/json.h"

#include <stddef.h>
#include <stdint.h>

enum { RL_NO_CLASS = 255 };

/* What is the same in all records. */
struct rl_segmentation {
	json_t *names;     /* an array of at most 255 strings; NULL: there is no such member */
	json_t *relabel;   /* as it stands there, or NULL */
	uint8_t *class_of; /* [values] */
	size_t values;     /* any other but 255 is an error */
};

/* From the first record's member; dies naming `where` when it is wrong. */
struct rl_segmentation rl_segmentation_parse(const json_t *member, const char *where);

/* The path in any record's, which must say the same but for that, else dies; a new string.  Where
 * the first has no such member, nothing is compared. */
char *rl_segmentation_path(const struct rl_segmentation *s, const json_t *member,
			   const char *where);

/* The classes of n values.  Returns the place of the first that is no class, or n. */
size_t rl_segmentation_classes(const struct rl_segmentation *s, const uint16_t *values, size_t n,
			       uint8_t *classes);

void rl_segmentation_free(struct rl_segmentation *s);

#endif
