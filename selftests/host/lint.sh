#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
#
# Programs that read the sources find nothing: checkpatch, sparse and W=1,
# semantic patches, kernel-doc, shellcheck, codespell, mandoc. FORM=full: for both stock kernels,
# in all folders, and with the kernel's semantic patches, which take minutes.
# With arguments, those alone: selftests/host/lint.sh checkpatch:ulib. Prints TAP.
# shellcheck disable=SC2317 # jobs are called by their names
set -u

cd "$(dirname "$0")/../.." || exit
export LC_ALL=C.UTF-8
# shellcheck source=selftests/lib/ways.sh
. selftests/lib/ways.sh
kernels=(stock)
areas=(ulib kmod include)
if [ "${FORM:-}" = full ]; then
	kernels+=(6.12)
	areas+=(selftests tools Documentation)
fi
newest=${kernels[-1]}

# ---- what there is to read ----

sources_of() {
	git ls-files "$1" 2>/dev/null | grep '\.[ch]$' ||
		find "$1" -name '*.[ch]'
}

all_files() {
	git ls-files --cached --others --exclude-standard 2>/dev/null ||
		find . -type f -not -path './build/*'
}

scripts() {
	find .ci debian selftests tools -type f -exec \
		grep -lE '^(#!/bin/(ba)?sh|# shellcheck shell=)' {} +
}

# ---- the tools: each prints what it finds ----

# In a tree of links: in one of git's it leaves a file behind.
checkpatch_all() {
	local tree

	tree=$(mktemp -d)
	ln -s "$PWD"/* "$tree"
	(cd "$tree" && xargs perl "$checkers/checkpatch.pl" --no-tree --root=. \
		--strict --terse --show-types --no-summary -f)
	rm -rf "$tree"
}

# Of the area $1, without what is in the list of findings that are none.
checkpatch() {
	sources_of "$1" | checkpatch_all | awk -F '\t' -v area="$1" '
		FNR == NR {
			if (/^[^#]/ && $1 ~ area) {
				path[++n] = $1
				type[n] = "^(" $2 ")$"
			}
			next
		}
		{
			split($0, word, ":")
			for (i = 1; i <= n; i++)
				if (word[1] ~ path[i] && word[4] ~ type[i])
					next
			print
		}' selftests/host/lint/ignored -
}

# Objects of which either says something are not built, so what is built needs
# no second look. FORM=full: the modules of the tests and the samples, too.
sparse() {
	local targets=(module)

	[ "${FORM:-}" != full ] || targets+=(modules)
	make -s B=build/lint C=1 W=1 CHECK='sparse -Wsparse-error' \
		KDIR="$(vm "$1" --headers)" "${targets[@]}" 2>&1 |
		grep -v 'Skipping BTF generation'
}

semantic_patch() {
	local patch=$1

	shift
	# shellcheck disable=SC2046 # a list
	spatch -D report --very-quiet --cocci-file "$patch" -I include \
		$(sed -n 's|^// Options:||p' "$patch") "$@" 2>&1 |
		grep -v 'should [a-z_]* be a metavariable'
}

# Two of them are written in OCaml, for which there would have to be a compiler.
kernels_patches() {
	grep -rl 'virtual report' "$checkers/coccinelle" |
		xargs grep -L 'script:ocaml' | sort
}

coccinelle() {
	local patch

	for patch in $(kernels_patches); do
		semantic_patch "$patch" --dir kmod
	done
}

words() {
	# shellcheck disable=SC2046 # names have no blanks
	semantic_patch selftests/host/lint/words.cocci $(sources_of kmod) \
		$(sources_of ulib) $(sources_of include/rusted_ring |
				     grep -v '/atomic\.h$')
}

# The script of the older kernel has no -Wall, which finds more.
kernel_doc() {
	local script file all=

	[ "$newest" = stock ] || all=-Wall

	script=$(realpath "$(vm "$newest" --headers)/scripts/kernel-doc")
	for file in $(sources_of kmod) $(sources_of include/linux); do
		"$script" -none ${all:+"$all"} "$file" 2>&1
	done
}

shell() {
	scripts | xargs shellcheck -x --format=gcc
}

# In file $1 or, if there is none, in all.
spelling() {
	if [ -f "$1" ]; then
		echo "$1"
	else
		all_files
	fi | xargs -d '\n' codespell --config selftests/host/lint/spelling
}

# In page $1 or, if there is none, in all. Roff fills lines, so nobody sees how long
# those of the source are.
man_pages() {
	local where=(Documentation/man/*.[1-9])

	[ ! -f "$1" ] || where=("$1")
	mandoc -T lint -W all "${where[@]}" |
		grep -v 'STYLE: input text line longer than 80 bytes'
}

versions() {
	grep -rnE 'LINUX_VERSION|KERNEL_VERSION|RHEL_' kmod include ulib |
		grep -v '^kmod/core/compat.h:'
}

# $1 is text in file $2, somewhere.
says() {
	grep -qF -- "$1" "$2" || echo "$2: no '$1'"
}

# The names of map $1..., and those of debian/$1.symbols, differ in nothing.
symbols_of_package() {
	local package=$1

	shift
	diff --label "${1%.map}" --label "$package.symbols" -U0 \
		<(sed -n 's/^\t\(rring_\w*\);$/\1/p' "$@" | sort) \
		<(sed -n 's/^ \(rring_\w*\)@.*/\1/p' "debian/$package.symbols" |
		  sort)
}

