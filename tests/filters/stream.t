#!/bin/bash
# STREAM.md, rl-info and rl-cat: what they accept, keep and refuse.
. "$(dirname "$0")/tap.sh"
python=/usr/bin/python3 # Debian's, which has Debian's numpy

$python "$top/tests/filters/make-streams.py" >bad
ok $? "an independent writer makes the streams"
for i in {1..100}; do cat good.tar; done >big.tar
payload='{"samples":5,"skipped":0,"bytes":120,"xxh3_64":"8a12ccc035179a4e"}'

# ---- what is accepted ----------------------------------------------------------------------------
is "$(rl-info --check good.tar)" "$payload" "a stream by tarfile and numpy is whole"
is "$(rl-info --check <padded.tar)" "$payload" "zeros may follow the end marker"
is "$(rl-info --check tarfile.tar | jq .samples)" 2 "tarfile's padding and pax records are read"
is "$(rl-info good.tar | sed -n 2p)" \
	'{"key":"a/k1","fields":{"image":{"dtype":"u1","shape":[2,2,3]},"label":{"dtype":"i4","shape":[]},"note":{"dtype":"json","shape":[8]}}}' \
	"one line a sample, a repeated key is a sample of its own"
is "$(rl-info good.tar | jq -r .key | sort -u | tr '\n' ' ')" \
	"a/k1 a/kä%2E $(printf 'd%.0s' {1..90})/$(printf 'k%.0s' {1..60}) " \
	"keys: UTF-8, long ones by pax record and by ustar prefix"
is "$(rl-info --head unknown.tar | jq -c '.news, .fields.label.names')" $'[1]\n["x"]' \
	"members of the head that nobody knows are no error"
is "$(rl-info --check image.tar | jq -c '[.samples,.skipped]')" "[1,2]" "the tail says what was skipped"
cat good.tar good.tar padded.tar | rl-info --check >got
is "$(jq .samples got)" 15 "streams can be concatenated"
rl-cat good.tar good.tar padded.tar | rl-info --check | cmp -s - got
ok $? "and the digest is that of the data, whatever segments they came in"

# ---- what is written -----------------------------------------------------------------------------
rl-cat good.tar >copy.tar
is "$(rl-info copy.tar)" "$(rl-info good.tar)" "rl-cat copies all samples"
is "$(rl-info --check copy.tar)" "$payload" "and all bytes"
rl-cat <padded.tar | cmp -s - <(rl-cat <good.tar)
ok $? "equal data are equal bytes"
is "$(tar tf copy.tar | sed -n '1p;2p;3p;4p;$p' | tr '\n' ' ')" \
	"__rl__/head.json a/k1.image.npy a/k1.label.npy a/k1.note.json __rl__/tail.json " \
	"tar lists a stream"
is "$(tar --utc -tvf copy.tar | head -2 | tail -1 | tr -s ' ')" \
	"-rw-r--r-- 0/0 140 1970-01-01 00:00 a/k1.image.npy" "mode 0644, the rest of the metadata zero"
is "$(tail -c 1024 copy.tar | tr -d '\0' | wc -c) $(tail -c 1536 copy.tar | tr -d '\0' | wc -c)" "0 54" \
	"exactly two blocks of zeros end it"
$python - copy.tar <<'END' 2>stderr
import io, json, sys, tarfile, numpy
tar = tarfile.open(sys.argv[1])
names = [m.name for m in tar]
assert len(names) == 17 and names[0] == "__rl__/head.json" and names[-1] == "__rl__/tail.json"
data = {m.name: tar.extractfile(m).read() for m in tar}
image = numpy.load(io.BytesIO(data["a/k1.image.npy"]))
assert image.dtype == "u1" and (image == numpy.arange(12).reshape(2, 2, 3)).all()
label = numpy.load(io.BytesIO(data["d" * 90 + "/" + "k" * 60 + ".label.npy"]))
assert label.dtype == "<i4" and label.shape == () and label == 7
assert json.loads(data["a/k1.note.json"]) == {"a": 1}
for m in tar:
    if m.name.endswith(".npy"):
        start = m.offset_data + 10 + int.from_bytes(data[m.name][8:10], "little")
        assert start % 64 == 0, (m.name, start)
