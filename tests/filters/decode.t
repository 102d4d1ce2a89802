#!/bin/bash
# rl-decode: every kind of input, every refusal, order, shards and resumption.
. "$(dirname "$0")/tap.sh"

# ppm W H SEED: a smooth picture with some structure.
ppm() {
	perl -e 'my ($w, $h, $s) = @ARGV; binmode STDOUT; print "P6\n$w $h\n255\n";
		for my $y (0 .. $h - 1) { for my $x (0 .. $w - 1) {
			print pack "C3", ($x * 3 + $s) % 256, ($y * 5 + $s * 7) % 256, ($x + $y + 31 * $s) % 256 } }' "$@"
}

# Of one decoded file, pixels FILE [OPTION...]: the array; shape: "H,W,3".
stream() {
	local file=$1
	shift
	printf '%s\n' "$file" | rl-decode "$@"
}
pixels() { stream "$@" | tar xOf - --wildcards '*.image.npy'; }
shape() { stream "$@" | rl-info | sed 's/.*"shape":\[\(.*\)\].*/\1/'; }
keys() { rl-info | sed 's/^{"key":"\([^"]*\)".*/\1/'; }

# exif VALUE < in > out: put an APP1 with this orientation behind the SOI.
exif() {
	perl -e 'undef $/; binmode STDIN; binmode STDOUT; my $j = <STDIN>;
		my $t = "Exif\0\0MM\0*\0\0\0\10\0\1\1\x12\0\3\0\0\0\1\0" . chr($ARGV[0]) . "\0\0\0\0\0\0";
		print substr($j, 0, 2), "\xff\xe1", pack("n", length($t) + 2), $t, substr($j, 2)' "$1"
}

ppm 60 40 1 >rgb.ppm
cjpeg -quality 90 rgb.ppm >rgb.jpg

# ---- what it decodes ----

same_as_djpeg() {
	djpeg -rgb "$1" | tail -c $((60 * 40 * 3)) >want
	pixels "$1" | tail -c $((60 * 40 * 3)) >got
	[ -s got ] && cmp -s want got
	ok $? "$2 as djpeg decodes it"
}
same_as_djpeg rgb.jpg "baseline"
cjpeg -quality 90 -sample 1x1 rgb.ppm >444.jpg && same_as_djpeg 444.jpg "4:4:4"
cjpeg -progressive rgb.ppm >progressive.jpg && same_as_djpeg progressive.jpg "progressive"
cjpeg -rgb rgb.ppm >plain-rgb.jpg && same_as_djpeg plain-rgb.jpg "RGB without a colour transform"
cjpeg -grayscale rgb.ppm >grey.jpg && same_as_djpeg grey.jpg "grey"
cjpeg -restart 1 rgb.ppm >restart.jpg && same_as_djpeg restart.jpg "restart markers"
if cjpeg -arithmetic rgb.ppm >arithmetic.jpg 2>/dev/null; then
	same_as_djpeg arithmetic.jpg "arithmetic coding"
else
	skip "arithmetic coding" "this libjpeg has none"
fi
is "$(shape rgb.jpg)" 40,60,3 "shape is height, width, 3"
for value in 1 2 3 4 5 6 7 8; do
	exif $value <rgb.jpg >turned-$value.jpg
	want=40,60,3
	[ $value -lt 5 ] || want=60,40,3
	is "$(shape turned-$value.jpg)" $want "EXIF orientation $value gives $want"
done
exif 9 <rgb.jpg >turned-9.jpg
is "$(pixels turned-9.jpg | cksum)" "$(pixels rgb.jpg | cksum)" "orientation 9 means nothing"

# ---- sizes ----

