# What the scripts beside this file share. POSIX sh; sourced with the command's name in $command.
script=chaos/$command
depth=..
. "$(dirname "$0")/../deploy/local/lib.sh"

# run_chaos CLASS ARGUMENT...: builds what is not built, and runs the class.
run_chaos() {
    if ! is_current chaos/target/chaos.jar chaos; then
        echo "building" >&2
        ./mvnw -q -B --no-transfer-progress -DskipTests -pl chaos package >&2 || fail 1 "the build failed"
        touch chaos/target/chaos.jar
    fi
    exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC "-Xmx${heap:-256m}" -cp 'chaos/target/chaos.jar:chaos/target/lib/*' "$@"
}
