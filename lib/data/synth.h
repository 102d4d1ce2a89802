/*
 * The synthetic world: labelled pictures for demonstrations and tests, as many as wanted and free
 * of anybody's rights.  A picture is a pure function of the seed, its number and its size.
 */
#ifndef RL_DATA_SYNTH_H
#define RL_DATA_SYNTH_H

#include "image/image.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Which categories of things there are, numbered 0..count-1 in the order of their names. */
enum { RL_SYNTH_CATEGORIES = 12 };

struct rl_synth_cast {
	int count;
	int member[RL_SYNTH_CATEGORIES];
};

/* Those of the names, with commas between, each once; NULL for all.  An unknown one exits 2. */
struct rl_synth_cast rl_synth_cast(const char *names);
const char *rl_synth_category(const struct rl_synth_cast *cast, int c);
const char *rl_synth_supercategory(const struct rl_synth_cast *cast, int c);

enum { RL_SYNTH_OBJECTS = 5, RL_SYNTH_VOID = 255 };

struct rl_synth_object {
	int category;
	int box[4];     /* x0 y0 x1 y1 of the visible pixels, from 0, x1 and y1 exclusive */
	int64_t area;   /* visible pixels */
	bool truncated; /* the frame cuts it */
	bool difficult; /* mostly hidden, or tiny, or a crowd */
	bool crowd;     /* several small ones together, annotated as one */
};

struct rl_synth_scene {
	struct rl_image image;
	uint8_t *ids; /* [H,W]: 0 background, k object k-1, RL_SYNTH_VOID too hidden to be listed */
	int nobject;
	struct rl_synth_object objects[RL_SYNTH_OBJECTS];
	int quality; /* of the JPEG, 60 to 95 */
};

enum { RL_SYNTH_ANY = -1 };

/* Picture `number` of the world `seed` and its cast.  With RL_SYNTH_ANY it has one to four objects;
 * with a category one large object of it.  Sides from 32 to 4096 pixels. */
void rl_synth_draw(struct rl_synth_scene *s, uint64_t seed, int64_t number, int width, int height,
		   const struct rl_synth_cast *cast, int category);
void rl_synth_free(struct rl_synth_scene *s);

/* The visible pixels of an object in COCO's terms: polygons around all of them (holes are cut open,
 * so that the polygons cover exactly the mask), or run lengths down the columns. */
json_t *rl_synth_polygons(const struct rl_synth_scene *s, int object);
json_t *rl_synth_rle(const struct rl_synth_scene *s, int object);

/* What a data set is made of: pictures 0..train-1 to learn from, train..train+val-1 to test on. */
struct rl_synth_set {
	const char *dir; /* exists and is empty */
	uint64_t seed;
	int64_t train, val;
	int width, height;
	struct rl_synth_cast cast;
	int year;           /* of VOC */
	double green_shift; /* see image/lens.h */
	bool quiet;
};

/* Write it in the layout of PASCAL VOC (dir/VOC<year>), of COCO 2017, or as class folders; of these
 * also with things to be discovered, each category one and the same object, and with nothing but
 * noise, in one class. */
void rl_synth_write_voc(const struct rl_synth_set *set);
void rl_synth_write_coco(const struct rl_synth_set *set);
void rl_synth_write_imagefolder(const struct rl_synth_set *set);
void rl_synth_write_planted(const struct rl_synth_set *set);
void rl_synth_write_noise(const struct rl_synth_set *set);

#endif
