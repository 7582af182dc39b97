# shellcheck shell=bash
# Minimal Debian root file systems, each in a folder of its own. Sourced by tests/fresh-machine, tests/other-platforms and
# .ci/run, which call `use_root_file_systems` first.
#
# Whatever is mounted for a command is mounted in a namespace of that command. It is gone when the command ends, however
# it ends, and the shell that removes the folders never sees it.

# use_root_file_systems: this shell may make root file systems from here on, and removes them when it ends. Fails with the
# reason in `why_not` where the machine does not allow it.
use_root_file_systems() {
    why_not=
    if [ "$(id -u)" != 0 ]; then
        why_not="not root"
    elif ! unshare --mount --pid --fork true 2>/dev/null; then
        why_not="no mount namespaces here"
    elif ! command -v mmdebstrap >/dev/null && ! install_mmdebstrap; then
        why_not="no mmdebstrap, and apt-get does not install it"
    elif ! toolchain=$(rustc --print sysroot) || [ ! -x "$toolchain/bin/cargo" ]; then
        why_not="no Rust toolchain in a folder of its own"
    fi
    [ -z "$why_not" ] || return 1
    project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
    roots=$(mktemp -d /var/tmp/contract-roots.XXXXXX)
    inside=
    trap remove_root_file_systems EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    # how this machine reaches its registries: proxies, certificates, mirrors, cargo's settings
    mapfile -t reach < <(env | grep -iE '^(https?_proxy|all_proxy|no_proxy|CARGO_(HTTP|NET|REGISTR[A-Z]*|SOURCE)_[A-Z_0-9]*)=')
    apt-config dump 2>/dev/null | grep -E '^Acquire::(https?|Check-|Retries|ForceIPv)' >"$roots/apt.conf" || true
    certificates=/etc/ssl/certs/ca-certificates.crt
    [ ! -e "$certificates" ] || reach+=(CARGO_HTTP_CAINFO=/.cargo/certificates.crt)
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 2>/dev/null | head -n 1) || true
}

install_mmdebstrap() {
    command -v apt-get >/dev/null || return 1
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends mmdebstrap; } >/dev/null 2>&1
}

# make_root NAME SUITE [OPTION…]: a minimal Debian as `$roots/NAME`; options go to mmdebstrap
make_root() {
    local root=$roots/$1 suite=$2 folder
    shift 2
    # the root file system is thrown away: no time is spent on writing it to the disk safely
    run_and_wait unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
        mmdebstrap --quiet --variant=minbase --aptopt="$roots/apt.conf" --dpkgopt=force-unsafe-io "$@" \
        "$suite" "$root" ${mirror:+"$mirror"} || return 1
    for folder in /opt/rust /.cargo; do mkdir -p "$root$folder"; done
    [ ! -e "$certificates" ] || cp "$certificates" "$root/.cargo/certificates.crt"
    [ ! -e /etc/hosts ] || cp /etc/hosts "$root/etc/hosts"
    # cargo looks for settings in every folder above the project
    folder=${CARGO_HOME:-$HOME/.cargo}
    [ ! -e "$folder/config.toml" ] || cp "$folder/config.toml" "$root/.cargo/config.toml"
}

# copy_root NAME COPY
copy_root() {
    cp -a "$roots/$1" "$roots/$2"
}

# copy_project NAME FOLDER: the project as it is here, without what git ignores, as a clone of its own
copy_project() {
    local folder=$roots/$1$2
    mkdir -p "$folder" || return 1
    git clone -q --no-hardlinks --no-checkout "$project" "$folder" || return 1
    (cd "$project" && git ls-files -z --cached --others --exclude-standard |
        while IFS= read -r -d '' file; do [ ! -e "$file" ] && [ ! -L "$file" ] || printf '%s\0' "$file"; done |
        tar -c --no-recursion --null --files-from=-) | tar -x --no-same-owner -C "$folder" || return 1
    git -C "$folder" reset -q
}

# in_root NAME USER FOLDER COMMAND…: runs a command in a root file system, in that folder, with nothing of this machine's
# environment but how to reach the registries. Its Rust toolchain is this machine's, unless `rust` is set to another's PATH.
in_root() {
    local name=$1 user=$2 folder=$3 home path=/usr/local/bin:/usr/bin:/bin
    shift 3
    if [ "$user" = root ]; then
        home=/root path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    else
        home=/home/$user
    fi
    # shellcheck disable=SC2016
    run_and_wait unshare --mount --pid --fork --kill-child --propagation private bash -euc '
        toolchain=$1
        mount --bind "$2" "$2"
        cd "$2"
        shift 2
        mount -t proc proc proc
        mount -t sysfs -o ro sysfs sys
        mount --bind /dev dev
        mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
        mount -t tmpfs -o mode=1777 tmpfs dev/shm
        mount --bind "$toolchain" opt/rust
        mount -o remount,bind,ro opt/rust
        # unlike chroot, this leaves no way back, and allows user namespaces inside
        pivot_root . .
        umount -l .
        # this shell stays, as the first process there: it waits for those that lost their parent
        "$@"
        exit $?' \
        - "$toolchain" "$roots/$name" \
        setpriv --reuid "$user" --regid "$user" --init-groups \
        env -i --chdir="$folder" HOME="$home" USER="$user" TERM=dumb "${reach[@]}" ${CI:+CI="$CI"} \
        PATH="${rust-/opt/rust/bin}:$path" "$@"
}

# packages NAME: those that are installed in a root file system
packages() {
    dpkg-query --admindir="$roots/$1/var/lib/dpkg" -W -f '${Package}\n' | sort -u
}

# in the background, so that a signal to this shell ends the command at once
run_and_wait() {
    local status=0
    "$@" </dev/null &
    inside=$!
    wait "$inside" || status=$?
    inside=
    return "$status"
}

remove_root_file_systems() {
    local status=$?
    trap '' HUP INT TERM
    # with it ends every process of its namespace
    [ -z "$inside" ] || { kill -KILL "$inside" && wait "$inside"; } 2>/dev/null || true
    # those are ending yet
    rm -rf --one-file-system "$roots" 2>/dev/null || { sleep 2; rm -rf --one-file-system "$roots"; }
    exit "$status"
}