is "$(shape rgb.jpg --short-side 20)" 20,30,3 "--short-side keeps the aspect"
is "$(shape turned-6.jpg --short-side 20)" 30,20,3 "--short-side works on the upright image"
is "$(shape rgb.jpg --short-side 50)" 50,75,3 "--short-side enlarges too"
is "$(shape rgb.jpg --short-side 30 --size 22x24)" 24,22,3 "--size squashes afterwards"
[ "$(pixels rgb.jpg --size 22x24 | cksum)" != "$(pixels rgb.jpg --short-side 30 --size 22x24 | cksum)" ]
ok $? "which is not the same as squashing at once"
is "$(pixels rgb.jpg --short-side 40 | cksum)" "$(pixels rgb.jpg | cksum)" "the size it has already changes nothing"
is "$(stream rgb.jpg --size 22x24 | rl-info --head | jq -c .fields.image.shape)" "[24,22,3]" "the head knows a fixed size"

# ---- bad files ----

head -c 600 rgb.jpg >cut.jpg
head -c $(($(wc -c <rgb.jpg) - 2)) rgb.jpg >no-eoi.jpg
: >empty.jpg
echo "not an image, but text" >text.jpg
perl -pe 'BEGIN { undef $/ } substr($_, 700, 2) = "\xff\xd9"' rgb.jpg >damaged.jpg
perl -pe 'BEGIN { undef $/ } s/(\xff\xc0\0\x11\x08)..../$1\xfd\xe8\xfd\xe8/s' rgb.jpg >bomb.jpg
perl -pe 'BEGIN { undef $/ } s/(\xff\xc2\0\x11\x08)..../$1\x4e\x20\x4e\x20/s' progressive.jpg >scans-bomb.jpg
ppm 1 65000 1 | cjpeg >thread.jpg
mkdir directory.jpg
mkfifo fifo.jpg
bad() { # bad FILE TEXT NAME [OPTION...]
	local file=$1 text=$2 name=$3
	shift 3
	echo "$file" >list
	fails 1 "$file: $text" "$name" rl-decode "$@" list
	rl-info --check <stdout >/dev/null 2>&1
	[ $? -eq 1 ]
	ok $? "and the stream it leaves is no stream"
}
bad cut.jpg "Premature end of JPEG file" "a truncated file"
bad no-eoi.jpg "Premature end of JPEG file" "an end marker missing"
bad empty.jpg "empty" "an empty file"
bad text.jpg "neither JPEG nor PNG" "not an image"
bad damaged.jpg "Corrupt JPEG data" "corrupt data"
bad bomb.jpg "65000 x 65000 pixels, the limit is 178956970" "a bomb"
bad scans-bomb.jpg "its scans need more than 1073741824 bytes" "a bomb of coefficients" --max-pixels 536870912
bad rgb.jpg "60 x 40 pixels, the limit is 2399" "--max-pixels" --max-pixels 2399
bad thread.jpg "16384 x 1064960000 pixels, the limit is" "a size that would explode" --short-side 16384
bad directory.jpg "not a regular file" "a directory"
bad fifo.jpg "not a regular file" "a FIFO, which must not hang"
bad absent.jpg "open: No such file or directory" "a missing file"
# cjpeg writes at most 100 scans, so the last 28 are taken from a second file.
scans() {
	echo "0: 0-0, 0, 1;"
	for i in {1..63}; do echo "0: $i-$i, 0, 1;"; done
	for i in "$@"; do echo "0: $i-$i, 1, 0;"; done
}
scans {1..35} >script
djpeg -grayscale rgb.jpg | cjpeg -scans script >first.jpg
scans {36..63} >script
djpeg -grayscale rgb.jpg | cjpeg -scans script >second.jpg
perl -e 'undef $/; ($a, $b) = map { open F, "<:raw", $_; <F> } @ARGV; binmode STDOUT;
	print substr($a, 0, -2), (split /(?=\xff\xc4\0)/, $b)[-28 .. -1]' first.jpg second.jpg >many-scans.jpg
djpeg many-scans.jpg >/dev/null && is "$(shape first.jpg)" 40,60,3 "99 scans are read"
bad many-scans.jpg "more than 100 scans" "127 are not, though djpeg takes them"

