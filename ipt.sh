# What ipt and ipt-cluster have in common, which set program and root and read this.

fail() {
  echo "$program: $1" >&2
  exit 2
}

# the Java of an installation or of the machine, and its version
find_java() {
  if [ -d "$root/runtime" ]; then
    java=$root/runtime/bin/java
  else
    java=$(command -v "${JAVA_HOME:+$JAVA_HOME/bin/}java") ||
      fail "expected Java 17 or newer, found no ${JAVA_HOME:+$JAVA_HOME/bin/}java"
  fi
  release=$(dirname -- "$(followed "$java")")/../release
  if [ -r "$release" ]; then
    version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$release")
  else
    version=$("$java" -version 2>&1 | sed -n 's/^.* version "\([0-9]*\).*/\1/p')
  fi
  [ "${version:-0}" -ge 17 ] ||
    fail "expected Java 17 or newer, got $java of version ${version:-unknown}"
}

# Java reads names of files and writes text in the locale's encoding, which without a locale that
# is installed is ASCII
set_locale() {
  case $(locale charmap 2>&1) in
    *' '* | ANSI_X3.4-1968 | US-ASCII | 646 | '')
      LC_ALL=$({ locale -a | grep -iE '^C\.utf-?8$'; locale -a | grep -iE '\.utf-?8$'; echo C.UTF-8
        } 2>/dev/null | head -n 1)
      export LC_ALL ;;
  esac
}

# OpenMP takes a list, for teams within teams; ND4J takes a number
set_threads() {
  if [ -n "${OMP_NUM_THREADS:-}" ]; then
    threads=$(printf '%s\n' "$OMP_NUM_THREADS" |
      sed -n 's/^[[:space:]]*0*\([1-9][0-9]\{0,3\}\)[[:space:]]*\(,.*\)\{0,1\}$/\1/p')
    [ -n "$threads" ] || fail "OMP_NUM_THREADS: expected 1 to 9999 threads, got $OMP_NUM_THREADS"
    export OMP_NUM_THREADS="$threads"
  else
    unset OMP_NUM_THREADS
  fi
}

# JavaCPP loads native code, ND4J's libraries use sun.misc.Unsafe: newer Javas warn unless told
set_warnings() {
  warnings=--enable-native-access=ALL-UNNAMED
  [ "$version" -lt 23 ] || warnings="$warnings --sun-misc-unsafe-memory-access=allow"
}

# A build is a file "built" that names its jars, those of the checkout relative to it, and is of when
# the build began. Maven writes over its jars: a build is run from a folder of its own with copies,
# which goes when there is another and nobody runs from it any more. The first jar lies in it.

# the build's jars, separated by $1, and its folder; fails where nothing is built or a file is gone
read_built() {
  jars=
  folder=
  [ -f "$built" ] || return 1
  while IFS= read -r jar; do
    case $jar in /*) ;; *) jar=$root/$jar ;; esac
    [ -r "$jar" ] || return 1
    folder=${folder:-${jar%/*}}
    jars=$jars${jars:+$1}$jar
  done < "$built"
  [ -n "$jars" ]
}

# of what is deleted or renamed, the folder it lay in is newer
stale() {
  ! read_built "$1" || [ -n "$(find "$root" -name target -prune -o \
    \( -path '*/src/main' -o -path '*/src/main/*' -o -name pom.xml \) -newer "$built" -print |
    head -n 1)" ]
}

# A file descriptor is locked until all who have it end, whatever ends them: -x alone, -s with
# others who lock it so, -xn at once or not at all.
hold() {
  if command -v flock >/dev/null; then
    flock "$1" "$2"
  elif command -v perl >/dev/null; then # macOS
    perl -e 'open LOCK, "<&=$ARGV[1]"; exit !flock LOCK, {"-s", 1, "-x", 2, "-xn", 6}->{$ARGV[0]}' \
      -- "$1" "$2"
  fi
}

# Reads the build in $target with the suffix $ui, and builds where there is none or sources have
# changed: by the function build, one at a time in a checkout, since all build the same modules.
# $1 separates the jars.
use_build() {
  built=$target/built$ui
  if stale "$1"; then
    { mkdir -p "$target" "$root/ipt-cli/target" && [ -w "$target" ]; } 2>/dev/null ||
      fail "$root has to be built, and $target cannot be written to"
    exec 9<> "$root/ipt-cli/target/lock"
    hold -xn 9 || { echo "$program: waiting for another build" >&2; hold -x 9; }
    if stale "$1"; then make_build; fi
    exec 9>&-
    read_built "$1" || fail "$jar is missing, although the build succeeded"
  fi
  if [ -r "$folder/lock" ]; then
    exec 8< "$folder/lock"
    hold -s 8 || : # not where the file system has no locks
  fi
}

make_build() {
  command -v mvn >/dev/null || fail "Maven (mvn) is needed to build, and was not found"
  folder=$target/run$ui-$(date +%s)-$$
  mkdir "$folder"
  : > "$folder/lock"
  : > "$built.begun"
  build > "$built.part"
  touch -r "$built.begun" "$built.part"
  mv "$built.part" "$built"
  rm "$built.begun"
  for old in "$target/run$ui"-[0-9]*; do
    [ "$old" = "$folder" ] || (exec 8<> "$old/lock" && hold -xn 8 && rm -rf "$old") || :
  done
}

maven() {
  # Maven's quiet mode prints stray escape codes even where nothing went wrong
  if ! (cd "$root" && mvn -B -ntp -q "$@") > "$target/build.log" 2>&1; then
    sed "s/$(printf '\033')\[[0-9;]*m//g" "$target/build.log" >&2
    exit 1
  fi
}

# names a jar that is run, and copies it if it is of the checkout
add() {
  case $1 in
    "$root"/*)
      [ "${1%/*}" = "$2" ] || cp "$1" "$2"
      printf '%s\n' "${2#"$root/"}/${1##*/}"
      ;;
    *) printf '%s\n' "$1" ;;
  esac
}
