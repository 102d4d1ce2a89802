/*
 * Do four matches of a 2 x 2 constellation of patches lie as its patches do?
 *
 * A square is fitted to their centres by least squares, in closed form, its side held between 2/3
 * and 4/3 of the mean of theirs (Doersch, Gupta and Efros 2015).  The centres' correspondence is
 * fixed, so what is mirrored does not fit.
 */
#ifndef RL_EVAL_SQUARE_H
#define RL_EVAL_SQUARE_H

#define RL_SQUARE_ERROR 1.0 /* a fit with less is verified */

struct rl_square {
	double x, y, side; /* centre; the side of the square of centres */
	double error;      /* sum of squared distances of centres to corners, over side^2 */
};

/* Of places x1 y1 x2 y2, in the order top left, top right, bottom left, bottom right. */
struct rl_square rl_square_fit(const float place[4][4]);

/* What the four patches cover: the square of side 2 s about the centre. */
void rl_square_box(const struct rl_square *s, double box[4]);

#endif
