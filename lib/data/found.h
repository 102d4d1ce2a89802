/*
 * What a detector found, as text: a line an image,
 *
 *	{"key":"VOC2007/000012","height":333,"width":500,"detections":[
 *	 {"class":"dog","score":0.98,"box":[x1,y1,x2,y2],"mask":{"size":[H,W],"counts":RLE}},...]}
 *
 * with "height", "width" and "mask" where there are any, looked up by the key.  Memory is the text.
 */
#ifndef RL_DATA_FOUND_H
#define RL_DATA_FOUND_H

#include <jansson.h>

struct rl_found;

/* Dies on a line that is not JSON, without key or array of detections, and on a key twice. */
struct rl_found *rl_found_read(const char *path);
void rl_found_free(struct rl_found *f);

/* The line of an image, a new reference, and in `where` its name in messages; NULL when there is
 * none. */
json_t *rl_found_line(const struct rl_found *f, const char *key, char where[512]);

/* Every class that is named anywhere, in byte order; borrowed. */
const json_t *rl_found_names(const struct rl_found *f);

#endif
