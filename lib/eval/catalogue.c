#include "eval/catalogue.h"

#include "base/err.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

void rl_catalogue_add_image(struct rl_catalogue *c, const char *key, int height, int width,
			    const char *where)
{
	char *name = rl_strdup(rl_last_component(key));

	if (rl_dict_add(&c->image_at, name, strlen(name), c->nimage) != RL_DICT_NONE)
		rl_die("%s: two images are called %s", where, name);
	c->images = rl_grown(c->images, c->nimage, sizeof(*c->images));
	c->images[c->nimage++] = (struct rl_catalogue_image){name, height, width};
}

void rl_catalogue_add_class(struct rl_catalogue *c, const char *name, const char *where)
{
	char *copy = rl_strdup(name);

	if (rl_dict_add(&c->class_at, copy, strlen(copy), c->nclass) != RL_DICT_NONE)
		rl_die("%s: two classes are called %s", where, name);
	c->classes = rl_grown(c->classes, c->nclass, sizeof(*c->classes));
	c->classes[c->nclass++] = copy;
}

size_t rl_catalogue_image(const struct rl_catalogue *c, const char *key, const char *where)
{
	const char *name = rl_last_component(key);
	size_t at = rl_dict_find(&c->image_at, name, strlen(name));

	if (at == RL_DICT_NONE)
		rl_die("%s: the ground truth has no image %s", where, name);
	return at;
}

size_t rl_catalogue_class(const struct rl_catalogue *c, const char *name, const char *where)
{
	size_t at = rl_dict_find(&c->class_at, name, strlen(name));

	if (at == RL_DICT_NONE)
		rl_die("%s: the ground truth has no class %s", where, name);
	return at;
}

void rl_catalogue_free(struct rl_catalogue *c)
{
	for (size_t i = 0; i < c->nimage; i++)
		free(c->images[i].name);
	for (size_t i = 0; i < c->nclass; i++)
		free(c->classes[i]);
	free(c->images);
	free(c->classes);
	rl_dict_free(&c->image_at);
	rl_dict_free(&c->class_at);
	*c = (struct rl_catalogue){0};
}
