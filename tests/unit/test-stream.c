/*
 * lib/stream: tensors and samples, names, and the reader and writer through real descriptors.
 * What a hostile stream does is in tests/filters/stream.t.
 */
#include "base/err.h"
#include "stream/stream.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct rl_tool tool = {"test-stream", "", "", ""};

/* ---- tensors and samples ----------------------------------------------------------------------
 */

static void count_too_much(void *dims)
{
	struct rl_tensor t = {.type = RL_F8, .ndim = 3};

	memcpy(t.dim, dims, 3 * sizeof(t.dim[0]));
	rl_tensor_bytes(&t);
}

static void test_tensors(void)
{
	enum rl_dtype type;
	bool same = true;

	for (int t = RL_U1; t <= RL_JSON; t++)
		same = same && rl_dtype_parse(rl_dtype_name((enum rl_dtype)t), &type) &&
		       (int)type == t;
	ok(same && !rl_dtype_parse("f2", &type), "dtypes have names");

	struct rl_tensor t = {.type = RL_F4, .ndim = 2, .dim = {3, 5}};
	ok(rl_tensor_count(&t) == 15 && rl_tensor_bytes(&t) == 60, "a matrix has 15 numbers");
	t.ndim = 0;
	ok(rl_tensor_count(&t) == 1 && rl_tensor_bytes(&t) == 4, "a scalar has one");
	t.ndim = 2, t.dim[0] = 0;
	ok(rl_tensor_count(&t) == 0, "an empty array none");
	ok(dies(count_too_much, (int64_t[]){1LL << 40, 1LL << 40, 1}, 1, "does not fit"),
	   "a product that overflows dies");
	ok(dies(count_too_much, (int64_t[]){1LL << 31, 1LL << 31, 1}, 1, "does not fit"),
	   "so do bytes that overflow");
	ok(dies(count_too_much, (int64_t[]){2, -3, 1}, 1, "does not fit"), "and a negative size");
}

static void get(void *name)
{
	struct rl_sample s = {0};

	rl_sample_set_key(&s, "a/b");
	rl_sample_make(&s, "label", RL_I4, 0, NULL);
	rl_sample_get(&s, name, RL_F4, 1);
}

static void make_too_many(void *arg)
{
	struct rl_sample s = {0};
	char name[16];

	(void)arg;
	for (int i = 0; i <= RL_MAXFIELD; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		rl_sample_make(&s, name, RL_I4, 0, NULL);
	}
}

static void make(void *name)
{
	struct rl_sample s = {0};

	rl_sample_make(&s, name, RL_U1, 7, (int64_t[]){1, 1, 1, 1, 1, 1, 1});
}

static void test_samples(void)
{
	struct rl_sample s = {0};
	void *image, *label;

	rl_sample_make(&s, "image", RL_U1, 3, (int64_t[]){4, 5, 3});
	*(int32_t *)rl_sample_make(&s, "label", RL_I4, 0, NULL)->data = 7;
	image = s.field[0].tensor.data, label = s.field[1].tensor.data;
	ok((uintptr_t)image % 64 == 0 && (uintptr_t)label % 64 == 0, "memory is aligned");
	rl_sample_make(&s, "image", RL_U1, 3, (int64_t[]){2, 5, 3});
	ok(s.nfield == 2 && s.field[0].tensor.data == image && s.field[0].tensor.dim[0] == 2,
	   "a smaller shape keeps memory and place");

	/* What a filter does that turns one field into another. */
	rl_sample_make(&s, "patches", RL_U1, 1, (int64_t[]){100});
	rl_sample_drop(&s, "image");
	rl_sample_drop(&s, "nothing");
	ok(s.nfield == 2 && !strcmp(s.field[0].name, "label") &&
		   !strcmp(s.field[1].name, "patches") && !rl_sample_find(&s, "image"),
	   "a dropped field is gone, the others keep their order");
	ok(*(int32_t *)rl_sample_get(&s, "label", RL_I4, 0)->data == 7, "and their data");
	s.nfield = 0;
	ok(rl_sample_make(&s, "image", RL_U1, 1, (int64_t[]){60})->data == image &&
		   rl_sample_make(&s, "label", RL_I4, 0, NULL)->data == label,
	   "the next round finds the same memory");
	int fields[RL_MAXFIELD];
	for (int i = s.nfield; i < RL_MAXFIELD; i++) {
		char name[16];

		snprintf(name, sizeof(name), "f%d", i);
		*(int32_t *)rl_sample_make(&s, name, RL_I4, 0, NULL)->data = fields[i] = i;
	}
	bool all = true;
	for (int i = 2; i < RL_MAXFIELD; i++)
		all = all && *(int32_t *)s.field[i].tensor.data == fields[i];
	ok(all && s.nfield == RL_MAXFIELD, "%d fields fit", RL_MAXFIELD);

	rl_sample_free(&s);

	int32_t borrowed = 5;
	struct rl_sample b = {.nfield = 1};
	strcpy(b.field[0].name, "label");
	b.field[0].tensor = (struct rl_tensor){.type = RL_I4, .data = &borrowed};
	*(int32_t *)rl_sample_make(&b, "label", RL_I4, 0, NULL)->data = 6;
	ok(borrowed == 5, "somebody else's memory is never written to");
	rl_sample_free(&b);

	ok(dies(get, "labels", 1, "sample a/b: no field labels"), "a field that is not there");
	ok(dies(get, "label", 1, "field label is i4 with 0 dimensions, not f4 with 1"),
	   "a field of another type");
	ok(dies(make_too_many, NULL, 1, "more than 32 fields"), "a field too many");
	ok(dies(make, "x", 1, "7 dimensions"), "a dimension too many");
	ok(dies(make, "a2345678901234567890123456789012", 1, "longer than 31 bytes"),
	   "a name too long");
}

