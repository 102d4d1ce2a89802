#include "report/provenance.h"

#include "base/err.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_SHOWN = 12 }; /* digits of a SHA-256 */

static void add(json_t *set, json_t *value)
{
	if (rl_json_index(set, value) == json_array_size(set))
		json_array_append(set, value);
	json_decref(value);
}

static const char *string_of(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void collect(const json_t *o, json_t *inputs, json_t *seeds)
{
	static const char *const seed[] = {"seed", "random_init"};
	const char *path = string_of(o, "path"), *sha256 = string_of(o, "sha256");
	const char *digest = string_of(o, "digest"), *keys = string_of(o, "keys_xxh3_64"), *member;
	size_t i;
	json_t *v;

	if (path && sha256)
		add(inputs, json_sprintf("%s %.*s", base_name(path), HASH_SHOWN, sha256));
	else if (path && digest)
		add(inputs, json_sprintf("%s %.*s", base_name(path), 2 * HASH_SHOWN, digest));
	if (keys)
		add(inputs, json_sprintf("image keys %.*s", 2 * HASH_SHOWN, keys));
	for (size_t k = 0; k < RL_LEN(seed); k++) {
		const json_t *value = json_object_get(o, seed[k]);

		if (json_is_integer(value))
			add(seeds,
			    json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value)));
	}
	json_object_foreach((json_t *)o, member, v) collect(v, inputs, seeds);
	json_array_foreach(o, i, v) collect(v, inputs, seeds);
}

/* ---- commands ---------------------------------------------------------------------------------
 */

static void print_word(FILE *f, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "@%_+=:,./-";

	if (*word && strspn(word, plain) == strlen(word)) {
		fputs(word, f);
		return;
	}
	fputc('\'', f);
	for (; *word; word++)
		*word == '\'' ? (void)fputs("'\\''", f) : (void)fputc(*word, f);
	fputc('\'', f);
}

/* Of a history's entry. */
static void add_command(json_t *commands, const json_t *entry)
{
	const char *tool = string_of(entry, "tool");
	char *text;
	size_t n, i;
	json_t *arg;

	if (!tool)
		return;
	FILE *f = open_memstream(&text, &n);
	if (!f)
		rl_die("out of memory");
	print_word(f, tool);
	json_array_foreach(json_object_get(entry, "args"), i, arg)
	{
		fputc(' ', f);
		print_word(f, json_is_string(arg) ? json_string_value(arg) : "?");
	}
	fclose(f);
	add(commands, json_string(text));
	free(text);
}

static const json_t *last(const json_t *history)
{
	return json_array_get(history, json_array_size(history) - 1);
}

json_t *rl_provenance(const json_t *result)
{
	const json_t *p = json_object_get(result, "provenance");
	json_t *inputs = json_array(), *seeds = json_array(), *commands = json_array();

	collect(p, inputs, seeds);
	add_command(commands, last(p));
	add_command(commands, last(json_object_get(p, "train")));
	add_command(commands, last(json_object_get(p, "test")));
	add_command(commands, json_object_get(p, "command"));
	return json_pack("{s:o, s:o, s:o}", "inputs", inputs, "seeds", seeds, "commands", commands);
}
