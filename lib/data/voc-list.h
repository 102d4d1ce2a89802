/*
 * The lists of a VOC tree: text files of image ids, and which classes have some.
 */
#ifndef RL_DATA_VOC_LIST_H
#define RL_DATA_VOC_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A line: an image and, in a class's list, what is said of it. */
struct rl_voc_entry {
	char *id;
	int value;
};

struct rl_voc_list {
	char *text; /* ids point into it */
	struct rl_voc_entry *entries;
	size_t n;
};

/* One "ID" or "ID VALUE" a line; sorted by id, which must differ.  Dies when it cannot be read, is
 * empty or anything else. */
struct rl_voc_list rl_voc_list_read(const char *path, bool with_value);
void rl_voc_list_free(struct rl_voc_list *l);

/* The names CLASS of root's files ImageSets/Main/CLASS_SET.txt, sorted; there may be none.  Each
 * and the array are to be freed. */
char **rl_voc_class_names(const char *root, const char *set, size_t *count);

#endif
