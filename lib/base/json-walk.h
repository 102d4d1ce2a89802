/*
 * A JSON object of long arrays, such as the annotations of a data set, or such an array, an element
 * at a time: it is parsed in one pass, and no more than one element is held as a tree.
 */
#ifndef RL_BASE_JSON_WALK_H
#define RL_BASE_JSON_WALK_H

#include <jansson.h>
#include <stddef.h>

struct rl_json_walk {
	/* An element of the array that is the object's member `member`, or "" of an array that is
	 * no member; index counts from 0.  `where` names it in messages. */
	void (*element)(void *context, const char *member, size_t index, const json_t *element,
			const char *where);
	void *context;
};

/* Members that are not arrays are checked to be JSON and passed over.  Dies naming `where` (a file)
 * when the text is not an object, a member comes twice or anything follows. */
void rl_json_walk(const char *text, size_t size, const char *where, const struct rl_json_walk *w);

/* The same of an array: [element, ...]. */
void rl_json_walk_array(const char *text, size_t size, const char *where,
			const struct rl_json_walk *w);

#endif