END
ok $? "tarfile and numpy read it, and payloads start at multiples of 64"

# ---- rl-cat --------------------------------------------------------------------------------------
is "$(rl-cat unknown.tar | rl-info --head | jq -c '.news, .fields.label.names')" $'[1]\n["x"]' \
	"a filter copies the members of a head that it does not know"
is "$(rl-cat --slice 1:2 good.tar | rl-info --head | jq -c '.history[-1]')" \
	"{\"tool\":\"rl-cat\",\"version\":\"$(rl-cat --version | cut -d' ' -f2)\",\"args\":[\"--slice\",\"1:2\",\"good.tar\"]}" \
	"and adds itself to the history"
is "$(rl-cat copy.tar good.tar | rl-info --head | jq -c '[.history[].args, (.history[-1].appended|length)]')" \
	'[["good.tar"],["copy.tar","good.tar"],1]' "the history of further inputs is kept"
is "$(rl-cat --fields note,image good.tar | rl-info | head -1 | jq -c '.fields | keys_unsorted')" \
	'["image","note"]' "--fields keeps these, in the order of the stream"
is "$(rl-cat --slice 3:7 good.tar - <good.tar | rl-info | wc -l)" 4 "--slice counts over all inputs"
is "$(rl-cat --slice 3: good.tar | rl-info | wc -l) $(rl-cat --slice :3 good.tar | rl-info | wc -l)" "2 3" \
	"either end of a slice may be left out"
is "$(rl-cat --slice 9: good.tar | rl-info --check | jq .samples)" 0 "a slice past the end is an empty stream"
(set -o pipefail; rl-cat big.tar | rl-cat --slice 0:1 | rl-info >/dev/null)
ok $? "a slice that ends early does not kill its producer"
head -c 5000 good.tar >cut.tar
fails 1 "truncated" "nor does it overlook that the input was cut" rl-cat --slice 0:1 cut.tar
rl-cat --npy image --slice 1: good.tar >image.npy
$python -c 'import numpy; a = numpy.load("image.npy"); assert a.shape == (4, 2, 2, 3) and (a[3] == a[0]).all() and a[0, 1, 1, 2] == 11'
ok $? "--npy stacks one field"
rl-cat --npy label good.tar | $python -c 'import io, sys, numpy
a = numpy.load(io.BytesIO(sys.stdin.buffer.read())); assert a.tolist() == [7] * 5 and a.dtype == "<i4"'
ok $? "into a pipe as well"
fails 1 "truncated" "--npy of a cut stream" rl-cat --npy image cut.tar
[ ! -s stdout ]; ok $? "writes nothing at all"
fails 1 "a json field cannot be stacked" "--npy of text" rl-cat --npy note good.tar
fails 1 "no samples" "--npy of nothing" rl-cat --npy image --slice 5: good.tar
fails 1 "good.tar: no field x" "--npy of a field that is not there" rl-cat --npy x good.tar
fails 1 "good.tar: no field x" "--fields with one that is not there" rl-cat --fields image,x good.tar
fails 1 "image.tar: does not fit to good.tar" "inputs of different fields" rl-cat good.tar image.tar
fails 1 "nowhere.tar: open: No such file" "an input that is not there" rl-cat nowhere.tar
TMPDIR=/nowhere fails 1 "/nowhere/rl-stack" "--npy without a temporary directory" rl-cat --npy image good.tar
fails 2 "--slice: 3: must be FIRST:LAST" "a slice without a colon" rl-cat --slice 3
fails 2 "--slice: -1: must be" "a negative slice" rl-cat --slice -1:
fails 2 "--slice: 2: must be" "a slice backwards" rl-cat --slice 3:2
fails 2 "--npy and --fields" "two conversions at once" rl-cat --npy a --fields b
fails 2 "--head and --check" "two reports at once" rl-info --head --check
fails 2 "one file at a time" "rl-info with two files" rl-info good.tar good.tar

