/*
 * rl-info: look into a tensor stream.
 */
#include "base/err.h"
#include "stream/stream.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct rl_tool tool = {
	.name = "rl-info",
	.synopsis = "[--head | --check] [FILE]",
	.summary = "Print one JSON line for each sample of a tensor stream: key, dtypes, shapes.",
	.example = "rl-list imagefolder photos | rl-decode | rl-info | jq -r .key",
};

static void print_sample(const struct rl_sample *s)
{
	json_t *fields = json_object();

	for (int i = 0; i < s->nfield; i++) {
		const struct rl_tensor *t = &s->field[i].tensor;
		json_t *shape = json_array();

		for (int d = 0; d < t->ndim; d++)
			json_array_append_new(shape, json_integer(t->dim[d]));
		json_object_set_new(
			fields, s->field[i].name,
			json_pack("{s:s, s:o}", "dtype", rl_dtype_name(t->type), "shape", shape));
	}
	rl_json_print(json_pack("{s:s, s:o}", "key", s->key, "fields", fields));
}

/* Nobody stands behind a file: there is no producer to wait for. */
static bool is_file(const char *path)
{
	struct stat st;

	return (strcmp(path, "-") ? stat(path, &st) : fstat(STDIN_FILENO, &st)) == 0 &&
	       S_ISREG(st.st_mode);
}

int main(int argc, char **argv)
{
	bool head = false, check = false;
	const struct rl_opt opts[] = {
		RL_OPT_FLAG("head", &head, "print the head, with the history of the data"),
		RL_OPT_FLAG("check", &check, "only verify, then print one line of totals"),
		RL_OPT_END};
	int first = rl_options(argc, argv, &tool, opts);

	if (argc - first > 1)
		rl_die_usage("%s: one file at a time", argv[first + 1]);
	if (head && check)
		rl_die_usage("--head and --check: one of them");
	const char *path = first < argc ? argv[first] : "-";

	struct rl_reader *in = rl_reader_open(path);
	struct rl_sample s = {0};
	int64_t samples = 0, bytes = 0;

	if (head)
		rl_json_print(json_deep_copy(rl_reader_head(in)));
	if (head && !is_file(path))
		rl_reader_drain(in);
	while (!head && rl_reader_next(in, &s)) {
		samples++;
		for (int i = 0; i < s.nfield; i++)
			bytes += (int64_t)rl_tensor_bytes(&s.field[i].tensor);
		if (!check)
			print_sample(&s);
	}

	if (check) {
		char hex[17];

		rl_reader_digest(in, hex);
		rl_json_print(json_pack("{s:I, s:I, s:I, s:s}", "samples", (json_int_t)samples,
					"skipped", (json_int_t)rl_reader_skipped(in), "bytes",
					(json_int_t)bytes, "xxh3_64", hex));
	}
	rl_sample_free(&s);
	rl_reader_close(in);
	return RL_EXIT_OK;
}
