# Shared by the scripts in this folder. POSIX sh; they source it with their name in $command.
script=chaos/$command
depth=..
. "$(dirname "$0")/../deploy/local/lib.sh"

# run_chaos CLASS ARGUMENT...: builds the jar if it is out of date, and runs the class.
run_chaos() {
    if ! is_current chaos/target/chaos.jar chaos; then
        echo "building" >&2
        ./mvnw -q -B --no-transfer-progress -DskipTests -pl chaos package >&2 || fail 1 "the build failed"
        touch chaos/target/chaos.jar
    fi
    exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC "-Xmx${heap:-256m}" -cp 'chaos/target/chaos.jar:chaos/target/lib/*' "$@"
}