printf '%s\n' rgb.jpg cut.jpg grey.jpg absent.jpg empty.jpg 444.jpg >list
rl-decode --skip-bad list 2>stderr >skipped.tar
ok $? "--skip-bad goes on"
is "$(keys <skipped.tar | xargs)" "rgb grey 444" "with the good ones in order"
is "$(rl-info --check <skipped.tar | jq .skipped)" 3 "the tail counts the bad ones"
is "$(grep -c ': skipped$' stderr)" 3 "each is named"
rm stderr

# ---- inputs ----

mkdir -p many
for i in $(seq 11); do
	ppm $((20 + i)) $((30 - i)) "$i" | cjpeg >"many/a b$i.jpg"
	printf '{"key":"k%d","path":"many/a b%d.jpg","label":%d,"class":"x"}\n' "$i" "$i" $((i % 3)) >>manifest
done
is "$(find many -name '*.jpg' -print0 | sort -z | rl-decode -0 | rl-info | wc -l)" 11 "-0 reads paths that end in NUL"
is "$(ls many/*.jpg | rl-decode | rl-info | head -1 | jq -r .key)" "many/a b1" "keys of paths are paths without extension"
rl-decode manifest >plain.tar
ok $? "a manifest named as an operand"
rl-decode <manifest | rl-cat >/dev/null
ok $? "a manifest on standard input"
is "$(rl-decode - <manifest | keys | xargs)" "k1 k2 k3 k4 k5 k6 k7 k8 k9 k10 k11" "operand - is standard input"
is "$(rl-info <plain.tar | jq -r '.fields | keys_unsorted | join(" ")' | sort -u)" "image label" "the label comes along"
is "$(rl-info --head <plain.tar | jq -r '.history[0].inputs[0].sha256')" "$(sha256sum manifest | cut -d' ' -f1)" \
	"the history holds the manifest's hash"
head -4 manifest >part1
tail -n +5 manifest >part2
is "$(rl-decode part1 part2 | keys | xargs)" "$(keys <plain.tar | xargs)" "two operands are one list"
rl-decode --threads 1 manifest >one.tar
for threads in 2 16; do
	is "$(rl-decode --threads $threads manifest | rl-info --check)" "$(rl-info --check <one.tar)" "$threads threads, the same pixels"
	is "$(rl-decode --threads $threads manifest | keys | xargs)" "$(keys <plain.tar | xargs)" "in the same order"
done
printf '%s\n' '{"key":"v","path":"rgb.jpg","labels":{"cat":1,"dog":0,"emu":-1}}' \
	'{"labels":{"dog":1,"emu":1,"cat":0},"path":"grey.jpg","key":"w"}' >multi
rl-decode multi >multi.tar
is "$(rl-info --head <multi.tar | jq -c .fields.labels)" '{"dtype":"i1","shape":[3],"names":["cat","dog","emu"]}' \
	"the head names the classes"
is "$(rl-cat --npy labels <multi.tar | tail -c 6 | od -An -td1 | xargs)" "1 0 -1 0 1 1" \
	"labels go by name, not by position"
cjpeg rgb.ppm >x.y.jpg
is "$(stream x.y.jpg | keys)" "x%2Ey" "a dot in a name is encoded"

# ---- WebDataset ----

mkdir wds
for i in 1 2 3; do
	cp "many/a b$i.jpg" wds/s$i.jpg
	echo $((i + 40)) >wds/s$i.cls
	echo '{"label":'$((i + 40))',"note":"n"}' >wds/s$i.json
	echo words >wds/s$i.txt
done
tar cf wds.tar -C wds $(cd wds && ls)
is "$(rl-decode <wds.tar | keys | xargs)" "s1 s2 s3" "a tar on standard input"
is "$(rl-decode wds.tar | rl-cat --npy label | tail -c 12 | od -An -td4 | xargs)" "41 42 43" "with labels"
is "$(gzip <wds.tar | rl-decode | rl-info --check | jq -r .xxh3_64)" "$(rl-decode wds.tar | rl-info --check | jq -r .xxh3_64)" \
	"a compressed tar is the same"
