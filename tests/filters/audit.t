# rl-audit: position read from features, taken out of them, and the lens that gives it away.
. "$(dirname "$0")/tap.sh"
PYTHONPATH=$top/tests/filters /usr/bin/python3 "$top/tests/filters/audit.py" 2>stderr
ok $? "streams, and numpy's answers"

# ---- against numpy ------------------------------------------------------------------------------
rl-audit --seed 5 --name "a row" leaks=leaks.tar silent=silent.tar >two.json 2>stderr
ok $? "rl-audit"
is "$(wc -l <two.json) $(jq -c '[.benchmark, .name, .layer, (.streams | map(.leaks))]' two.json)" '1 ["audit","a row","avgpool",[true,false]]' \
	"one line of JSON: what knows its place leaks, what does not, does not"
jq -r '.streams[] | [.name, (.images_tested, .lambda, (.metrics | .error, .centre, .["error of the best tenth"], .["centre of the best tenth"],
	.["R^2"], .["R^2 of x"], .["R^2 of y"]) | . * 1e4 | round)] | join(" ")' two.json >got
is "$(cat got)" "$(awk '{printf "%s", $1; for (i = 2; i <= NF; i++) printf " %d", $i * 1e4 + ($i < 0 ? -.5 : .5); print ""}' wanted)" \
	"split, lambda, errors and R^2 are numpy's"
is "$(jq -r .verdict two.json | sed 's/[-+]\{0,1\}[0-9]\+[.][0-9]\+/N/g')" \
	"leaks: position leaks: read to N of the image where the centre is N off, N and N of the best tenth (R^2 N, 95 % sure: N to N); silent: no position found (R^2 N, 95 % sure: N to N), R^2 N against leaks (N to N)" \
	"and are said in one line"
jq -e '.streams | all(.interval.low < .metrics["R^2"] and .metrics["R^2"] < .interval.high) and
	(.[1]["R^2 against the first"] | .sure and .high < 0) and
	((.[1].metrics["R^2"] - .[0].metrics["R^2"] - .[1]["R^2 against the first"].mean) | fabs) < 1e-6' two.json >/dev/null
ok $? "R^2 is in its interval, and in that of the difference of two ways to see the same images"
is "$(rl-audit few=leaks.tar nope=leaks.tar --seed 6 | jq -c '[.streams[1]["R^2 against the first"].mean == 0, .metrics["few: error"] == .metrics["nope: error"]]')" \
	"[true,true]" "no difference, no difference"
strip='del(.provenance.command)'
for threads in 1 3; do
	is "$(rl-audit --seed 5 --name "a row" --threads $threads leaks=leaks.tar silent=silent.tar | jq -S "$strip")" "$(jq -S "$strip" two.json)" \
		"the same on $threads threads"
done
is "$(rl-audit leaks.tar | jq -c '[.streams[0].name, .protocol.seed, .provenance["leaks.tar"].samples]')" '["leaks.tar",0,90]' "a stream without a name"

# ---- taking it out ------------------------------------------------------------------------------
rl-audit --remove leaks.tar <leaks.tar >clean.tar 2>stderr && rl-audit --remove leaks.tar <whole.tar >whole-clean.tar 2>>stderr
ok $? "rl-audit --remove, of patches and of whole images"
PYTHONPATH=$top/tests/filters /usr/bin/python3 -c "
import io, tarfile, numpy as np
def rows(path):
    t = tarfile.open(path, ignore_zeros=True)
    return np.concatenate([np.atleast_2d(np.load(io.BytesIO(t.extractfile(m).read()))) for m in t if m.name.endswith('.avgpool.npy')])
for a, b in ('clean.tar', 'cleaned.npy'), ('whole-clean.tar', 'whole-cleaned.npy'):
    x, y = rows(a), np.load(b)
    assert x.shape == y.shape and np.abs(x - y).max() < 1e-4, (a, np.abs(x - y).max())" 2>stderr
