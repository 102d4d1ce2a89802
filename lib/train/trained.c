#include "train/trained.h"

#include "base/err.h"

#include <string.h>

static json_t *classes_in(const struct rl_st_file *file, const char *path)
{
	const char *text = rl_json_str(file->metadata, "classes", path);
	json_t *names = rl_json_parse(text, strlen(text), path), *name;
	size_t i;

	if (!json_array_size(names))
		rl_die("%s: the model has no classes", path);
	json_array_foreach(names, i, name)
	{
		if (!json_is_string(name))
			rl_die("%s: class %zu has no name", path, i);
	}
	return names;
}

struct rl_trained rl_trained_open(const char *path, const char *const models[], const char *trainer)
{
	struct rl_trained t = {.file = rl_st_open(path)};

	if (!json_object_get(t.file->metadata, "model"))
		rl_die("%s: no model to predict with: %s makes one", path, trainer);
	const char *model = rl_json_str(t.file->metadata, "model", path);
	for (t.model = 0; models[t.model] && strcmp(models[t.model], model); t.model++)
		;
	if (!models[t.model])
		rl_die("%s: a model of %s: %s makes those to predict with here", path, model,
		       trainer);
	if (json_object_get(t.file->metadata, "state"))
		rl_die("%s: a checkpoint: predictions are made with weights.safetensors", path);
	t.classes = classes_in(t.file, path);
	return t;
}
