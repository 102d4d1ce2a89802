# What a builder may want to change.
VERSION = 0.1.0
PREFIX  = /usr/local
MANDIR  = $(PREFIX)/share/man
CC      = cc
CFLAGS  = -O3 -g
LDFLAGS =

# One package per line of need: what the programs link, what the pipelines run, what only the tests use.
DEPS_BUILD = gcc libc6-dev libdnnl-dev libopenblas-openmp-dev liblinear-dev libsvm-dev \
             libjpeg62-turbo-dev libpng-dev libarchive-dev libexpat1-dev libjansson-dev \
             libxxhash-dev libmd-dev
DEPS_RUN   = parallel jq
DEPS_CHECK = perl pkg-config libjpeg-turbo-progs python3-numpy mandoc
