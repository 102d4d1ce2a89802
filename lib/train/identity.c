#include "train/identity.h"

#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 256 };

/* --start K or --start=K, or short for it, as getopt_long takes it: which place of the sequence a
 * stream begins at does not change the sequence. */
static json_t *without_start(const json_t *args)
{
	static const char option[] = "--start";
	json_t *rest = json_array(), *arg;
	bool value = false;
	size_t i;

	json_array_foreach(args, i, arg)
	{
		const char *text = json_is_string(arg) ? json_string_value(arg) : "";
		size_t n = strcspn(text, "=");
		bool start = n >= strlen("--st") && n < sizeof(option) && !strncmp(text, option, n);

		if (!start && !value)
			json_array_append(rest, arg);
		value = start && !text[n];
	}
	return rest;
}

json_t *rl_identity(const json_t *settings, const json_t *head)
{
	json_t *stream = json_deep_copy(head), *entry;
	size_t i;

	json_object_del(stream, "start");
	json_array_foreach(json_object_get(stream, "history"), i, entry)
	{
		const json_t *tool = json_object_get(entry, "tool");

		if (json_is_string(tool) && !strcmp(json_string_value(tool), "rl-decode"))
			json_object_set_new(entry, "args",
					    without_start(json_object_get(entry, "args")));
	}
	return json_pack("{s:O, s:o}", "settings", settings, "stream", stream);
}

char *rl_identity_text(const json_t *run)
{
	char *text = json_dumps(run, JSON_COMPACT | JSON_REAL_PRECISION(17));

	if (!text)
		rl_die("cannot format what the run is: a string is not UTF-8");
	return text;
}

char *rl_identity_of_all(const json_t *run)
{
	json_t *settings = json_copy(json_object_get(run, "settings"));

	json_object_del(settings, "val");
	char *text = rl_identity_text(settings);
	json_decref(settings);
	return text;
}

char *rl_identity_of_rank(const json_t *run)
{
	return rl_identity_text(json_object_get(json_object_get(run, "stream"), "history"));
}

/* ---- the first difference ---------------------------------------------------------------------
 */

struct difference {
	char *why;
	size_t size;
};

static char *value_text(const json_t *value)
{
	char *text =
		value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(10))
		      : NULL;

	return text ? text : rl_strdup("nothing");
}

static bool same_value(const json_t *was, const json_t *is, const char *path, struct difference *d)
{
	if (json_equal(was, is))
		return true;
	char *a = value_text(was), *b = value_text(is);
	snprintf(d->why, d->size, "of another run: %s was %.200s and is now %.200s", path, a, b);
	free(a);
	free(b);
	return false;
}

static bool same(const json_t *was, const json_t *is, const char *path, struct difference *d);

static bool same_members(json_t *was, json_t *is, const char *path, struct difference *d)
{
	char inner[PATH];
	const char *name;
	json_t *value;

	json_object_foreach(was, name, value)
	{
		snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "." : "", name);
		if (!same(value, json_object_get(is, name), inner, d))
			return false;
	}
	json_object_foreach(is, name, value)
	{
		snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "." : "", name);
		if (!json_object_get(was, name))
			return same_value(NULL, value, inner, d);
	}
	return true;
}

static bool same_items(const json_t *was, const json_t *is, const char *path, struct difference *d)
{
	char inner[PATH];

	for (size_t i = 0; i < json_array_size(was); i++) {
		snprintf(inner, sizeof(inner), "%s[%zu]", path, i);
		if (!same(json_array_get(was, i), json_array_get(is, i), inner, d))
			return false;
	}
	return true;
}

/* Lists of values are told whole: where they differ says little. */
static bool same(const json_t *was, const json_t *is, const char *path, struct difference *d)
{
	if (json_is_object(was) && json_is_object(is))
		return same_members((json_t *)was, (json_t *)is, path, d);
	if (json_is_array(was) && json_array_size(was) == json_array_size(is) &&
	    json_is_object(json_array_get(was, 0)))
		return same_items(was, is, path, d);
	return same_value(was, is, path, d);
}

bool rl_identity_agrees(const json_t *run, const char *was, const char *where, char *why,
			size_t size)
{
	json_t *before = rl_json_parse(was, strlen(was), where);
	bool agrees = same(before, run, "", &(struct difference){why, size});

	json_decref(before);
	return agrees;
}
