#!/bin/bash
# make install, and the two programs of STREAM.md, run as printed there.
. "$(dirname "$0")/tap.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS SANITIZE

# A fenced block of STREAM.md by its language: the last one.
block() {
	awk -v "fence=\`\`\`$1" '$0 == fence { on = 1; text = ""; next } /^```$/ { on = 0 } on { text = text $0 "\n" }
		END { printf "%s", text }' "$top/STREAM.md"
}

make -s -C "$top" install PREFIX="$scratch/usr" >stdout 2>stderr
ok $? "make install"
PATH=$scratch/usr/bin:$PATH PKG_CONFIG_PATH=$scratch/usr/lib/pkgconfig
export PKG_CONFIG_PATH
is "$(command -v rl-cat)" "$scratch/usr/bin/rl-cat" "programs are installed"
[ -f usr/share/man/man1/rl-cat.1 ] && [ -f usr/share/doc/rl/STREAM.md ]
ok $? "so are the manual pages and the format"

/usr/bin/python3 "$top/tests/filters/make-streams.py" >bad
block python >reader.py
cat good.tar good.tar | /usr/bin/python3 reader.py >got 2>stderr
ok $? "the reader in STREAM.md reads a stream"
is "$(wc -l <got) $(head -2 got | tr '\n' ' ')" "20 a/k1 image |u1 (2, 2, 3) 66 a/k1 label <i4 () 7 " \
	"each array of it"
refused=0 total=0
for cut in 0 600 1500 2000 5000 9999 16000; do
	total=$((total + 1))
	head -c $cut good.tar | /usr/bin/python3 reader.py >/dev/null 2>&1 || refused=$((refused + 1))
done
is $refused $total "and sees that one was cut"

# The command that compiles it stands above the program.
block c >mirror.c
compile=$(sed -n 's/^`\(cc mirror.c .*\)`$/\1/p' "$top/STREAM.md")
eval "${compile:-false}" >stdout 2>stderr
ok $? "the filter in STREAM.md compiles against what was installed"
./mirror <image.tar >mirrored.tar 2>stderr
ok $? "and runs"
rl-cat --npy image mirrored.tar >mirrored.npy
rl-cat --npy image image.tar >image.npy
/usr/bin/python3 -c 'import numpy; assert (numpy.load("mirrored.npy") == numpy.load("image.npy")[:, :, ::-1]).all()'
ok $? "does what it says"
is "$(rl-info --check mirrored.tar | jq .skipped) $(rl-info --head mirrored.tar | jq -r '.history[-1].tool')" "2 mirror" \
	"keeps count and history"
./mirror <image.tar | ./mirror | rl-cat --npy image - | cmp -s - image.npy
ok $? "and twice is not at all"
head -c 2000 image.tar >cut.tar
fails 1 "truncated" "a cut stream fails it" ./mirror <cut.tar
fails 1 "no field image" "so does a stream of something else" ./mirror < <(rl-cat --fields label good.tar)

make -s -C "$top" uninstall PREFIX="$scratch/usr" >stdout 2>stderr
ok $? "make uninstall"
is "$(find usr -type f)" "" "leaves no file behind"
make -s -C "$top" install PREFIX=/usr MANDIR=/usr/man DESTDIR="$scratch/package" >stdout 2>stderr
is "$? $(sed -n 's/^Cflags: //p' package/usr/lib/pkgconfig/rl.pc) $(ls package/usr)" \
	"0 -I/usr/include/rl bin
include
lib
man
share" "DESTDIR and MANDIR do what they should"

done_testing