# ---- what is refused -----------------------------------------------------------------------------
# Each in a fifth of a GB of memory, which ASan cannot do with, and in seconds.
sanitized && limit= || limit='ulimit -v 200000;'
while IFS=$'\t' read -r name message; do
	fails 1 "$message" "refused: $name" bash -c "$limit exec timeout 10 rl-info --check" <"bad-$name.tar"
done <bad

# One process each: hundreds of pipelines of a shell take far longer.
perl -0777 -e '
	$SIG{PIPE} = "IGNORE";
	$stream = <STDIN>;
	for $cut (0 .. length($stream) - 1) {
		next unless $cut % 97 == 0 || grep { $cut % 512 == $_ } 0, 1, 511;
		open($reader, "|-", "rl-info", "--check") or die;
		print $reader substr($stream, 0, $cut);
		close($reader);
		$total++;
		$refused += $? == 1 << 8;
	}
	print STDERR "$refused of $total\n"' <copy.tar >stdout 2>stderr
total=$(sed -n '$s/.* of //p' stderr)
is "$(tail -1 stderr) $(wc -c <stdout) $(grep -c '^rl-info: stdin: truncated' stderr)" "$total of $total 0 $total" \
	"every strict prefix is truncated"
[ "$total" -gt 100 ]
ok $? "which are many"

# ---- processes that die --------------------------------------------------------------------------
rl-cat big.tar 2>stderr | head -c 1000 >/dev/null
is "${PIPESTATUS[0]} $(cat stderr)" "141 " "a reader that goes away ends its producer quietly"
(trap '' PIPE; rl-cat big.tar 2>stderr; echo $? >status) | head -c 1000 >/dev/null
is "$(cat status stderr)" 141 "where SIGPIPE is ignored as well"

mkfifo in out
rl-cat <in >out &
producer=$!
rl-info --check <out >stdout 2>stderr &
reader=$!
exec 3>in
head -c 500000 big.tar >&3
kill -9 $producer
wait $producer 2>/dev/null
wait $reader
is "$? $(wc -c <stdout) $(grep -c 'truncated' stderr)" "1 0 1" "a producer killed with -9 leaves a truncated stream"
exec 3>&-

rl-cat bad-bit.tar 2>stderr | rl-info >/dev/null 2>>stderr
is "${PIPESTATUS[*]} $(grep -c damaged stderr) $(grep -c truncated stderr)" "1 1 1 1" \
	"a filter that fails fails its reader with it"
fails_full() { rl-cat "$@" >/dev/full; }
fails 1 "stdout: write: No space left on device" "a full disk" fails_full good.tar
fails 1 "stdout: write: No space left on device" "a full disk for an array" fails_full --npy image good.tar
info_full() { rl-info good.tar >/dev/full; }
fails 1 "stdout: write: No space left on device" "a full disk for the report" info_full

on_terminal() { $python -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$@" </dev/null; }
if ! $python -c 'import os; os.openpty()' 2>/dev/null; then
	skip "terminals" "this machine has no pseudo-terminals"
else
	on_terminal rl-cat good.tar >stdout
	is "$? $(tr -d '\r' <stdout)" "1 rl-cat: stdout: is a terminal, and a tensor stream is binary: give it a pipe or a file" \
		"no stream to a terminal"
	on_terminal rl-cat --npy image good.tar >stdout
	is "$? $(grep -c 'is a terminal' stdout)" "1 1" "no array either"
	on_terminal rl-info >stdout
	is "$? $(grep -c 'stdin: is a terminal' stdout)" "1 1" "nor does a terminal give one"
fi

done_testing