tar cf jpg.tar -C wds s1.jpg s2.jpg
is "$(rl-decode jpg.tar | rl-info | jq -c '.fields | keys')" '["image"]
["image"]' "a tar without labels"
fails 1 "jpg.tar: s1.jpg: key \"s1\" again" "two tars with one key" rl-decode wds.tar jpg.tar
tar cf mixed.tar -C wds s1.jpg s1.cls s2.jpg
fails 1 'mixed.tar: s2.jpg: has no "label"' "labels here and there" rl-decode mixed.tar
echo 7 >wds/s1.json.bad
echo '{"label":7}' >wds/s4.json
tar cf lonely.tar -C wds s1.jpg s4.json
fails 1 "s4: no .jpg, .jpeg or .png" "a sample without an image" rl-decode lonely.tar
mkdir wrong
cp wds/s1.jpg wrong
echo "4 2" >wrong/s1.cls
tar cf cls.tar -C wrong s1.cls s1.jpg
fails 1 "cls.tar: s1.cls: not a class number" "a label that is no number" rl-decode cls.tar
echo 42 >wrong/s1.cls
cp wds/s1.json wrong
tar cf two.tar -C wrong s1.cls s1.jpg s1.json
fails 1 "label 41, but another member of the sample says 42" "two labels" rl-decode two.tar
head -c $((512 * 3)) wds.tar >cut1.tar
fails 1 "cut1.tar: " "a tar cut inside a member" rl-decode cut1.tar
perl -e 'undef $/; $_ = <STDIN>; s/\0{1024,}$//s; print $_, "\0" x (-length($_) & 511)' <wds.tar >cut2.tar
fails 1 "cut2.tar: truncated: the tar has no end marker" "a tar cut between members" rl-decode cut2.tar
gzip <wds.tar | head -c 900 >cut3.tgz
fails 1 "cut3.tgz: " "a compressed tar cut" rl-decode cut3.tgz
fails 1 "a tensor stream already" "a tensor stream is not an input" rl-decode plain.tar

# ---- lists that are wrong ----

wrong() { # wrong TEXT NAME: the list is on standard input
	cat >list
	fails 1 "list:$1" "$2" rl-decode list
}
good='{"key":"a","path":"rgb.jpg","label":1}'
wrong "1: not JSON" "a broken line" <<<'{"key":"a","path":"rgb.jpg"'
wrong "2: not JSON" "an empty line" <<<"$good"$'\n\n'
wrong "2: not a JSON object" "a line that is no object" <<<"$good"$'\n[1]'
wrong '1: no member "path"' "no path" <<<'{"key":"a"}'
wrong '1: "path" is empty' "an empty path" <<<'{"key":"a","path":""}'
wrong '1: no member "key"' "no key" <<<'{"path":"rgb.jpg"}'
wrong '1: "key" is not a string' "a key that is a number" <<<'{"key":1,"path":"rgb.jpg"}'
wrong "1: key \"../a\": path with a '..'" "a key that climbs" <<<'{"key":"../a","path":"rgb.jpg"}'
wrong '2: key "a" again' "a key twice" <<<"$good"$'\n'"$good"
wrong '2: has no "label"' "a label that is missing" <<<"$good"$'\n{"key":"b","path":"rgb.jpg"}'
wrong '2: has "label"' "a label too many" <<<'{"key":"b","path":"rgb.jpg"}'$'\n'"$good"
wrong '2: has "labels"' "labels too many" <<<"$good"$'\n{"key":"b","path":"rgb.jpg","label":2,"labels":{"x":1}}'
wrong '1: "label" is not a whole number' "a label of another type" <<<'{"key":"a","path":"rgb.jpg","label":"1"}'
wrong '1: "label" is 4294967296' "a label too large" <<<'{"key":"a","path":"rgb.jpg","label":4294967296}'
one='{"key":"a","path":"rgb.jpg","labels":{"x":1,"y":0}}'
wrong '1: "y" is 2, not in -1 to 1' "a label value" <<<'{"key":"a","path":"rgb.jpg","labels":{"x":1,"y":2}}'
wrong '1: "labels" is not an object' "labels that are a list" <<<'{"key":"a","path":"rgb.jpg","labels":[1]}'
wrong '2: 1 "labels", but the first record has 2' "a class missing" <<<"$one"$'\n{"key":"b","path":"rgb.jpg","labels":{"x":1}}'
wrong '2: no member "y"' "another class" <<<"$one"$'\n{"key":"b","path":"rgb.jpg","labels":{"x":1,"z":1}}'
wrong '2: key "rgb" again' "a path twice" <<<$'rgb.jpg\nrgb.jpg'
wrong '1: empty path' "an empty path in a list of paths" <<<''
wrong "1: a NUL in a path" "paths that end in NUL without -0" < <(printf 'rgb.jpg\0grey.jpg\0')
wrong "1: longer than 1048576 bytes" "an endless line" \
	< <(printf '{"key":"a","path":"'; head -c 2000000 /dev/zero | tr '\0' x)
