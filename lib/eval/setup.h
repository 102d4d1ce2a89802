/*
 * What a result was made of, in facts that can be held against a published protocol:
 *
 *	{"data": {"train_images", "test_images", "classes", "class_names"},
 *	 "views": {"train", "test"},
 *	 "network": {"depth", "width", "precision"},
 *	 "pretraining": {"random_init": SEED}, or what the trainer said in the weights,
 *	 "training": {"epochs", ...}}
 *
 * A view is what becomes of an image before the network sees it, in rl-augment's words.  What is
 * not known is not there.
 */
#ifndef RL_EVAL_SETUP_H
#define RL_EVAL_SETUP_H

#include <jansson.h>
#include <stdint.h>

/* All views in a history, one after the other; NULL when there is none. New reference. */
json_t *rl_view_of(const json_t *history);

/* The first four; numbers below 1 are not known, nor is what NULL histories do not tell.  The
 * network is the one that looked at the test images.  New reference. */
json_t *rl_setup(int64_t train_images, int64_t test_images, int64_t classes,
		 const json_t *train_history, const json_t *test_history);

/* What a detector's weights say of it (no path: nothing), with what its detections say (see
 * data/found.h; NULL: nothing) and what it was tested on.  Dies when they are not of one detector.
 */
json_t *rl_setup_of_detector(const char *path, const json_t *by, int64_t test_images,
			     int64_t classes);

/* The same of a network that labels pixels, with the history of what it predicted.  Dies when
 * rl-segment noted there that it was another. */
json_t *rl_setup_of_segmenter(const char *path, const json_t *history, int64_t test_images,
			      int64_t classes);

/* The same of two feature streams' provenances, {"samples", "history"}. */
json_t *rl_setup_of_streams(const json_t *train, const json_t *test, int64_t classes);

#endif
