# Shared by the scripts in this folder: finds a JDK, builds the modules that are not built, and runs the launcher.
# POSIX sh; a script sources it with the command's name in $command.

cd "$(dirname "$0")/${depth:-../..}" || exit 1
root=$(pwd -P)
state=deploy/local/.state
launcher=deploy/local/target/local-1.0.0-SNAPSHOT.jar
sandbox=deploy/acquirer-sandbox/target/acquirer-sandbox.jar
services="inventory-service payment-service order-service gateway"
build=services
links=

fail() {
    code=$1
    shift
    echo "${script:-deploy/local/$command}: $*" >&2
    exit "$code"
}

# Prints the home of a JDK 25: its release file has the version, and without a compiler it is no JDK.
find_jdk() {
    on_path=$(readlink -f "$(command -v javac 2>/dev/null)" 2>/dev/null)
    for home in "${JAVA_HOME:-}" "${on_path%/bin/javac}" /usr/lib/jvm/* "$(/usr/libexec/java_home -v 25 2>/dev/null)" \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* /opt/*; do
        if [ -n "$home" ] && [ -x "$home/bin/javac" ] && grep -q '^JAVA_VERSION="25[."]' "$home/release" 2>/dev/null; then
            echo "$home"
            return 0
        fi
    done
    return 1
}

# Succeeds if every jar exists and none is older than one of its sources.
is_built() {
    is_current "$launcher" deploy/local && is_current "$sandbox" deploy/acquirer-sandbox || return 1
    for service in $services; do
        # shellcheck disable=SC2046 # the edge is in the gateway only
        is_current "$(jar_of "$service")" resilience $([ "$service" != gateway ] || echo edge) "$service" || return 1
    done
    [ -z "$links" ] || is_current chaos/target/chaos.jar chaos || return 1
    [ "$build" = services ] || is_current "$(jar_of monolith)" resilience edge inventory-service payment-service order-service monolith
}

# is_current JAR MODULE...: succeeds if the jar exists and no source of the modules is newer.
is_current() {
    [ -f "$1" ] || return 1
    jar=$1
    shift
    for module in "$@"; do
        [ -z "$(find pom.xml "$module/pom.xml" "$module/src/main" -newer "$jar" 2>/dev/null | head -n 1)" ] || return 1
    done
}

jar_of() {
    echo "$1/target/$1-1.0.0-SNAPSHOT-exec.jar"
}

build() {
    log=$state/build.log
    mkdir -p "$state" || fail 1 "cannot write to $root/$state"
    # One build at a time. The lock names the process that owns it; when that process has gone, the lock is removed.
    until ln -s $$ "$state/.building" 2>/dev/null; do
        kill -0 "$(readlink "$state/.building")" 2>/dev/null || rm -f "$state/.building"
        sleep 1
    done
    trap 'rm -f "$state/.building"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    if ! is_built; then
        echo "building, which takes a minute or two the first time; its output goes to $log" >&2
        : >"$state/.build-began" || fail 1 "cannot write to $root/$state"
        {
            modules=deploy/local${links:+,chaos}
            [ "$build" = services ] || modules="$modules,monolith -Pmonolith"
            # shellcheck disable=SC2086 # two words
            ./mvnw -B --no-transfer-progress -DskipTests -am -pl $modules package 2>&1
            echo "exit $?"
        } | tee "$log" | sed -n 's/^\[INFO\] Building \(.*[^ ]\)  *\(\[[0-9/]*\]\)$/  \2 \1/p' >&2
        if [ "$(tail -n 1 "$log")" != "exit 0" ]; then
            grep '^\[ERROR\]' "$log" | head -n 5 >&2
            fail 1 "the build failed; see $root/$log"
        fi
        # Maven does not write a jar whose content stays the same. A source edited during the build is newer still.
        touch -r "$state/.build-began" "$launcher" "$sandbox" ${links:+chaos/target/chaos.jar}
        for service in $services $([ "$build" = services ] || echo monolith); do
            touch -r "$state/.build-began" "$(jar_of "$service")"
        done
    fi
    rm -f "$state/.building"
    trap - EXIT INT TERM
}

run() {
    [ -f "$launcher" ] || build
    exec "$JAVA_HOME/bin/java" -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dstore.root="$root" -jar "$launcher" "$command" "$@"
}

JAVA_HOME=$(find_jdk) || fail 2 "needs a JDK 25 and found none in JAVA_HOME, PATH, /usr/lib/jvm, ~/.sdkman, ~/.jdks, /opt: set JAVA_HOME"
export JAVA_HOME