fails 1 "stdin: no image is listed" "an empty list" rl-decode </dev/null
fails 1 "stdin: no image is listed" "an empty list, read whole" rl-decode --epochs 3 </dev/null
fails 1 "absent.list: open: No such file" "a list that is not there" rl-decode absent.list

# ---- epochs, shuffling, shards, resumption ----

epochs() { rl-decode "$@" | rl-cat --npy epoch | tail -c $((4 * ${count:-1})) | od -An -v -td4 | xargs; }
is "$(rl-decode --epochs 2 manifest | keys | xargs)" "$(keys <plain.tar | xargs) $(keys <plain.tar | xargs)" \
	"epochs repeat the list in its order"
is "$(count=22 epochs --epochs 2 manifest)" "0 0 0 0 0 0 0 0 0 0 0 1 1 1 1 1 1 1 1 1 1 1" "and are numbered"
is "$(rl-decode --epochs 2 manifest | rl-info --head | jq -c '[.samples,.epochs]')" "[11,2]" "the head knows how many"
rl-decode --epochs 3 --shuffle --seed 7 manifest >whole.tar
keys <whole.tar >whole
for e in 1 2 3; do
	head -$((11 * e)) whole | tail -11 >epoch$e
	is "$(sort epoch$e)" "$(keys <plain.tar | sort)" "epoch $e holds every image once"
done
! cmp -s epoch1 epoch2 && ! cmp -s epoch2 epoch3 && [ "$(xargs <epoch1)" != "$(keys <plain.tar | xargs)" ]
ok $? "each epoch has an order of its own"
is "$(xargs <epoch1)" "k8 k6 k4 k7 k11 k1 k10 k5 k9 k2 k3" "a seed's order, which must never change"
is "$(rl-decode --epochs 1 --shuffle --seed 7 manifest | keys)" "$(cat epoch1)" "which does not depend on how many there are"
[ "$(rl-decode --epochs 1 --shuffle --seed 8 manifest | keys)" != "$(cat epoch1)" ]
ok $? "but on the seed"
for n in 2 4 12; do
	rm -f shard*
	for ((i = 0; i < n; i++)); do
		rl-decode --epochs 2 --shuffle --seed 7 --shard $i/$n manifest | keys >shard$((100 + i))
	done
	padded=$((n * ((11 + n - 1) / n)))
	for e in 1 2; do
		cat epoch$e epoch$e | head -$padded
	done | cmp -s - <(paste -d '\n' shard*)
	ok $? "$n shards deal out both epochs in turn, each padded from its beginning"
done
is "$(rl-decode --shuffle --shard 2/4 manifest | rl-info --head | jq .samples)" 3 "a shard's head counts its own samples"
payload() { rl-info --check | jq -r .xxh3_64; }
positions() { rl-decode "$@" | rl-cat --npy position >npy && /usr/bin/python3 -c 'import numpy; print(*numpy.load("npy"))'; }
is "$(positions --epochs 2 --shuffle --start 8 manifest)" "8 9 10 11 12 13 14 15 16 17 18 19 20 21" \
	"positions count through the epochs, those left out included"
