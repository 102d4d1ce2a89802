# make bench, on a network and inputs so small that only its shape can be looked at: no number means anything.
. "$(dirname "$0")/tap.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL

plain_only "the benchmark" "it measures programs that all have tests of their own here"

run="make -s -C $top bench BENCH_DIR=$scratch/bench BENCH_OUT=$scratch/results.json BENCH_ROUNDS=2 BENCH_IMAGES=2"
run="$run BENCH_BATCH=2 BENCH_MANY=1000 BENCH_SIDES=64:96 BENCH_REGIONS=8 BENCH_CROP=64"
run="$run BENCH_FITTED=200 BENCH_PYTHON=false"

$run BENCH_NET="--arch resnet18 --width 8" >stdout 2>stderr
is $? 0 "make bench without its peers"
is "$(jq -r '[.rows[].name] | join(" ")' results.json)" "$(basename -as .sh $top/bench/rows/* | sed 's/^[0-9]*-//' | paste -sd' ')" \
	"every row is in the results"
jq -e 'def sound: .min > 0 and .min <= .median and .median <= .max;
	all(.rows[]; (if IN(.name; "memory", "lowshot") then 1 else 2 end) as $rounds
		| all(.entries[]; .rate.n == $rounds and (.rate | sound)))' results.json >/dev/null
ok $? "with median and spread of both rounds, or of the one"
jq -e '.rows[] | select(.name == "train") | .entries | map(.who) == ["conv floor fp32", "rl-train fp32"] or
	length == 4' results.json >/dev/null
ok $? "the program beside the floor"
jq -e 'all(.rows[].comparisons[]; (.ratio == null) == (.theirs != null and (.theirs | test("PyTorch|ONNX|pycocotools|scikit-learn|NumPy"))))' \
	results.json >/dev/null
ok $? "compared with all that took part"
jq -e '[.rows[].missing[]] | index("PyTorch is not installed") and index("ONNX Runtime is not installed")' \
	results.json >/dev/null && grep -q 'PyTorch is not installed' stdout
ok $? "peers that are not installed are said to be"
jq -e '(.machine | .cpu and .cores > 0 and .oneDNN and .OpenBLAS_kernel and .environment.OMP_NUM_THREADS)
	and (.provenance | .revision and .date and .command)' results.json >/dev/null
ok $? "machine and provenance are recorded"
[ -s $top/bench/results.json ]
ok $? "the results of a full run are kept"
is "$(sed -n '/^<!-- bench -->$/,/^<!-- \/bench -->$/p' $top/README.md | sed '1d;$d')" \
	"$(jq -r -f $top/bench/table.jq $top/bench/results.json)" "the README shows the results that are kept"

before=$(sha256sum results.json)
$run BENCH_NET="--arch resnet19" >stdout 2>stderr
[ $? -ne 0 ] && grep -q 'failed at train: rl-train fp32' stderr && [ "$(sha256sum results.json)" = "$before" ]
ok $? "a row that fails ends the run, and the results stay"
done_testing
