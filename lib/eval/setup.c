#include "eval/setup.h"

#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "nn/safetensors.h"

#include <string.h>

static void set_count(json_t *o, const char *name, int64_t n)
{
	if (n > 0)
		json_object_set_new(o, name, json_integer(n));
}

json_t *rl_view_of(const json_t *history)
{
	json_t *all = NULL, *entry;
	size_t i;

	json_array_foreach(history, i, entry)
	{
		const char *view = json_string_value(json_object_get(entry, "view"));
		const char *before = all ? json_string_value(all) : "";

		if (!view)
			continue;
		json_t *longer = json_sprintf("%s%s%s", before, *before && *view ? " " : "", view);
		json_decref(all);
		all = longer;
	}
	return all;
}

/* The entry of the last program that ran a network. */
static const json_t *network_entry(const json_t *history)
{
	const json_t *last = NULL;
	size_t i;
	json_t *entry;

	json_array_foreach(history, i, entry)
	{
		if (json_object_get(entry, "network"))
			last = entry;
	}
	return last;
}

json_t *rl_setup(int64_t train_images, int64_t test_images, int64_t classes,
		 const json_t *train_history, const json_t *test_history)
{
	const json_t *entry = network_entry(test_history);
	const json_t *seed = json_object_get(entry, "random_init");
	json_t *data = json_object();

	set_count(data, "train_images", train_images);
	set_count(data, "test_images", test_images);
	set_count(data, "classes", classes);
	json_t *setup = json_pack("{s:o, s:{s:o*, s:o*}, s:O*}", "data", data, "views", "train",
				  rl_view_of(train_history), "test", rl_view_of(test_history),
				  "network", json_object_get(entry, "network"));
	if (seed)
		json_object_set_new(setup, "pretraining", json_pack("{s:O}", "random_init", seed));
	else if (json_object_get(entry, "pretraining"))
		json_object_set(setup, "pretraining", json_object_get(entry, "pretraining"));
	return setup;
}

json_t *rl_setup_of_streams(const json_t *train, const json_t *test, int64_t classes)
{
	return rl_setup(json_integer_value(json_object_get(train, "samples")),
			json_integer_value(json_object_get(test, "samples")), classes,
			json_object_get(train, "history"), json_object_get(test, "history"));
}

/* The object of that name in another, there from now on. */
static json_t *object_in(json_t *o, const char *name)
{
	json_t *inner = json_object_get(o, name);

	if (!inner)
		json_object_set_new(o, name, inner = json_object());
	return inner;
}

/* What the weights say, with how the test images were seen (stolen; NULL: not known) and counts. */
static json_t *setup_in(const char *path, json_t *test_view, int64_t test_images, int64_t classes)
{
	json_t *setup = json_object(), *data;

	if (path) {
		struct rl_st_file *f = rl_st_open(path);
		const char *text = rl_json_str(f->metadata, "setup", path);

		json_decref(setup);
		setup = rl_json_parse(text, strlen(text), path);
		rl_st_close(f);
		if (!json_is_object(setup))
			rl_die("%s: its setup is not an object", path);
	}
	if (test_view)
		json_object_set_new(object_in(setup, "views"), "test", test_view);
	data = object_in(setup, "data");
	set_count(data, "test_images", test_images);
	set_count(data, "classes", classes);
	return setup;
}

json_t *rl_setup_of_detector(const char *path, const json_t *by, int64_t test_images,
			     int64_t classes)
{
	static const char where[] = "detections: by";
	char sha256[65];

	if (path && by) {
		rl_file_sha256(path, sha256);
		if (strcmp(rl_json_str(by, "weights", where), sha256))
			rl_die("%s: the detections are of other weights", path);
	}
	return setup_in(path, by ? json_string(rl_json_str(by, "view", where)) : NULL, test_images,
			classes);
}

/* Of the last entry that the tool made; NULL when there is none. */
static const json_t *inputs_of(const json_t *history, const char *tool)
{
	const json_t *inputs = NULL;
	size_t i;
	json_t *entry;

	json_array_foreach(history, i, entry)
	{
		const char *name = json_string_value(json_object_get(entry, "tool"));

		if (name && !strcmp(name, tool))
			inputs = json_object_get(entry, "inputs");
	}
	return inputs;
}

static bool among(const json_t *inputs, const char *path)
{
	char sha256[65];
	size_t i;
	json_t *input;

	rl_file_sha256(path, sha256);
	json_array_foreach(inputs, i, input)
	{
		const char *hash = json_string_value(json_object_get(input, "sha256"));

		if (hash && !strcmp(hash, sha256))
			return true;
	}
	return false;
}

json_t *rl_setup_of_segmenter(const char *path, const json_t *history, int64_t test_images,
			      int64_t classes)
{
	const json_t *inputs = inputs_of(history, "rl-segment");

	if (path && inputs && !among(inputs, path))
		rl_die("%s: the predictions are of other weights", path);
	return setup_in(path, rl_view_of(history), test_images, classes);
}