is "$(rl-decode --epochs 2 --start 8 manifest | rl-info --head | jq .start)" 8 "the head says where a stream starts"
{ head -2 manifest; echo '{"key":"bad","path":"absent.jpg"}'; tail -n +3 manifest; } |
	jq -c 'del(.label, .labels)' >one-bad
is "$(positions --epochs 1 --skip-bad one-bad 2>stderr)" "0 1 3 4 5 6 7 8 9 10 11" "what is skipped has its place"
keys_hash() { rl-decode --epochs 1 "$@" | rl-info --head | jq -r '.history[0].keys_xxh3_64'; }
is "$(keys_hash --shuffle --seed 3 --short-side 32 manifest)" "$(keys_hash <manifest)" "the history knows a list by its keys"
[ "$(keys_hash <manifest)" != "$(tac manifest | keys_hash)" ]
ok $? "in their order"
for k in 0 10 11 12 33; do
	is "$(rl-decode --epochs 3 --shuffle --seed 7 --start $k manifest | payload)" \
		"$(rl-cat --slice $k:33 whole.tar | payload)" "--start $k is the tail of the whole"
done
is "$(rl-decode --epochs 3 --shuffle --seed 7 --shard 1/2 --start 7 manifest | payload)" \
	"$(rl-decode --epochs 3 --shuffle --seed 7 --shard 1/2 manifest | rl-cat --slice 7:18 | payload)" \
	"--start counts in the shard"
is "$(rl-decode --start 3 manifest | keys | head -1)" k4 "--start works on a list that streams"
is "$(rl-decode --start 2 wds.tar | keys)" s3 "and on a tar"
is "$(rl-decode --start 11 manifest | rl-info --check | jq .samples)" 0 "nothing may be left to do"
fails 1 "only 11" "--start past the end" rl-decode --start 12 manifest
fails 1 "only 33" "--start past the last epoch" rl-decode --start 34 --epochs 3 manifest

# ---- the command line and the pipe ----

fails 2 "a tar can only be read once" "a tar cannot be shuffled" rl-decode --shuffle wds.tar
fails 2 "a tar can only be read once" "nor be the second of two lists" rl-decode --epochs 2 manifest wds.tar
fails 2 "--shard: 3/3: shards are counted from 0" "a shard too many" rl-decode --shard 3/3 manifest
fails 2 "--shard: 3: want two numbers" "half a shard" rl-decode --shard 3 manifest
fails 2 "--size: y: not a whole number" "a size that is none" rl-decode --size 3xy manifest
for option in "--size 0x4" "--short-side 0" "--threads 0" "--max-pixels 0" "--epochs 0" "--start -1" "--seed -1"; do
	fails 2 "must be" "$option" rl-decode $option manifest
done
fails 1 "stdout: write: No space left" "a full disk" bash -c 'rl-decode manifest >/dev/full'
rl-decode --epochs 2000 manifest 2>stderr | head -c 1000 >/dev/null
is "${PIPESTATUS[0]} $(cat stderr)" "141 " "a reader that goes away ends it quietly"
ls rgb.jpg grey.jpg 444.jpg | rl-decode --short-side 292 | rl-patchpairs | rl-info >lines
is "$(grep -c '"patches":{"dtype":"u1","shape":\[9,64,64,3\]}' lines)" 3 "the pipeline of the manual"

/usr/bin/python3 -c '
import struct, sys, zlib
def chunk(t, d): return struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d))
w = 70000
sys.stdout.buffer.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, 1, 8, 0, 0, 0, 0)) +
    chunk(b"IDAT", zlib.compress(bytes(w + 1))) + chunk(b"IEND", b""))' >long.png
fails 1 "is an image, not a list of images" "an image where a list is wanted" rl-decode rgb.jpg
fails 1 "70000 x 1 pixels, the limit is 65535 a side" "an image too long for a bounded resize" \
	sh -c "echo long.png | rl-decode --size 64x64"
done_testing
