# What every pipeline shares, and may be set on make's command line.
#
# DECODE_FLAGS go to each rl-decode whose images are trained on or extracted from.  With DECODE_FLAGS=--skip-bad a bad
# image does not end the run: it is named, and counted in the stream's tail.
RESULTS      = results
SEED         = 0
THREADS      = $(shell nproc)
DECODE_FLAGS =

# Among the settings of a result.
decode_is = $(if $(DECODE_FLAGS), decode $(DECODE_FLAGS))

# Training goes over MPI when RANKS says over how many,
#
#	make TARGET RANKS=4 [MPIRUN="mpirun -n 4 --hostfile hosts"]
#
# which share THREADS and the recipe's batch.  On several hosts, checkout, data and RESULTS are at the same place on all.
RANKS  =
MPIRUN = mpirun -n $(RANKS) --bind-to none

# Of n things a rank's share, at least 1.
share = $(if $(RANKS),$$(($(1) > $(RANKS) ? $(1) / $(RANKS) : 1)),$(1))

ifneq ($(RANKS),)
LAUNCH = $(MPIRUN)
SHARD  = --shard $${OMPI_COMM_WORLD_RANK-$$PMI_RANK}/$(RANKS)
endif

# $(call train,TRAINER,DIR): the recipe of what is trained in DIR.  The target exports the pipe that each rank runs as
# PIPE, in which $$1 is where the stream begins, so that a training that was stopped or killed goes on.
define train
start=$$($(BIN)/$(1) --resume $(2) --where); \
	$(LAUNCH) $(SHELL) $(.SHELLFLAGS) "$$PIPE" train $$start
endef

# What is not there is said before anything runs: $(call need_dir,DIR,VARIABLE) of a data set, whose layout is
# VARIABLE.holds, and $(call need_inputs,VARIABLE) of that and of WEIGHTS.
need_dir = test -d "$(1)" || { \
	echo "make: $(if $(1),$(1): no such directory,no $(2)): say $(2)=DIR, which holds $($(2).holds) (man rl-list)" >&2; exit 1; }
define need_inputs
$(call need_dir,$($(1)),$(1)); \
test -z "$(WEIGHTS)" -o -f "$(WEIGHTS)" || { \
	echo "make: $(WEIGHTS): no such file: say WEIGHTS=FILE, which rl-train or rl-weights import made" >&2; exit 1; }
endef

# A result belongs to one choice of settings.  Asked for with others, make would call it up to date and show
# the old numbers; so beside each result there is a file of its settings, and others are refused.
#
# $(call check_settings,RESULT,SETTINGS[,FILES[,VARIABLES]]): the recipe of RESULT.settings.  RESULT.parts is what there
# is of one that was stopped; FILES are to be removed for another, where they are more than these two, or else VARIABLES
# said otherwise, where they are not those of most.
define check_settings
mkdir -p $(@D); \
if [ -e $(1) -o -e $(1).parts ] && ! printf '%s\n' '$(2)' | cmp -s - $(1).settings; then \
	echo '$(1) was made with other settings:' "$$(cat $(1).settings)" >&2; \
	echo 'now asked for: $(2)' >&2; \
	echo "remove $$(ls -d $(or $(3),$(1) $(1).parts) 2>/dev/null | paste -sd' '), or choose another $(or $(4),NAME or RESULTS)" >&2; \
	exit 1; \
fi; \
printf '%s\n' '$(2)' | cmp -s - $(1).settings || printf '%s\n' '$(2)' > $(1).settings
endef

.PHONY: FORCE
FORCE:
