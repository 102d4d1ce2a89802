# What a builder may want to change.
VERSION = 0.1.0
PREFIX  = /usr/local
MANDIR  = $(PREFIX)/share/man
CC      = cc
CFLAGS  = -O3 -g
LDFLAGS =

# MPI, whichever the system prefers; asked when something needs it.
MPI_CFLAGS = $(shell pkg-config --cflags mpi-c)
MPI_LIBS   = $(shell pkg-config --libs mpi-c)

# One package per line of need: what the programs link, what the pipelines run, what only the tests use,
# what make bench compares with.
DEPS_BUILD = gcc libc6-dev libdnnl-dev libopenblas-openmp-dev liblinear-dev libsvm-dev \
             libjpeg62-turbo-dev libpng-dev zlib1g-dev libarchive-dev libzip-dev libexpat1-dev \
             libjansson-dev libxxhash-dev libmd-dev libopenmpi-dev pkg-config
DEPS_RUN   = parallel jq openmpi-bin gnuplot-nox
DEPS_CHECK = perl libjpeg-turbo-progs python3-numpy mandoc chromium-headless-shell
DEPS_BENCH = python3-torch python3-sklearn
