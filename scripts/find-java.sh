# Sourced by ./build and ./millrace: finds a Java of at least $MIN_JAVA and prints its home.
#   find_java jdk   only a home that can compile (bin/javac)
#   find_java any   a home that can run
# Order: JAVA_HOME, the java on PATH, then the usual folders, newest first.
# Returns 1 when there is none; FOUND_JAVAS then lists what was seen and why it would not do.

MIN_JAVA=21
FOUND_JAVAS=""

java_major() { # home -> major version, or nothing
  local version=""
  if [ -r "$1/release" ]; then
    version=$(sed -n 's/^JAVA_VERSION="\([^"]*\)".*/\1/p' "$1/release")
  fi
  if [ -z "$version" ]; then
    version=$("$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p' | head -n 1)
  fi
  version=${version#1.}
  printf '%s' "${version%%[!0-9]*}"
}

java_candidates() {
  local on_path link
  [ -n "${JAVA_HOME:-}" ] && printf '%s\n' "$JAVA_HOME"
  on_path=$(command -v java 2>/dev/null || true)
  if [ -n "$on_path" ]; then
    while [ -L "$on_path" ]; do
      link=$(readlink "$on_path")
      case "$link" in /*) on_path=$link ;; *) on_path=$(dirname "$on_path")/$link ;; esac
    done
    dirname "$(dirname "$on_path")"
  fi
  ls -d1 /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/*jdk* \
    "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.asdf/installs/java/* \
    "$HOME"/.local/share/mise/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home \
    "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home 2>/dev/null | sort -rV
}

find_java() { # jdk|any
  local want=$1 home major
  while IFS= read -r home; do
    [ -x "$home/bin/java" ] || continue
    major=$(java_major "$home")
    if [ -z "$major" ] || [ "$major" -lt "$MIN_JAVA" ]; then
      FOUND_JAVAS="$FOUND_JAVAS
  $home: Java ${major:-of unknown version}, too old"
    elif [ "$want" = jdk ] && [ ! -x "$home/bin/javac" ]; then
      FOUND_JAVAS="$FOUND_JAVAS
  $home: Java $major, but a runtime without a compiler"
    else
      JAVA_FOUND=$home
      return 0
    fi
  done <<LIST
$(java_candidates)
LIST
  return 1
}

explain_no_java() { # what for
  {
    echo "Millrace needs Java $MIN_JAVA or newer to $1, and found none."
    if [ -n "$FOUND_JAVAS" ]; then echo "Looked at:$FOUND_JAVAS"; else echo "No Java was found at all."; fi
    echo "Install one (for instance: apt-get install openjdk-21-jdk, brew install openjdk, or sdk install java),"
    echo "or set JAVA_HOME to the folder of one that is installed elsewhere."
  } >&2
}
