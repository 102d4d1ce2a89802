/*
 * Are draws as likely as they should be?
 */
#ifndef RL_TESTS_CHANCE_H
#define RL_TESTS_CHANCE_H

/* Chi square of n counts against uniform, in standard deviations above its mean. */
double excess(const int *count, int n);

/* How many standard deviations is a count of `hits` of n away from a probability? */
double deviation(int hits, int n, double probability);

#endif
