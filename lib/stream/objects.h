/*
 * The objects of a manifest's record: boxes, their classes and flags, and perhaps masks.
 */
#ifndef RL_STREAM_OBJECTS_H
#define RL_STREAM_OBJECTS_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_objects {
	size_t count;
	float *boxes; /* [count,4]: x1 y1 x2 y2 */
	int32_t *classes;
	uint8_t *ignore;
	char *masks; /* JSON text, an array with one for each; NULL: there are none */
};

/* From the members "boxes", "classes", "ignore" and "masks" of a line.  Dies naming `where` unless
 * they are arrays of one length, the corners of each box finite and in their order, the classes
 * below nclass. */
struct rl_objects rl_objects_parse(const json_t *line, size_t nclass, const char *where);
void rl_objects_free(struct rl_objects *o);

#endif
