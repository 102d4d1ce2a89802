# Two ranks over MPI on half of the cores each, beside twice what one rank does on its half while the other half
# is idle: what a second rank costs in summing gradients, and in memory and caches that the two share.
each=$((IMAGES / 4 > 0 ? IMAGES / 4 : 1)) half=$((THREADS / 2 > 0 ? THREADS / 2 : 1)) steps=2
row ranks images "training on two ranks, $net, $each images and half of the cores each"

for ranks in 1 2; do
	for ((rank = 0; rank < ranks; rank++)); do
		head -n $((steps * each * ranks)) "$inputs/photos.txt" |
			rl-decode --short-side 292 --epochs 1 --shard $rank/$ranks --quiet |
			rl-patchpairs --quiet >"$inputs/patches-$ranks-$rank.tar"
	done
done

ranks_train() {
	local ranks=$1
	OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
		PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe \
		training_step $((ranks * each)) mpirun -n $ranks --bind-to none bash -c 'exec rl-train "$@" <"$0-$OMPI_COMM_WORLD_RANK.tar"' \
		"$inputs/patches-$ranks" --batch "$each" --threads "$half" --precision auto
}

twice_one_rank() { ranks_train 1 | jq -c '.items *= 2'; }

enter "two ranks" ranks_train 2
enter "twice one rank" twice_one_rank
compare "two ranks" "twice one rank" "twice one rank alone on its half of the cores" 0.9
