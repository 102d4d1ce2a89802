/*
 * What a detector found, as text: a line an image,
 *
 *	{"key":"VOC2007/000012","height":333,"width":500,"detections":[
 *	 {"class":"dog","score":0.98,"box":[x1,y1,x2,y2],"mask":{"size":[H,W],"counts":RLE}},...]}
 *
 * with "height", "width" and "mask" where there are any, and where it is known "by", what found it:
 *
 *	{"weights": SHA-256, "view": "multi-resize=800:1333", "score": 0.05, "precision": "fp32"}
 *
 * Whoever reads such lines reads them here.
 */
#ifndef RL_DATA_FOUND_H
#define RL_DATA_FOUND_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct rl_finding {
	const char *class;
	double score;       /* finite */
	double box[4];      /* x1 y1 x2 y2 in pixels, at most 1e9, not inside out */
	const json_t *mask; /* for rl_mask_of(); NULL: none */
};

struct rl_found_line {
	const char *key;
	struct rl_finding *all;
	size_t n;
	const json_t *by; /* an object, or NULL */
	char where[512], which[600];
	json_t *json; /* what the rest points into */
};

/* Dies, naming `where` and the detection, on anything that is not as above; the mask is for later,
 * when it is known of which size. */
struct rl_found_line rl_found_parse(const char *text, size_t size, const char *where);
void rl_found_line_free(struct rl_found_line *l);

/* The i-th detection's name in messages, until the next is asked for. */
const char *rl_found_at(struct rl_found_line *l, size_t i);

/* Dies when the line says that its image is of another size; 0 is not known. */
void rl_found_check_size(const struct rl_found_line *l, int height, int width);

/* ---- lines looked up by their keys
 * ---------------------------------------------------------------
 */

struct rl_found;

/* All lines are parsed; dies on a key twice, too.  Memory is the text. */
struct rl_found *rl_found_read(const char *path);
void rl_found_free(struct rl_found *f);

/* The line of an image; false when there is none. */
bool rl_found_find(const struct rl_found *f, const char *key, struct rl_found_line *out);

/* Every class that is named anywhere, in byte order; borrowed. */
const json_t *rl_found_names(const struct rl_found *f);

#endif
