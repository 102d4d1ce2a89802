# What the tests on several ranks share.
export OMP_NUM_THREADS=1
# More ranks than processors, and by root if need be: Open MPI 4 and 5 want to be asked.
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# starting_point CHECKPOINT: of a run at rate 0, as it was before the first step.
starting_point() { /usr/bin/python3 "$top/tests/filters/moved.py" START-OF "$1"; }
# way ONE OTHER START: how far the other is from one, as a part of one's way from the start: parameters, statistics.
way() { /usr/bin/python3 "$top/tests/filters/moved.py" "$@"; }
# below "A B" X Y: whether A < X and B < Y
below() { awk -v l="$1" -v x="$2" -v y="$3" 'BEGIN { split(l, v); exit !(v[1] < x && v[2] < y) }'; }