/* ---- keys -------------------------------------------------------------------------------------
 */

static void make_key(void *path)
{
	rl_key_from_path(path);
}

static void test_keys(void)
{
	static const struct {
		const char *path, *key;
	} t[] = {
		{"x.jpg", "x"},
		{"a/b/x.JPEG", "a/b/x"},
		{"./a/x.jpg", "a/x"},
		{"/data/x.jpg", "data/x"},
		{"//a//./b/x", "a/b/x"},
		{"../a b/x.1.jpg", "%2E%2E/a b/x%2E1"},
		{"a.d/x", "a%2Ed/x"},
		{".hidden", "%2Ehidden"},
		{"a/..", "a/%2E%2E"},
		{"50%.jpg", "50%25"},
		{"a\nb.jpg", "a%0Ab"},
		{"k\xc3\xa4se.jpg", "k\xc3\xa4se"},
		{"k\xe4se.jpg", "k%E4se"},
		{"\xed\xa0\x80", "%ED%A0%80"},
		{"\xc0\xaf", "%C0%AF"},
		{"\xf4\x90\x80\x80", "%F4%90%80%80"},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
		{"a/", "a"},
	};

	for (size_t i = 0; i < RL_LEN(t); i++) {
		char *key = rl_key_from_path(t[i].path);

		if (!ok(!strcmp(key, t[i].key), "key %zu: %s", i, t[i].key))
			diag("got %s", key);
		free(key);
	}
	ok(dies(make_key, "", 1, "empty key"), "no key without a name");
	ok(dies(make_key, "./", 1, "empty key"), "nor for the directory itself");
	ok(dies(make_key, "__rl__/head.json", 1, "reserved"), "nor in the reserved directory");
}

/* ---- writer and reader ------------------------------------------------------------------------
 */

static int temporary(void)
{
	FILE *f = tmpfile();
	int fd = f ? dup(fileno(f)) : -1;

	if (fd < 0)
		rl_die("temporary file:");
	fclose(f);
	return fd;
}

static json_t *head_of_images(void)
{
	json_t *head = rl_head_new("images");

	rl_head_field(head, "image", RL_U1, 3, (int64_t[]){-1, -2, 3},
		      (const char *const[]){"H", "W"});
	rl_head_field(head, "label", RL_I4, 0, NULL, NULL);
	rl_head_field(head, "note", RL_JSON, 0, NULL, NULL);
	return head;
}

static void fill(struct rl_sample *s, const char *key, int side)
{
	rl_sample_set_key(s, key);
	struct rl_tensor *image = rl_sample_make(s, "image", RL_U1, 3, (int64_t[]){side, side, 3});
	memset(image->data, side, rl_tensor_bytes(image));
	*(int32_t *)rl_sample_make(s, "label", RL_I4, 0, NULL)->data = side;
	memcpy(rl_sample_make(s, "note", RL_JSON, 1, (int64_t[]){2})->data, "{}", 2);
}

/* Sides that end below, at and above the reader's buffer, its reads and a tar block; keys that end
 * below, at and above what a ustar header holds. */
static const int sides[] = {0, 1, 7, 12, 13, 64, 73, 74, 75, 292, 600};
static const int key_lengths[] = {1, 88, 89, 90, 91, 250, 3999, 4000};

static void write_images(int fd, int64_t skipped)
{
	struct rl_writer *w = rl_writer_new(fd, "out", head_of_images());
	struct rl_sample s = {0};

	for (size_t i = 0; i < RL_LEN(sides); i++) {
		char key[4001];
		int n = key_lengths[i % RL_LEN(key_lengths)];

		memset(key, 'k', sizeof(key));
		key[n] = '\0';
		fill(&s, key, sides[i]);
		rl_writer_put(w, &s);
	}
	rl_writer_close(w, skipped);
	rl_sample_free(&s);
}

static bool same_images(struct rl_reader *r)
{
	struct rl_sample s = {0};
	bool same = true;

	for (size_t i = 0; i < RL_LEN(sides) && same; i++) {
		same = rl_reader_next(r, &s) == 1 && s.nfield == 3 &&
		       (int)strlen(s.key) == key_lengths[i % RL_LEN(key_lengths)];
		if (!same)
			break;
		struct rl_tensor *image = rl_sample_get(&s, "image", RL_U1, 3);
		size_t bytes = rl_tensor_bytes(image);
		for (size_t j = 0; j < bytes; j++)
			same = same && ((uint8_t *)image->data)[j] == (uint8_t)sides[i];
		same = same && image->dim[0] == sides[i] &&
		       *(int32_t *)rl_sample_get(&s, "label", RL_I4, 0)->data == sides[i] &&
		       !memcmp(rl_sample_get(&s, "note", RL_JSON, 1)->data, "{}", 2);
	}
	rl_sample_free(&s);
	return same;
}

static void test_round_trip(void)
{
	int fd = temporary(), again = temporary();
	char once[17], twice[17];
	struct stat st, st2;
	struct rl_sample s = {0};

	write_images(fd, 2);
	write_images(again, 2);
	fstat(fd, &st);
	fstat(again, &st2);
	char *a = rl_malloc((size_t)st.st_size), *b = rl_malloc((size_t)st.st_size);
	ok(st.st_size == st2.st_size && pread(fd, a, (size_t)st.st_size, 0) == st.st_size &&
		   pread(again, b, (size_t)st.st_size, 0) == st.st_size &&
		   !memcmp(a, b, (size_t)st.st_size),
	   "equal data are equal bytes");
	free(a), free(b);

	lseek(fd, 0, SEEK_SET);
	struct rl_reader *r = rl_reader_new(fd, "in");
	ok(same_images(r), "all sizes of payload and key come back");
	ok(rl_reader_next(r, &s) == 0 && rl_reader_skipped(r) == 2, "then comes the end");
	ok(rl_reader_next(r, &s) == 0, "which stays the end");
	rl_reader_digest(r, once);
	rl_reader_close(r);

	/* A second segment in the same file, and the third empty. */
	fd = temporary();
	write_images(fd, 1);
	write_images(fd, 2);
	rl_writer_close(rl_writer_new(fd, "out", head_of_images()), 4);
	lseek(fd, 0, SEEK_SET);
	r = rl_reader_new(fd, "in");
	ok(same_images(r) && same_images(r) && rl_reader_next(r, &s) == 0 &&
		   rl_reader_skipped(r) == 7,
	   "segments follow each other, what they skipped adds up");
	rl_reader_digest(r, twice);
	rl_reader_close(r);
	ok(strcmp(once, twice), "the digest is of all of them");

	lseek(again, 0, SEEK_SET);
	r = rl_reader_new(again, "in");
	rl_reader_drain(r);
	rl_reader_digest(r, twice);
	ok(!strcmp(once, twice), "draining reads and checks everything");
	rl_reader_close(r);
}

/* Whatever sizes the pieces come in. */
static void test_dribble(void)
{
	int fd = temporary(), pipes[2];
	struct stat st;

	write_images(fd, 0);
	fstat(fd, &st);
	if (pipe(pipes))
		rl_die("pipe:");
	pid_t child = fork();
	if (child == 0) {
		char piece[1500];

		close(pipes[0]);
		for (off_t at = 0, n; at < st.st_size; at += n) {
			n = at % 1499 + 1;
			if ((n = pread(fd, piece, (size_t)n, at)) <= 0 ||
			    write(pipes[1], piece, (size_t)n) != n)
				_exit(1);
		}
		_exit(0);
	}
	close(pipes[1]);
	struct rl_reader *r = rl_reader_new(pipes[0], "in");
	struct rl_sample s = {0};
	ok(same_images(r) && rl_reader_next(r, &s) == 0, "small pieces through a pipe");
	rl_reader_close(r);
	close(fd);
}

/* ---- what the writer refuses ------------------------------------------------------------------
 */

static void put(struct rl_sample *s)
{
	rl_writer_put(rl_writer_new(temporary(), "out", head_of_images()), s);
}

static void put_key(void *key)
{
	struct rl_sample s = {0};

	fill(&s, key, 2);
	put(&s);
}