ok $? "as LEACE's formula says"
is "$(tar xOf clean.tar __rl__/head.json | jq -c '[(.fields | keys_unsorted), (.history[-1] | [.tool, .directions, .inputs[0].path])]')" \
	'[["size","places","avgpool"],["rl-audit",5,"leaks.tar"]]' "the stream is as it was but for that"
rl-audit raw=leaks.tar clean=clean.tar >clean.json
is "$(jq -c '.streams | map(.leaks)' clean.json)" "[true,false]" "after that nothing leaks"
rl-audit --remove narrow6.tar --quiet <narrow6.tar 2>stderr >left.tar
ok $? "features of few numbers"
went=$(/usr/bin/python3 -c "
import io, tarfile, numpy as np
def variance(path):
    t = tarfile.open(path, ignore_zeros=True)
    return np.concatenate([np.load(io.BytesIO(t.extractfile(m).read())) for m in t if m.name.endswith('.avgpool.npy')]).astype('f8').var(0).sum()
print(round(100 * (1 - variance('left.tar') / variance('narrow6.tar'))))")
is "$(tar xOf left.tar __rl__/head.json | jq '.history[-1].share_of_variance * 100 | round') $(cat stderr)" "$went rl-audit: narrow6.tar: $went % of the features' variance goes with the place of the patches" \
	"where little is left, that is said"
rl-audit --remove leaks.tar --threads 1 <leaks.tar | cmp -s - <(rl-audit --remove leaks.tar --threads 3 <leaks.tar)
[ $? -eq 1 ] && rl-audit --remove leaks.tar --threads 1 <leaks.tar | rl-cat --fields avgpool | rl-info --check | jq -c .xxh3_64 >one &&
	rl-audit --remove leaks.tar --threads 3 <leaks.tar | rl-cat --fields avgpool | rl-info --check | jq -c .xxh3_64 | cmp -s - one
ok $? "the same on any number of threads"

# ---- the lens, and what it tells a network ------------------------------------------------------
lens() { rl-audit --lens --quiet | jq -c "$1"; }
is "$(lens '[(.metrics["pixels at the corner"] - 1.308 | fabs < 0.1), .images, (.curve | length > 5)]' <noise0.01.tar)" "[true,40,true]" \
	"green magnified by 1.01: 1.3 pixels at the corner"
is "$(lens '.metrics["pixels at the corner"] | fabs < 0.1' <noise0.tar)" true "a lens without fault"
is "$(lens '[.verdict | sub("[0-9.]+"; "N") | sub("[0-9.]+"; "N")]' <noise0.01.tar)" '["green lies N pixels farther out at the corner (one standard error N)"]' \
	"in one line"
for s in 0.008 -0.008; do
	rl-synth --out lens$s --layout imagefolder --images 12 --seed 3 --green-shift $s --quiet
	find lens$s -name '*.jpg' | sort | rl-decode --quiet | lens '.metrics["pixels at the corner"]'
done >synth
awk 'NR == 1 {ok = $1 > 1.1 && $1 < 1.8} NR == 2 {ok = ok && $1 < -1.1 && $1 > -1.8} END {exit !ok}' synth
ok $? "rl-synth --green-shift shows, as far as JPEG keeps colours: $(paste -sd' ' synth) of 1.6 pixels"
network="--random-init 0 --arch resnet18 --width 16 --patches --patch 64 --stride 24 --layers feat2 --quiet"
rl-extract $network <noise0.tar >straight.tar
rl-extract $network <noise0.01.tar >raw.tar
rl-augment --quiet project <noise0.01.tar | rl-extract $network >projected.tar
rl-audit --remove raw.tar --layer feat2 <raw.tar >removed.tar
rl-audit --layer feat2 raw=raw.tar straight=straight.tar projected=projected.tar removed=removed.tar >audit.json 2>stderr
is "$? $(jq -c '.streams | map([.name, .leaks])' audit.json)" '0 [["raw",true],["straight",false],["projected",false],["removed",false]]' \
	"an untrained network knows the place by the colour fringes; not where the lens is good, nor without green - magenta, nor after removal"
jq -e '(.streams[0].metrics | .["R^2"] > 0.3 and .error < 0.9 * .centre) and
	(.streams[1:] | all(.["R^2 against the first"].high < -0.2))' audit.json >/dev/null
ok $? "by a wide margin"


# ---- errors -------------------------------------------------------------------------------------
fails 2 "no patches" "nothing to audit" rl-audit
fails 2 "--remove: a file: the features come on standard input" "both from one pipe" rl-audit --remove - <leaks.tar
fails 2 "--remove and --lens: one of them" "two things at once" rl-audit --remove leaks.tar --lens
fails 2 "leaks.tar: unexpected operand" "removal from standard input" rl-audit --remove leaks.tar leaks.tar
fails 2 "leaks.tar: unexpected operand" "images from standard input" rl-audit --lens leaks.tar
fails 2 "a: twice" "a name twice" rl-audit a=leaks.tar a=silent.tar
fails 1 "stdin can be read once" "a pipe" rl-audit - <leaks.tar
fails 1 "missing.tar: open" "no such file" rl-audit missing.tar
fails 1 "whole.tar: no patches: extract with --patches" "features of whole images" rl-audit whole.tar
fails 1 "leaks.tar: no field feat9" "no such layer" rl-audit --layer feat9 leaks.tar
fails 1 "nan.tar: p/1: avgpool[13] is not a finite number" "NaN" rl-audit nan.tar
fails 1 "away.tar: p/1: place 1 is not in the image" "a place outside" rl-audit away.tar
fails 1 "fewer.tar: p/1: places is not one row of 4 for each patch of avgpool" "fewer places than patches" rl-audit fewer.tar
fails 1 "long.tar: p/1: size is not a height and a width" "an image of three sides" rl-audit long.tar
fails 1 "varies.tar: p/1: avgpool has 9 features, expected 10" "features of another size" rl-audit varies.tar
fails 1 "few.tar: too few images with patches: " "four images" rl-audit few.tar
head -c 20000 leaks.tar >cut.tar
fails 1 "cut.tar: truncated" "a cut stream" rl-audit cut.tar
fails 1 "none.tar: no patches" "removal of nothing" rl-audit --remove none.tar <whole.tar
fails 1 "spot.tar: all patches are at one place: there is none to read" "patches that are nowhere else" rl-audit spot.tar
fails 1 "spot.tar: all patches are at one place: there is nothing to take out" "removal of that" rl-audit --remove spot.tar <whole.tar
for d in 2 5; do
	fails 1 "narrow$d.tar: the $d features vary in no more than the $d directions that place takes: nothing would be left" \
		"removal of all that $d features say" rl-audit --remove narrow$d.tar <narrow$d.tar
done
fails 1 "padded.tar: the 5 features vary in no more than the 4 directions" "of all but what does not vary" \
	rl-audit --remove padded.tar <padded.tar
fails 1 "flat.tar: the features do not vary" "removal of constants" rl-audit --remove flat.tar <whole.tar
fails 1 "stdin: no field avgpool" "removal from images" rl-audit --remove leaks.tar <noise0.tar
fails 1 "stdin: w/0: avgpool has 3 features, the patches have 10" "removal from others" rl-audit --remove leaks.tar <narrow.tar
fails 1 "stdin: w/0: avgpool is neither features nor those of patches" "removal from what is none" rl-audit --remove leaks.tar <cube.tar
rl-extract --random-init 1 ${network#--random-init 0} <noise0.tar >other.tar
fails 1 "stdin: features of another network than those of raw.tar" "removal from another network's" rl-audit --remove raw.tar --layer feat2 <other.tar
fails 1 "stdin: no image that shows its lens" "a flat image" rl-audit --lens <grey.tar
fails 1 "no field image" "no images" rl-audit --lens <leaks.tar
fails 1 "stdout: write" "a full disk" sh -c 'rl-audit leaks.tar >/dev/full'
fails 2 "--green-shift: 0.2: must be" "too bad a lens" rl-synth --out x --layout voc --green-shift 0.2
done_testing