# What repeats the Makefile's version, and the functions of the library.
packages() {
	local version

	version=$(sed -n 's/^VERSION\t*:= //p' Makefile)
	[ "$(head -n 1 debian/changelog | cut -d' ' -f1-2)" = \
		"rusted-ring ($version)" ] ||
		echo "debian/changelog: not version $version first"
	says "Version:        $version" packaging/rpm/rusted-ring.spec
	says "pkgver=$version" Documentation/packaging.rst
	says "version = \"$version\"" Documentation/packaging.rst
	says "rusted-ring_$version.bb" Documentation/packaging.rst
	says "version = \"$version\"" ulib/bindings/python/pyproject.toml
	says "version = \"$version\"" ulib/bindings/rust/Cargo.toml
	symbols_of_package librusted-ring0 ulib/librusted_ring.map
	symbols_of_package librusted-ring-ffi0 ulib/librusted_ring{,-ffi}.map
}

# Each folder of the module includes headers of its own and of core/ only.
rooms() {
	grep -rnE '#include "\.\./(linux|netlink|kclient)/' \
		kmod/core kmod/linux kmod/netlink kmod/kclient
}

# Comments that a reader cannot understand alone, and words that HACKING.md
# excludes; in file $1 or, if there is none, in all.
comments() {
	local where=(kmod ulib include tools selftests Documentation/examples)
	local start='^[[:space:]]*(/\*|\*|//)[[:space:]]+'
	local first='(The same|Of |Not so|Nor |As |Who |Whom |Whoever )'
	local inside='(/\*|^[[:space:]]*\*|//).*'
	local word='\b(Whoever|whoever|[Ll]iars?|heels|good for nothing)\b'

	[ ! -f "$1" ] || where=("$1")
	grep -rnE --include='*.[ch]' "$start$first|$inside$word" \
		"${where[@]}"
}

# What is wrong would be found: prints which tool does not.
faults() {
	local name=faulty.$$.c patch

	cat >"build/$name" <<-'EOS'
	void f(struct word *word)
	{
		if(word->value == 0) kfree(word);
		word->next = NULL;
	}
	EOS
	patch=$checkers/coccinelle/free/kfree.cocci
	semantic_patch "$patch" "build/$name" | grep -q 'reference preceded' ||
		echo coccinelle
	semantic_patch selftests/host/lint/words.cocci "build/$name" |
		grep -q 'plain access' || echo words
	echo "build/$name" | checkpatch_all | grep -q ERROR:SPACING ||
		echo checkpatch
	rm "build/$name"
	echo '/* Of a liar. */' >"build/$name"
	comments "build/$name" | grep -q 'Of a liar' || echo comments
	printf '%s\n' '.TH a 1' '.SH NAME' 'it rec''ieves' >"build/$name"
	spelling "build/$name" | grep -q receives || echo spelling
	man_pages "build/$name" | grep -q 'lower case' || echo man_pages
	rm "build/$name"
}

# ---- running them, as many at a time as there are processors ----

jobs=()
[ "${FORM:-}" != full ] || jobs+=(coccinelle)
for kernel in "${kernels[@]}"; do
	jobs+=("sparse:$kernel")
done
for area in "${areas[@]}"; do
	jobs+=("checkpatch:$area")
done
jobs+=(words kernel_doc shell spelling man_pages versions packages rooms comments faults)

# NAME:ARGUMENT
run() {
	"${1%%:*}" "${1#*:}"
}

describe() {
	case $1 in
	checkpatch:*) echo "checkpatch --strict finds nothing in ${1#*:}" ;;
	sparse:*)     echo "sparse and W=1 find nothing, kernel ${1#*:}" ;;
	coccinelle)   echo "the kernel's semantic patches find nothing" ;;
	words)	      echo "no plain access to a shared word" ;;
	kernel_doc)   echo "kernel-doc finds nothing" ;;
	shell)	      echo "shellcheck finds nothing" ;;
	spelling)     echo "codespell finds nothing" ;;
	man_pages)    echo "mandoc -T lint finds nothing" ;;
	versions)     echo "kernel versions are told apart in compat.h alone" ;;
	packages)     echo "packages agree with the Makefile and the library" ;;
	rooms)	      echo "each folder of the module uses its own and core" ;;
	comments)     echo "comments are plain" ;;
	faults)	      echo "what is wrong would be found" ;;
	esac
}

checkers=$(make -s checkers) || exit
if [ $# -gt 0 ]; then
	for job; do
		run "$job"
	done
	exit
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# shellcheck source=selftests/lib/check.sh
. selftests/lib/check.sh

# Of many findings the first ones tell enough.
found_nothing() {
	head -n 20 "$dir/$1"
	[ ! -s "$dir/$1" ]
}

run_jobs() {
	local job

	printf '%s\n' "${jobs[@]}" | xargs -P "$(nproc)" -I{} \
		sh -c "bash '$0' '{}' >'$dir/{}' 2>&1"
}

echo "1..${#jobs[@]}"
run_jobs
for job in "${jobs[@]}"; do
	check "$(describe "$job")" found_nothing "$job"
done