static void put_short(void *arg)
{
	struct rl_sample s = {0};

	(void)arg;
	fill(&s, "k", 2);
	rl_sample_drop(&s, "note");
	put(&s);
}

static void put_other(void *name)
{
	struct rl_sample s = {0};

	fill(&s, "k", 2);
	rl_sample_drop(&s, "note");
	rl_sample_make(&s, name, RL_I4, 0, NULL);
	put(&s);
}

static void put_shape(void *arg)
{
	struct rl_sample s = {0};

	(void)arg;
	fill(&s, "k", 2);
	rl_sample_make(&s, "image", RL_U1, 3, (int64_t[]){2, 2, 4});
	put(&s);
}

static void put_huge(void *arg)
{
	struct rl_sample s = {0};

	(void)arg;
	fill(&s, "k", 2);
	s.field[0].tensor.dim[0] = s.field[0].tensor.dim[1] = 1 << 20;
	put(&s);
}

static void write_field(void *name)
{
	json_t *head = rl_head_new("images");

	rl_head_field(head, name, RL_I4, 0, NULL, NULL);
	rl_writer_new(temporary(), "out", head);
}

static void write_nothing(void *arg)
{
	(void)arg;
	rl_writer_new(temporary(), "out", rl_head_new("images"));
}

static void test_refusals(void)
{
	ok(dies(put_key, "a.b", 1, "out: sample a.b: key with a '.'"), "a key with a dot");
	ok(dies(put_key, "", 1, "empty key"), "an empty key");
	ok(dies(put_key, "/a", 1, "absolute path"), "an absolute path");
	ok(dies(put_key, "a\xff", 1, "key is not UTF-8"), "a key that is not UTF-8");
	ok(dies(put_short, NULL, 1, "2 fields, the head declares 3"), "a field that is missing");
	ok(dies(put_other, "other", 1, "field other where the head declares note"),
	   "a field of another name");
	ok(dies(put_other, "note", 1, "field note is not what the head declares"),
	   "a field of another type");
	ok(dies(put_shape, NULL, 1, "field image is not what the head declares"),
	   "a field of another shape");
	ok(dies(put_huge, NULL, 1, "field image is larger than 4 GiB"), "a field too large");
	ok(dies(write_field, "Image", 1, "Image: not a field name"), "a bad name in the head");
	ok(dies(write_nothing, NULL, 1, "1 to 32 members"), "a head without fields");
}

/* ---- heads ------------------------------------------------------------------------------------
 */

static void test_heads(void)
{
	json_t *a = head_of_images(), *b = head_of_images();
	char *argv[] = {"test", "--file", "k\xe4se"};

	ok(rl_heads_agree(a, b), "equal heads agree");
	rl_head_history(b, &tool, 3, argv);
	json_object_set_new(b, "samples", json_integer(5));
	ok(rl_heads_agree(a, b), "whatever their history");
	json_t *args = json_object_get(json_array_get(json_object_get(b, "history"), 0), "args");
	ok(!strcmp(json_string_value(json_array_get(args, 1)), "k%E4se"),
	   "an argument that is not UTF-8 is kept as well as can be");
	char path[] = "/tmp/test-stream-XXXXXX";
	json_t *entry = json_array_get(json_object_get(b, "history"), 0);
	close(mkstemp(path));
	rl_history_input(entry, path);
	unlink(path);
	char *text = rl_json_text(entry);
	char *wanted = rl_asprintf(
		"\"inputs\":[{\"path\":\"%s\",\"sha256\":\"e3b0c44298fc1c149afbf4c8", path);
	ok(strstr(text, wanted), "an input is named with its hash");
	free(wanted);
	free(text);

	rl_head_field(b, "image", RL_U1, 3, (int64_t[]){-1, -2, 1},
		      (const char *const[]){"H", "W"});
	ok(!rl_heads_agree(a, b), "another shape does not");
	text = rl_json_text(json_object_get(b, "fields"));
	ok(strstr(text, "{\"image\":{\"dtype\":\"u1\",\"shape\":[\"H\",\"W\",1]}") == text,
	   "a field that is declared again keeps its place");
	free(text);
	json_decref(b);

	b = head_of_images();
	rl_head_drop_field(b, "image");
	ok(!rl_head_has_field(b, "image") && rl_head_has_field(b, "label"),
	   "fields can be dropped");
	rl_head_field(b, "image", RL_U1, 3, (int64_t[]){-1, -2, 3},
		      (const char *const[]){"H", "W"});
	ok(!rl_heads_agree(a, b), "another order of fields does not agree");
	json_decref(a);
	json_decref(b);
}

int main(void)
{
	test_tensors();
	test_samples();
	test_keys();
	test_round_trip();
	test_dribble();
	test_refusals();
	test_heads();
	return tap_done();
}
