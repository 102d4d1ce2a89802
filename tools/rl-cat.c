/*
 * rl-cat: concatenate tensor streams; select fields, take a slice, convert to and from .npy.
 */
#include "base/err.h"
#include "data/foreign.h"
#include "stream/stack.h"
#include "stream/stream.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-cat",
	.synopsis = "[options] [FILE...]",
	.summary = "Concatenate tensor streams; select fields, take a slice, convert to and from "
		   ".npy.",
	.example = "rl-cat --fields avgpool --slice 0:100 features.tar > small.tar",
};

struct config {
	const char *fields;
	const char *slice;
	const char *npy;
	const char *import, *list, *field, *grid;
	int64_t first, last; /* the slice, half open */
};

/* FIRST:LAST, either end may be left out. */
static void parse_slice(struct config *c)
{
	char *text = rl_strdup(c->slice ? c->slice : ":"), *colon = strchr(text, ':');

	if (!colon)
		rl_die_usage("--slice: %s: must be FIRST:LAST", text);
	*colon = '\0';
	c->first = *text ? rl_parse_int(text, 0, INT64_MAX, "--slice") : 0;
	c->last = colon[1] ? rl_parse_int(colon + 1, c->first, INT64_MAX, "--slice") : INT64_MAX;
	free(text);
}

/* The position of name in the comma-separated list, NULL when it is not there. */
static const char *in_list(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, name, n) && (p[n] == ',' || !p[n]))
			return p;
	return NULL;
}

static void select_in_head(json_t *head, const char *list, const char *where)
{
	json_t *fields = json_object_get(head, "fields"), *field;
	char *copy = rl_strdup(list), *rest = copy, *want;
	const char *name;
	void *tmp;

	while ((want = strsep(&rest, ",")))
		if (!rl_head_has_field(head, want))
			rl_die("%s: no field %.40s", where, want);
	json_object_foreach_safe(fields, tmp, name, field) if (!in_list(list, name))
		rl_head_drop_field(head, name);
	free(copy);
}

static void select_in_sample(struct rl_sample *s, const char *list)
{
	for (int i = s->nfield; i-- > 0;)
		if (!in_list(list, s->field[i].name))
			rl_sample_drop(s, s->field[i].name);
}

/* The first input's head speaks for all; what the others say of their past is kept in our entry of
 * the history. */
static json_t *make_head(const struct config *c, struct rl_reader **in, char **paths, int n,
			 int argc, char **argv)
{
	json_t *head = json_deep_copy(rl_reader_head(in[0]));
	json_t *entry = rl_head_history(head, &tool, argc, argv);
	json_t *others = json_array();

	for (int i = 1; i < n; i++) {
		const json_t *other = rl_reader_head(in[i]);

		if (!rl_heads_agree(rl_reader_head(in[0]), other))
			rl_die("%s: does not fit to %s: kind or fields differ", paths[i], paths[0]);
		json_array_append(others, json_object_get(other, "history"));
	}
	if (n > 1)
		json_object_set(entry, "appended", others);
	json_decref(others);
	if (n > 1 || c->slice) {
		json_object_del(head, "samples");
		json_object_del(head, "epochs");
		json_object_del(head, "start");
	}
	if (c->fields)
		select_in_head(head, c->fields, paths[0]);
	return head;
}

/* Features from elsewhere, as a stream. */
static void import(const struct config *c, int argc, char **argv)
{
	struct rl_foreign_wish wish = {
		.matrix = c->import, .list = c->list, .field = c->field ? c->field : "avgpool"};

	if (c->grid)
		rl_parse_pair(c->grid, 'x', 1, 4096, "--grid", &wish.across, &wish.down);
	struct rl_foreign *f = rl_foreign_open(&wish);
	json_t *head = rl_foreign_head(f, &tool, argc, argv);
	struct rl_writer *out = rl_writer_new(STDOUT_FILENO, "stdout", head);
	struct rl_sample s = {0};
	while (rl_foreign_next(f, &s))
		rl_writer_put(out, &s);
	rl_writer_close(out, 0);
	rl_sample_free(&s);
	rl_foreign_close(f);
}

int main(int argc, char **argv)
{
	struct config c = {0};
	const struct rl_opt opts[] = {
		RL_OPT_STR("fields", &c.fields, "A,B,...", "keep only these fields"),
		RL_OPT_STR("slice", &c.slice, "FIRST:LAST", "samples FIRST to LAST - 1, from 0"),
		RL_OPT_STR("npy", &c.npy, "FIELD", "write this field of all as one .npy array"),
		RL_OPT_STR("import", &c.import, "FILE.npy",
			   "read features from elsewhere, a row a sample, instead"),
		RL_OPT_STR("list", &c.list, "FILE",
			   "of --import: a line a row, PATH or PATH<tab>CLASS"),
		RL_OPT_STR("field", &c.field, "NAME",
			   "of --import: what the features are called; avgpool if not given"),
		RL_OPT_STR("grid", &c.grid, "WxH",
			   "of --import: each image has so many patches across and down"),
		RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);
	char *standard_input[] = {"-"};
	char **paths = first < argc ? argv + first : standard_input;
	int n = first < argc ? argc - first : 1;

	parse_slice(&c);
	if (c.npy && c.fields)
		rl_die_usage("--npy and --fields: one of them");
	if (!c.import != !c.list)
		rl_die_usage("--import and --list: one needs the other");
	if ((c.field || c.grid) && !c.import)
		rl_die_usage("--field and --grid are for --import");
	if (c.import) {
		if (first < argc || c.npy || c.fields || c.slice)
			rl_die_usage("--import: nothing else can be done at the same time");
		import(&c, argc, argv);
		return RL_EXIT_OK;
	}

	struct rl_reader **in = rl_calloc((size_t)n, sizeof(struct rl_reader *));
	for (int i = 0; i < n; i++)
		in[i] = rl_reader_open(paths[i]);
	json_t *head = make_head(&c, in, paths, n, argc, argv);
	struct rl_writer *out = NULL;
	struct rl_stack *stack = NULL;
	if (!c.npy)
		out = rl_writer_new(STDOUT_FILENO, "stdout", head);
	else if (rl_head_has_field(head, c.npy))
		stack = rl_stack_new(STDOUT_FILENO, "stdout");
	else
		rl_die("%s: no field %.40s", paths[0], c.npy);

	/* Past the slice, reading goes on: the inputs are verified, and their producers do not die
	 * of a closed pipe. */
	struct rl_sample s = {0};
	int64_t at = 0, skipped = 0;
	for (int i = 0; i < n; i++) {
		for (; rl_reader_next(in[i], &s); at++) {
			if (at < c.first || at >= c.last)
				continue;
			if (c.npy)
				rl_stack_add(stack, &rl_sample_find(&s, c.npy)->tensor, s.key);
			if (c.fields)
				select_in_sample(&s, c.fields);
			if (!c.npy)
				rl_writer_put(out, &s);
		}
		skipped += rl_reader_skipped(in[i]);
		rl_reader_close(in[i]);
	}

	if (c.npy) {
		rl_stack_finish(stack);
		json_decref(head);
	} else {
		rl_writer_close(out, skipped);
	}
	rl_sample_free(&s);
	free(in);
	return RL_EXIT_OK;
}
